"""A connection that only holds a place is closed; one that is slow for a reason is not."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from tuneset.endpoint import connections
from tuneset.endpoint.app import create_app

HEAD = b"POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"


@pytest.fixture
def port(state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connections, "HEAD_LIMIT_S", 0.3)
    monkeypatch.setattr(connections, "SILENCE_LIMIT_S", 0.3)
    config = uvicorn.Config(create_app(state), log_level="critical", **connections.connection_options())
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield int(listener.getsockname()[1])
        server.should_exit = True
        thread.join()


def said(port: int, sent: bytes) -> bytes:
    """All that the server says to these bytes, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(sent)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                answer += piece
    return answer


@pytest.mark.parametrize("sent", [b"", b"G", HEAD])
def test_a_request_that_does_not_begin_is_closed(port: int, sent: bytes) -> None:
    assert said(port, sent) == b""


def test_a_body_that_does_not_come_is_refused(port: int) -> None:
    answer = said(port, HEAD + b"\r\n{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in answer


@pytest.mark.slow
def test_a_second_request_on_a_connection_has_its_own_time(port: int) -> None:
    request = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = said(port, request + request + b"GET /v1/mo")
    assert answer.count(b"HTTP/1.1 200 OK") == 2

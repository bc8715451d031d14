"""What is generated for a client that has gone is left off, over a real connection."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from tests.endpoint.inference.generators import BEGUN, CLOSED
from tests.endpoint.inference.test_generator_process import ADDRESS, ROOT
from tests.endpoint.support import LIMIT_S
from tuneset.endpoint.app import create_app
from tuneset.endpoint.connections import connection_options
from tuneset.training.generator import GENERATORS


@pytest.fixture
def port(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server whose model answers for ever."""
    monkeypatch.setitem(GENERATORS, "tiny", ADDRESS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([f"{ROOT}/pipeline", ROOT]))
    monkeypatch.setenv(BEGUN, str(tmp_path / "begun"))
    monkeypatch.setenv(CLOSED, str(tmp_path / "closed"))
    server = uvicorn.Server(uvicorn.Config(create_app(state), log_level="critical", **connection_options()))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield int(listener.getsockname()[1])
        server.should_exit = True
        thread.join()


def appears(path: Path) -> bool:
    deadline = time.monotonic() + LIMIT_S
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.exists()


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_is_left_off_when_its_client_has_gone(port: int, tmp_path: Path, stream: bool) -> None:
    body = json.dumps({"model": "local-tiny", "messages": [{"role": "user", "content": "a"}], "stream": stream})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall((head + body).encode())
        assert appears(tmp_path / "begun")
        if stream:
            assert client.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        assert not (tmp_path / "closed").exists()
    assert appears(tmp_path / "closed")

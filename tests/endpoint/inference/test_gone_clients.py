"""What is generated for a client that has gone is left off, over a real connection."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from tests.endpoint.inference.generators import BEGUN, CLOSED
from tests.endpoint.inference.test_generator_process import ADDRESS, ROOT
from tests.endpoint.support import LIMIT_S
from tuneset.endpoint.app import create_app
from tuneset.endpoint.connections import connection_options
from tuneset.endpoint.inference import local_models
from tuneset.training.generator import GENERATORS


@pytest.fixture
def app(state: Path) -> Starlette:
    return create_app(state)


@pytest.fixture
def port(app: Starlette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server whose model answers for ever, one answer at a time."""
    monkeypatch.setattr(local_models, "MAX_RUNNING", 1)
    monkeypatch.setitem(GENERATORS, "tiny", ADDRESS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([f"{ROOT}/pipeline", ROOT]))
    monkeypatch.setenv(BEGUN, str(tmp_path / "begun"))
    monkeypatch.setenv(CLOSED, str(tmp_path / "closed"))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", **connection_options()))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield int(listener.getsockname()[1])
        server.should_exit = True
        thread.join()


def becomes(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LIMIT_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def request(*, stream: bool) -> bytes:
    body = json.dumps({"model": "local-tiny", "messages": [{"role": "user", "content": "a"}], "stream": stream})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_is_left_off_when_its_client_has_gone(port: int, tmp_path: Path, stream: bool) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(request(stream=stream))
        assert becomes((tmp_path / "begun").exists)
        if stream:
            assert client.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        assert not (tmp_path / "closed").exists()
    assert becomes((tmp_path / "closed").exists)


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_gives_its_place_in_the_queue_up(
    app: Starlette, port: int, tmp_path: Path, stream: bool
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as first:
        first.sendall(request(stream=True))
        assert becomes((tmp_path / "begun").exists)
        turns = app.state.endpoint.local_models._turns
        with socket.create_connection(("127.0.0.1", port)) as second:
            second.sendall(request(stream=stream))
            assert becomes(lambda: turns.waiting("default") == 1)
        assert becomes(lambda: turns.waiting("default") == 0)
        assert not (tmp_path / "closed").exists()

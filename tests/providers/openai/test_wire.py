"""Faults on a real socket are told apart: whether anything was sent, and whether the server may have acted."""

from __future__ import annotations

import dataclasses
import errno
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.providers.protocol_server import QUICK
from tuneset.errors import RemoteError
from tuneset.params import EndpointParams
from tuneset.providers.call_fault import CallFault
from tuneset.providers.endpoint import Endpoint, connect
from tuneset.providers.failures import Failure, classify
from tuneset.providers.files import remote_files
from tuneset.providers.openai.client import OpenAIProvider, over
from tuneset.providers.provider import Provider

GOOD = b'{"id": "file-1", "filename": "x", "purpose": "fine-tune", "status": "processed", "bytes": 1}'
Behaviour = Callable[[socket.socket], None]


def nothing(connection: socket.socket) -> None:
    """Read the request and close without an answer."""
    connection.recv(65536)


def reset(connection: socket.socket) -> None:
    """Read the request, then break the connection as a crashed machine does: RST, not FIN."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def short(connection: socket.socket) -> None:
    """Promise more bytes than come."""
    connection.recv(65536)
    connection.sendall(_head(len(GOOD)) + GOOD[:20])


def garbage(connection: socket.socket) -> None:
    """Answer something that is no HTTP."""
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def hang(connection: socket.socket) -> None:
    """Answer nothing until the other side gives up."""
    connection.recv(65536)
    connection.recv(65536)


def twice(connection: socket.socket) -> None:
    """Send the answer twice over."""
    connection.recv(65536)
    connection.sendall((_head(len(GOOD)) + GOOD) * 2)


def _head(length: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n".encode()


@pytest.fixture
def serve() -> Iterator[Callable[..., Endpoint]]:
    """Start a server that treats every connection the same way; give an endpoint that talks to it."""
    listeners: list[socket.socket] = []
    providers: list[Provider] = []
    threads: list[threading.Thread] = []

    def start(behaviour: Behaviour, timeout_s: float = 60.0) -> Endpoint:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    behaviour(connection)

        threads.append(threading.Thread(target=accept))
        threads[-1].start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        endpoint = connect(EndpointParams(base_url=address), patience=QUICK)
        providers.append(endpoint.provider)
        assert isinstance(endpoint.provider, OpenAIProvider)
        hasty = endpoint.provider.client.with_options(timeout=timeout_s)
        return dataclasses.replace(endpoint, provider=over(hasty, endpoint.profile.endpoint, None))

    yield start
    for provider in providers:
        provider.close()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join()


def failure(endpoint: Endpoint) -> Failure:
    with pytest.raises(CallFault) as caught:
        endpoint.provider.files.get("file-1")
    return classify(caught.value, "looking", endpoint)


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (nothing, "connection_failed"),
        (reset, "connection_failed"),
        (short, "connection_failed"),
        (garbage, "connection_failed"),
        (hang, "timeout"),
    ],
)
def test_after_a_connection_the_server_may_have_acted(
    serve: Callable[..., Endpoint], behaviour: Behaviour, code: str
) -> None:
    found = failure(serve(behaviour, 0.2 if behaviour is hang else 60.0))
    assert (found.error.code, found.passing, found.acted) == (code, True, True)


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = failure(connect(EndpointParams(base_url=f"http://127.0.0.1:{port}/v1")))
    assert (found.error.code, found.passing, found.acted) == ("connection_failed", True, False)
    assert found.error.message == (
        f"looking: http://127.0.0.1:{port}/v1 cannot be reached ([Errno {errno.ECONNREFUSED}] Connection refused)"
    )


def test_an_answer_sent_twice_is_read_once(serve: Callable[[Behaviour], Endpoint]) -> None:
    endpoint = serve(twice)
    assert [remote_files.get_file(endpoint, "file-1").id for _ in range(3)] == ["file-1"] * 3


def test_half_a_download_leaves_no_file(serve: Callable[[Behaviour], Endpoint], tmp_path: Path) -> None:
    with pytest.raises(RemoteError) as caught:
        remote_files.save_content(serve(short), "file-1", tmp_path / "x")
    assert caught.value.code == "connection_failed"
    assert list(tmp_path.iterdir()) == []

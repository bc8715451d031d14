"""The head of an answer has an end, whatever comes of it meanwhile; its body has a time of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence

import httpx2
import pytest

from tuneset.providers import deadline
from tuneset.providers.wire import guards


@contextlib.contextmanager
def saying(pieces: Sequence[bytes], pause_s: float) -> Iterator[str]:
    """The address of a server that answers one request with these pieces, and a pause before each."""
    stop = threading.Event()

    def speak(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            for piece in pieces:
                if stop.wait(pause_s):
                    return
                connection.sendall(piece)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        speaker = threading.Thread(target=speak, args=[listener])
        speaker.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        stop.set()
        speaker.join()


ENDLESS = [b"HTTP/1.1 200 OK\r\n", *[b"X", b"-", b"a"] * 100_000]


def test_a_head_that_trickles_ends() -> None:
    with saying(ENDLESS, 0.01) as address, httpx2.Client(trust_env=False, timeout=60.0) as client:
        guards.watch(client, answer_s=0.3)
        with pytest.raises(httpx2.ReadTimeout):
            client.get(address)


def test_a_head_that_trickles_ends_with_the_time_of_its_caller() -> None:
    with saying(ENDLESS, 0.01) as address, httpx2.Client(trust_env=False, timeout=60.0) as client:
        guards.watch(client)
        with deadline.within(0.3), pytest.raises(httpx2.ReadTimeout):
            client.get(address)


def test_a_head_that_comes_in_pieces_is_read_and_the_body_has_its_own_time() -> None:
    head = [b"HTTP/1.1 200 OK\r\n", b"Content-Length: ", b"6\r\n", b"\r\n"]
    with saying([*head, b"abc", b"def"], 0.01) as address, httpx2.Client(trust_env=False) as client:
        guards.watch(client, answer_s=60.0)
        with client.stream("GET", address) as response:
            stream = response.extensions["network_stream"]
            assert stream.head_ends is None
            assert response.read() == b"abcdef"


def test_watching_twice_watches_once() -> None:
    with httpx2.Client(trust_env=False) as client:
        guards.watch(client)
        once = client._transport._pool._network_backend  # type: ignore[attr-defined]
        guards.watch(client)
        assert client._transport._pool._network_backend is once  # type: ignore[attr-defined]

"""A server's socket: answers do not wait for acknowledgements, and a taken port is said."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tuneset.errors import UsageError
from tuneset.local_server import bound


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_small_answer_does_not_wait_for_an_acknowledgement(host: str) -> None:
    async def go(listener: socket.socket) -> int:
        delays: asyncio.Queue[int] = asyncio.Queue()

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            given: socket.socket = writer.get_extra_info("socket")
            delays.put_nowait(given.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        server = await asyncio.start_server(answer, sock=listener)
        _reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
        found = await delays.get()
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return found

    with bound(host, 0) as listener:
        assert asyncio.run(go(listener)) == 1


def test_a_port_that_is_taken_is_said() -> None:
    with bound("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot serve at 127.0.0.1 port {port}: "), bound("127.0.0.1", port):
            pass

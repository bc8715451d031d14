"""A total deadline for the head of an answer: it holds however often a byte comes.

The client's own timeouts hold for one wait on the socket. What a body may take is the business of `guards`.
"""

from __future__ import annotations

import ssl
import time
from typing import Any

import httpx2

from tuneset.providers import deadline


def bound_heads(client: httpx2.Client, allowed_s: float) -> None:
    """Let the head of an answer take so many seconds after the last piece of its request, in all.

    A client whose transport opens no connections (that of a test) stays as it is.
    """
    # The client offers no other way to a connection before its answer is there.
    transports = [client._transport, *client._mounts.values()]  # noqa: SLF001  there is no other way to what sends
    for pool in (getattr(transport, "_pool", None) for transport in transports):
        backend = getattr(pool, "_network_backend", None)
        if pool is not None and backend is not None and not isinstance(backend, _Backend):
            pool._network_backend = _Backend(backend, allowed_s)  # noqa: SLF001  as above


def head_is_there(response: httpx2.Response) -> None:
    """Say that what comes now on the connection of an answer is its body."""
    stream = response.extensions.get("network_stream")
    if isinstance(stream, _Stream):
        stream.head_ends = None


class _Backend:
    """Opens connections as the one below does, each with an eye on heads."""

    def __init__(self, backend: Any, allowed_s: float) -> None:  # noqa: ANN401  the library's own interface
        self._backend = backend
        self._allowed_s = allowed_s

    def connect_tcp(self, *given: Any, **named: Any) -> _Stream:  # noqa: ANN401  handed on
        return _Stream(self._backend.connect_tcp(*given, **named), self._allowed_s)

    def connect_unix_socket(self, *given: Any, **named: Any) -> _Stream:  # noqa: ANN401  handed on
        return _Stream(self._backend.connect_unix_socket(*given, **named), self._allowed_s)

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream:
    """A connection; `head_ends` is when a head that is waited for must be there."""

    def __init__(self, stream: Any, allowed_s: float) -> None:  # noqa: ANN401  the library's own interface
        self.head_ends: float | None = None
        self._stream = stream
        self._allowed_s = allowed_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self.head_ends is not None:
            left = deadline.remaining(self.head_ends - time.monotonic())
            if left <= 0.0:
                raise httpx2.ReadTimeout("the head of the answer does not come to an end")
            timeout = left if timeout is None else min(timeout, left)
        return bytes(self._stream.read(max_bytes, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)
        self.head_ends = time.monotonic() + self._allowed_s

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._allowed_s)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  the library's own interface
        return self._stream.get_extra_info(info)

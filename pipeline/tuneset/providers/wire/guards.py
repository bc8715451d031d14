"""What watches over each request of the client: how long it may take in all, and where it may lead.

The client's own timeouts hold for one wait on the socket, which an answer that trickles never exceeds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2

from tuneset.providers import deadline
from tuneset.providers.wire.answer import UnexpectedAnswer
from tuneset.providers.wire.answer_heads import bound_heads, head_is_there

ANSWER_S = 120.0
"""Seconds that an answer may take beside its length."""
SLOWEST_BYTES_PER_S = 16_384
"""A transfer that is slower than that, over its whole length, is given up."""
UNKNOWN_LENGTH_S = 3600.0
"""Seconds for a file whose length the server does not say."""
ELSEWHERE = "tuneset_elsewhere"
"""Names an extension of requests that may lead to another host."""


def watch(client: httpx2.Client, *, answer_s: float = ANSWER_S) -> None:
    """Put every request of a client under a total deadline, and refuse what leads away from the protocol.

    Refused are redirections to another host, which would be sent what is meant for this one, and streams of events
    where a document belongs. A file's content may lie elsewhere; the key is not sent there.
    """

    def before(request: httpx2.Request) -> None:
        length = _length(request.headers)
        if length:
            stream = request.stream
            assert isinstance(stream, httpx2.SyncByteStream)
            request.stream = _Timed(stream, answer_s + length / SLOWEST_BYTES_PER_S, httpx2.WriteTimeout, request)

    def after(response: httpx2.Response) -> None:
        head_is_there(response)
        request = response.request
        is_content = request.method == "GET" and request.url.path.endswith("/content")
        is_content = is_content or bool(request.extensions.get(ELSEWHERE))
        if response.has_redirect_location:
            target = request.url.join(response.headers["location"])
            if target.host != request.url.host and not is_content:
                raise UnexpectedAnswer("a redirection to another host", passing=False, acted=False)
        elif "text/event-stream" in response.headers.get("content-type", "") and not is_content:
            raise UnexpectedAnswer("a stream of events where JSON belongs", passing=False)
        length = _length(response.headers)
        allowed = answer_s + (length or 0) / SLOWEST_BYTES_PER_S
        if is_content and length is None:
            allowed = UNKNOWN_LENGTH_S
        stream = response.stream
        assert isinstance(stream, httpx2.SyncByteStream)
        response.stream = _Timed(stream, allowed, httpx2.ReadTimeout, request)

    bound_heads(client, answer_s)
    hooks = client.event_hooks
    client.event_hooks = {"request": [*hooks["request"], before], "response": [*hooks["response"], after]}


class _Timed(httpx2.SyncByteStream):
    """A stream that ends with a timeout where it takes longer than it may, whatever comes of it meanwhile."""

    def __init__(
        self,
        stream: httpx2.SyncByteStream,
        allowed_s: float,
        kind: type[httpx2.TimeoutException],
        request: httpx2.Request,
    ) -> None:
        self._stream = stream
        self._end = time.monotonic() + allowed_s
        self._kind = kind
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            yield piece
            if deadline.remaining(self._end - time.monotonic()) <= 0.0:
                raise self._kind("it does not come to an end", request=self._request)

    def close(self) -> None:
        self._stream.close()


def _length(headers: httpx2.Headers) -> int | None:
    """The length that headers state, else None.

    >>> _length(httpx2.Headers({"content-length": "12"})), _length(httpx2.Headers({"content-length": "x"}))
    (12, None)
    """
    stated = headers.get("content-length", "")
    return int(stated) if stated.isdecimal() else None

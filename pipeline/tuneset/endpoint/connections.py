"""Ends connections that hold a place and ask for nothing: idle ones, and requests that trickle in or out.

uvicorn ends a connection that is idle after an answer; it waits for ever for the first request, for the rest of a
request's head, for its body and for whoever does not read an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tuneset.endpoint.api.api_errors import ApiError

HEAD_LIMIT_S = 30.0
"""From the opening of a connection, or the first byte of a further request, to the end of the request's head."""

SILENCE_LIMIT_S = 60.0
"""Between two pieces of a body, and for a client to take a piece of an answer."""

LEAST_RATE = 1_024
"""Bytes a second that a body must bring on average after its first SILENCE_LIMIT_S."""

MAX_CONNECTIONS = 1_000
"""At one time; more are answered with 503."""


class ImpatientProtocol(H11Protocol):
    """Closes a connection whose request does not begin, or whose head does not end."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start to wait for a request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Wait for the rest of a head; no longer once a request is being answered."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._head_timer is None:
            self._await_head()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_LIMIT_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class TimeLimits:
    """Refuses a request whose body stands still or trickles, and leaves a client that does not take its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a clock beside its body and its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, received, complete, answering = time.monotonic(), 0, False, False

        async def receive_in_time() -> Message:
            nonlocal received, complete
            if complete or answering:  # what comes now is the end of the connection
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), SILENCE_LIMIT_S)
            except TimeoutError:
                raise _TooSlowError from None
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if not complete and time.monotonic() - began > SILENCE_LIMIT_S + received / LEAST_RATE:
                raise _TooSlowError
            return message

        async def send_in_time(message: Message) -> None:
            nonlocal answering
            answering = True
            await asyncio.wait_for(send(message), SILENCE_LIMIT_S)

        try:
            await self._app(scope, receive_in_time, send_in_time)
        except _TooSlowError:
            if not answering:
                refused = ApiError(408, "The body of the request came too slowly.", code="request_timeout")
                response = JSONResponse(refused.body(), status_code=408, headers={"connection": "close"})
                with contextlib.suppress(TimeoutError):
                    await response(scope, receive, send_in_time)


class _TooSlowError(Exception):
    """A body that does not come."""


def connection_options() -> dict[str, Any]:
    """What uvicorn has to know of this."""
    return {"http": ImpatientProtocol, "limit_concurrency": MAX_CONNECTIONS}

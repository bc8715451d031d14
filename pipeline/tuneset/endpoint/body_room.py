"""How much of the bodies of requests is in memory at a time: a body is kept until its request is answered.

A long conversation waits for its turn, and a thousand connections may each send one. What goes to the disk as it comes,
files and parts of uploads, is not counted.
"""

from __future__ import annotations

import collections

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.state.objects import DEFAULT_PROJECT

MOST_HELD = 512 << 20
"""Bytes of a project's bodies: 32 of the longest conversations. What is made of them takes some times as much."""

ALWAYS = 64 << 10
"""Bytes that a body may have however many others there are: short questions, and whatever makes room."""


class BodyRoom:
    """Refuses bodies beyond what the project of a request may have in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._held: collections.Counter[str] = collections.Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count its body until it is answered."""
        if scope["type"] != "http" or scope["path"] == "/v1/files" or scope["path"].endswith("/parts"):
            await self._app(scope, receive, send)
            return
        project, mine = scope["state"].get("project", DEFAULT_PROJECT), 0

        async def counted() -> Message:
            nonlocal mine
            message = await receive()
            size = len(message.get("body", b""))
            if mine + size > ALWAYS and self._held[project] + size > MOST_HELD:
                text = "The server has as many bytes of requests in memory as it can hold. Please try again later."
                raise ApiError(429, text, code="rate_limit_exceeded", type="requests")
            mine += size
            self._held[project] += size
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._held[project] -= mine
            if not self._held[project]:
                del self._held[project]

"""Serves the files of a page, and says to browsers what they may do with whatever a server answers.

A page is made of files of ours alone. Those that every page has lie beside this file, its own in a folder of its room.
What a page asks for, and who may ask, is the business of its server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Mapping[str, str] = {
    # Only our own files run or style anything; pictures of a row are data it holds itself. Nothing is sent elsewhere.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}

SHARED = ("base.css", "base.js", "icon.svg")
INDEX = "index.html"

_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class BrowserRules:
    """Puts SECURITY_HEADERS on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def send_with_rules(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_rules)


def page_routes(package: str, below: str = "/") -> list[Route]:
    """The page of a package at `/`, and its files `below` that, as its `index.html` names them.

    >>> [route.path for route in page_routes("tuneset.viewing")]
    ['/', '/app.css', '/app.js', '/base.css', '/base.js', '/icon.svg']
    """
    own = resources.files(package).joinpath("page")
    shared = resources.files(__package__)
    names = sorted(file.name for file in own.iterdir() if file.name != INDEX)
    return [
        Route("/", _answer(own.joinpath(INDEX))),
        *(Route(f"{below}{name}", _answer(own.joinpath(name))) for name in names),
        *(Route(f"{below}{name}", _answer(shared.joinpath(name))) for name in SHARED),
    ]


def _answer(file: Traversable) -> Callable[[Request], Response]:
    body, media_type = file.read_bytes(), _TYPES[file.name.rpartition(".")[2]]

    def answer(_request: Request) -> Response:
        return Response(body, media_type=media_type)

    return answer

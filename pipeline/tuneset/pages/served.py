"""Serves the files of a page, and says to browsers what they may do with whatever a server answers.

A page is made of files of ours alone. Those that every page has lie beside this file, its own in a folder of its room.
What a page asks for, and who may ask, is the business of its server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
BODY = "body.html"
APP = "app.js"

_LAST = (
    '<dialog id="dialog" aria-labelledby="dialog-title"></dialog>',
    '<div id="said" role="status" aria-live="polite"></div>',
)
"""What `base.js` fills."""

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


def page_routes(package: str, title: str, below: str = "/") -> list[Route]:
    """The page of a package at `/`, and its files `below` that. The folder `page` has its `body.html`, scripts, styles.

    >>> [route.path for route in page_routes("tuneset.viewing", "tuneset view")]
    ['/', '/app.css', '/app.js', '/base.css', '/base.js', '/icon.svg']
    """
    own = resources.files(package).joinpath("page")
    shared = resources.files(__package__)
    names = sorted(file.name for file in own.iterdir() if file.name != BODY)
    document = _document(title, below.removeprefix("/"), names, own.joinpath(BODY).read_text(encoding="utf-8"))
    return [
        Route("/", _answer(document.encode(), "html")),
        *(_route(below, own.joinpath(name)) for name in names),
        *(_route(below, shared.joinpath(name)) for name in SHARED),
    ]


def _document(title: str, below: str, names: Sequence[str], body: str) -> str:
    """The HTML around a body. Scripts run in this order: what all pages share, a page's own by name, `app.js`."""
    scripts = ["base.js", *(name for name in names if name.endswith(".js") and name != APP), APP]
    styles = ["base.css", *(name for name in names if name.endswith(".css"))]
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{title}</title>",
        f'<link rel="icon" href="{below}icon.svg" type="image/svg+xml">',
        *(f'<link rel="stylesheet" href="{below}{name}">' for name in styles),
        *(f'<script src="{below}{name}" defer></script>' for name in scripts),
    ]
    lines = ["<!doctype html>", '<html lang="en">', "<head>", *head, "</head>", "<body>", body.strip(), *_LAST]
    return "\n".join([*lines, "</body>", "</html>", ""])


def _route(below: str, file: Traversable) -> Route:
    return Route(f"{below}{file.name}", _answer(file.read_bytes(), file.name.rpartition(".")[2]))


def _answer(body: bytes, extension: str) -> Callable[[Request], Response]:
    def answer(_request: Request) -> Response:
        return Response(body, media_type=_TYPES[extension])

    return answer

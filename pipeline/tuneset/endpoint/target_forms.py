"""The target of a request as some clients write it, brought to the one form in which routes are known.

Some put a slash at the end of a path of the protocol, and a client that believes in a proxy sends the whole address,
which RFC 9112 (3.2.2) has every server take. What is asked for is the business of the routes.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send


class OneForm:
    """Passes requests on with their path alone, without a slash at its end; a whole address names the host."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        await self._app(in_one_form(scope) if scope["type"] == "http" else scope, receive, send)


def in_one_form(scope: Scope) -> Scope:
    """A scope of HTTP with its target in one form.

    >>> in_one_form({"path": "/v1/files/", "headers": []})["path"], in_one_form({"path": "/", "headers": []})["path"]
    ('/v1/files', '/')
    >>> whole = in_one_form({"path": "http://localhost:8321/v1/files", "headers": [(b"host", b"a.example")]})
    >>> whole["path"], whole["headers"]
    ('/v1/files', [(b'host', b'localhost:8321')])
    """
    path, headers = scope["path"], scope["headers"]
    if path.lower().startswith(("http://", "https://")):
        try:
            address = urlsplit(path)
        except ValueError:  # it is no address, and no route either
            return scope
        path = address.path or "/"
        headers = [(b"host", address.netloc.encode()), *(one for one in headers if one[0] != b"host")]
    if path.startswith("/v1/"):
        path = path.rstrip("/")
    return {**scope, "path": path, "headers": headers}

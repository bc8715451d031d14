"""The page and its JSON documents as an ASGI application. What they say is `viewer`'s business.

No HTML is made of rows: the page is files of ours, and puts texts of rows into text nodes alone.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tuneset.errors import TunesetError, UsageError
from tuneset.pages.served import BrowserRules, page_routes
from tuneset.viewing.access import COOKIE, TOKEN, refusal
from tuneset.viewing.filters import wanted
from tuneset.viewing.viewer import PAGE_ROWS, Viewer

MOST_BODY_BYTES = 16 << 20
"""Of a mark: the largest is an edit, which holds one example."""
_OWN = ("start", "count")


def create_app(viewer: Viewer, token: str | None = None) -> Starlette:
    """The application for one viewer. With a token every request must bring it."""
    routes = [
        *page_routes("tuneset.viewing", "tuneset view"),
        Route("/api/dataset", _dataset),
        Route("/api/rows", _rows),
        Route("/api/rows/{row:int}", _row),
        Route("/api/rows/{row:int}/changes", _changes),
        Route("/api/ids/{row_id}", _row_of),
        Route("/api/check", _check, methods=["POST"]),
        Route("/api/marks", _mark, methods=["POST"]),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(BrowserRules), Middleware(_Guard, token=token)],
        exception_handlers={TunesetError: _told},
    )
    app.state.viewer = viewer
    return app


class _Guard:
    """Lets in who may look."""

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        request = Request(scope)
        given = request.query_params.get(TOKEN)
        shown = given if given is not None else request.cookies.get(COOKIE, "")
        why = refusal(Headers(scope=scope), self._token, shown)
        if why is not None:
            response: Response = JSONResponse({"error": why}, status_code=403)
        elif self._token is not None and given is not None:
            response = _remembered(request, self._token)
        else:
            await self._app(scope, receive, send)
            return
        await response(scope, receive, send)


def _remembered(request: Request, token: str) -> Response:
    """The same address without the token, which a cookie holds from now on."""
    rest = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != TOKEN])
    response = RedirectResponse(request.url.path + (f"?{rest}" if rest else ""), status_code=303)
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict")
    return response


def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TunesetError)
    status = 400 if isinstance(error, UsageError) else 500
    return JSONResponse({"error": error.message, "allowed": error.allowed, "hint": error.hint}, status_code=status)


def _json(document: Any) -> Response:  # noqa: ANN401  any JSON document
    return Response(_bytes(document), media_type="application/json")


def _bytes(document: Any) -> bytes:  # noqa: ANN401  any JSON document
    """JSON of what a row may hold: integers of any length, and text that is no Unicode."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document).encode()


def _viewer(request: Request) -> Viewer:
    viewer = request.app.state.viewer
    assert isinstance(viewer, Viewer)
    return viewer


# Handlers that are plain functions run in threads, so that a search holds up nobody.


def _dataset(request: Request) -> Response:
    return _json(_viewer(request).dataset())


def _rows(request: Request) -> Response:
    given = request.query_params.multi_items()
    own = {name: _whole(name, value) for name, value in given if name in _OWN}
    asked = wanted((name, value) for name, value in given if name not in _OWN)
    reads_texts = _viewer(request).reading.brings_texts
    page = _viewer(request).page(asked, own.get("start", 0), own.get("count", PAGE_ROWS))
    answer = _json(page | {"reads_texts": reads_texts})
    _viewer(request).reading.begin()  # what is seen first comes first
    return answer


def _row(request: Request) -> Response:
    return _json(_viewer(request).row(request.path_params["row"]))


def _changes(request: Request) -> Response:
    return _json(_viewer(request).changes(request.path_params["row"]))


def _row_of(request: Request) -> Response:
    return _json({"row": _viewer(request).row_of(request.path_params["row_id"])})


async def _check(request: Request) -> Response:
    return _json({"findings": _viewer(request).judged(await _body(request))})


async def _mark(request: Request) -> Response:
    """Set a mark on the rows that are named, or on all that a filter finds."""
    body = await _body(request)
    if not isinstance(body, dict) or not isinstance(body.get("action"), str):
        raise UsageError(
            "a mark that is none", allowed='{"action": ..., "rows": [...] or "filter": {...}, "value": ...}'
        )
    count = await run_in_threadpool(_set, _viewer(request), body)
    return _json({"marked": count, "marks": _viewer(request).marks.counts()})


def _set(viewer: Viewer, body: dict[str, Any]) -> int:
    rows, filtered = body.get("rows"), body.get("filter")
    if isinstance(filtered, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in filtered):
        rows = viewer.search(wanted((str(name), str(value)) for name, value in filtered)).all().tolist()
    if not isinstance(rows, list) or not all(isinstance(row, int) for row in rows):
        raise UsageError("a mark of no rows", allowed="rows: a list of numbers, or filter: a list of names and values")
    return viewer.mark(rows, body["action"], body.get("value"))


async def _body(request: Request) -> Any:  # noqa: ANN401  any JSON document
    """The JSON of a request. A form of another site cannot send this content type without being asked first."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise UsageError("the content type of a request", allowed="application/json")
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > MOST_BODY_BYTES:
            raise UsageError("a request that is too large", allowed=f"{MOST_BODY_BYTES:,} bytes")
    try:
        return orjson.loads(found)
    except orjson.JSONDecodeError:
        raise UsageError("a request that is no JSON") from None


def _whole(name: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 12:
        raise UsageError(f"{name}: is no whole number", allowed="0, 1, 2, ...")
    return int(value)

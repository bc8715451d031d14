"""Lists in pages, as the protocol has them. Nothing here knows files or jobs."""

from __future__ import annotations

import dataclasses

import orjson
from starlette.requests import Request
from starlette.responses import Response

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.running_endpoint import endpoint_of
from tuneset.endpoint.state.objects import Order, Query

MAX_PAGE = 10_000
"""Objects. OpenAI API specification (listFiles), 2026-08-21; its other lists state no limit."""


def page(request: Request, query: Query, *, ends: bool = True, within: str = "") -> Response:
    """One page of what `query` asks for, in the protocol's envelope of a list; `ends` says whether it names its ends.

    `within` stands before the ids of these objects in their keys.

    The request's own `limit`, `after`, `before` and `order` come first; the query's limit holds where it has none.
    Objects are sent as they are stored, without being read.
    Raises ApiError 400 for a limit, an order or a cursor that is none.
    """
    asked = request.query_params
    query = dataclasses.replace(
        query,
        after=within + asked["after"] if asked.get("after") else None,
        before=within + asked["before"] if asked.get("before") else None,
        limit=_limit(asked.get("limit"), query.limit),
        order=_order(asked.get("order")),
    )
    found = endpoint_of(request).state.store.page(query)
    if found is None:
        name = "before" if query.after is None else "after"
        raise ApiError(400, f"Invalid '{name}': no such object", param=name)
    names = {"first_id": found.first, "last_id": found.last} if ends else {}
    rest = orjson.dumps(names | {"has_more": found.more}).decode()
    body = f'{{"object":"list","data":[{",".join(found.documents)}],{rest[1:]}'
    return Response(body, media_type="application/json")


def _limit(text: str | None, default: int) -> int:
    """The limit of a query.

    >>> _limit(None, 20), _limit("5", 20)
    (20, 5)
    """
    if text is None:
        return default
    digits = text.lstrip("0")  # Python refuses to read numbers of thousands of digits
    if not (text.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_PAGE)) and int(digits) <= MAX_PAGE):
        raise ApiError(400, f"Invalid 'limit': expected an integer from 1 to {MAX_PAGE}", param="limit")
    return int(digits)


def _order(text: str | None) -> Order:
    """The order of a query, newest first where it asks for none."""
    if text == "asc":
        return "asc"
    if text in (None, "desc"):
        return "desc"
    raise ApiError(400, "Invalid 'order': expected one of 'asc', 'desc'", param="order")

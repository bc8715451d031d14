"""Lists in pages, as the protocol has them. Nothing here knows files or jobs."""

from __future__ import annotations

import dataclasses

import orjson
from starlette.requests import Request
from starlette.responses import Response

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.running_endpoint import endpoint_of
from tuneset.endpoint.state.object_store import Document, Order, Query

MAX_PAGE = 10_000
"""Objects. OpenAI API specification (listFiles), 2026-08-21; its other lists state no limit."""


def page(request: Request, query: Query) -> Document:
    """One page of what `query` asks for, in the protocol's envelope of a list.

    The request's own `limit`, `after` and `order` come first; the query's limit holds where it has none.
    Raises ApiError 400 for a limit, an order or a cursor that is none.
    """
    asked = request.query_params
    query = dataclasses.replace(
        query,
        after=asked.get("after") or None,
        limit=_limit(asked.get("limit"), query.limit),
        order=_order(asked.get("order")),
    )
    found = endpoint_of(request).state.store.page(query)
    if found is None:
        raise ApiError(400, "Invalid 'after': no such object", param="after")
    records, more = found
    data = [record.document for record in records]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": more,
    }


def answer(found: Document) -> Response:
    """A page as it is sent; one may have thousands of objects."""
    return Response(orjson.dumps(found), media_type="application/json")


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

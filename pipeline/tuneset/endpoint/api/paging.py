"""What the request handlers share: the open endpoint behind a request, paging, and idempotent creation.

No handler is here, and nothing that knows files or jobs.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping

from starlette.requests import Request

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.jobs.job_worker import Worker
from tuneset.endpoint.state.expiry import remove_overdue
from tuneset.endpoint.state.object_store import Document, Kind, Order
from tuneset.endpoint.state.state_folder import State
from tuneset.profile import Profile

MAX_PAGE = 10_000
"""Objects. OpenAI API specification (listFiles), 2026-08-21; its other lists state no limit."""


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """What a running endpoint consists of."""

    state: State
    worker: Worker
    profile: Profile


def endpoint_of(request: Request) -> Endpoint:
    """The endpoint that a request came to, without what has expired by now."""
    endpoint = request.app.state.endpoint
    assert isinstance(endpoint, Endpoint)
    remove_overdue(endpoint.state)
    return endpoint


def page(
    request: Request,
    kind: Kind,
    *,
    default_limit: int,
    parent: str | None = None,
    equal: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
    without_metadata: bool = False,
) -> Document:
    """One page as `limit`, `after` and `order` of the query ask for it, in the protocol's envelope of a list.

    Raises ApiError 400 for a limit, an order or a cursor that is none.
    """
    query = request.query_params
    found = endpoint_of(request).state.store.page(
        kind,
        parent=parent,
        after=query.get("after") or None,
        limit=_limit(query.get("limit"), default_limit),
        order=_order(query.get("order")),
        equal=equal,
        metadata=metadata,
        without_metadata=without_metadata,
    )
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


def create_once(request: Request, content: bytes, create: Callable[[], Document]) -> Document:
    """Create an object with `create`, or return what an earlier request with the same Idempotency-Key created.

    `content` stands for all that the request asks for. Raises ApiError 400 where the key came with another content.
    """
    store = endpoint_of(request).state.store
    key = _key(request)
    with store.transaction():
        known = answered(request, content)
        if known is not None:
            return known
        document = create()
        if key is not None:
            store.remember(key, _fingerprint(content), document)
        return document


def answered(request: Request, content: bytes) -> Document | None:
    """What an earlier request with the same Idempotency-Key created, or None. Raises ApiError 400 as `create_once`."""
    key = _key(request)
    known = endpoint_of(request).state.store.answer(key) if key is not None else None
    if known is None:
        return None
    fingerprint, document = known
    if fingerprint != _fingerprint(content):
        message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        raise ApiError(400, message, code="idempotency_key_reused", type="idempotency_error")
    return document


def _key(request: Request) -> str | None:
    """What an Idempotency-Key is remembered under; None where there is none."""
    key = request.headers.get("idempotency-key")
    return hashlib.sha256(f"{request.url.path}\n{key}".encode()).hexdigest() if key else None


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _limit(text: str | None, default: int) -> int:
    """The limit of a query.

    >>> _limit(None, 20), _limit("5", 20)
    (20, 5)
    """
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_PAGE):
        raise ApiError(400, f"Invalid 'limit': expected an integer from 1 to {MAX_PAGE}", param="limit")
    return int(text)


def _order(text: str | None) -> Order:
    """The order of a query, newest first where it asks for none."""
    if text == "asc":
        return "asc"
    if text in (None, "desc"):
        return "desc"
    raise ApiError(400, "Invalid 'order': expected one of 'asc', 'desc'", param="order")

"""Idempotent creation: a request that comes again with its Idempotency-Key gets the answer that the first one got."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from starlette.requests import Request

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.api.running_endpoint import endpoint_of
from tuneset.endpoint.state.objects import Document


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

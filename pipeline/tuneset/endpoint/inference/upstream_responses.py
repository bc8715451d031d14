"""Responses of another server: whose each is, so that no project goes on from, reads or deletes another's.

The other server has one key for all projects and keeps responses under ids of its own. Each id that it gives is noted
for the project that has asked, before the answer is passed on; an id that is not noted is refused as one that nobody
has. A response that is not to be stored is not noted.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, cast

import orjson
from starlette.responses import Response, StreamingResponse

from tuneset.endpoint.inference.upstream import faults
from tuneset.endpoint.state.object_store import Store

LONGEST_HEAD = 1 << 20
"""Bytes of a stream in which its first event, with the id, must come; a longer one is passed without being noted."""


def handed_on(document: dict[str, Any]) -> bool:
    """Whether what is kept privately of a response says that the other server has it."""
    return bool(document.get("handed_on"))


async def noted(answer: Response, store: Store) -> Response:
    """The answer to a request for a response, once its id is noted for the project of `store`."""
    if answer.status_code >= 400 or not isinstance(answer, StreamingResponse):
        return answer
    streamed = "text/event-stream" in answer.headers.get("content-type", "")
    pieces = aiter(cast("AsyncIterable[bytes]", answer.body_iterator))
    head, looked, found = bytearray(), 0, None
    with faults():
        async for piece in pieces:
            head += piece
            if not streamed:
                continue
            whole = head.rfind(b"\n", looked) + 1
            if whole:
                found, looked = _id_in_events(bytes(head[looked:whole])), whole
            if found is not None or len(head) > LONGEST_HEAD:
                break
    if not streamed:
        found = _id(bytes(head))
    if found is not None:
        _note(store, found)
    return StreamingResponse(_again(bytes(head), pieces), status_code=answer.status_code, headers=dict(answer.headers))


async def _again(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What was read already, and the rest."""
    yield head
    async for piece in rest:
        yield piece


def _id_in_events(lines: bytes) -> str | None:
    r"""The id that one of the whole lines of a stream names first.

    >>> _id_in_events(b'event: response.created\ndata: {"response": {"id": "resp_1"}}\n\n')
    'resp_1'
    """
    for line in lines.split(b"\n"):
        if line.startswith(b"data:"):
            with contextlib.suppress(orjson.JSONDecodeError, AttributeError):
                found = _id(orjson.dumps(orjson.loads(line[5:]).get("response")))
                if found is not None:
                    return found
    return None


def _id(body: bytes) -> str | None:
    """The id of a document; None where it is none, or has none.

    >>> _id(b'{"id": "resp_1"}'), _id(b"[]"), _id(b"busy")
    ('resp_1', None, None)
    """
    with contextlib.suppress(orjson.JSONDecodeError, AttributeError):
        found = orjson.loads(body).get("id")
        return found if isinstance(found, str) else None
    return None


def _note(store: Store, response_id: str) -> None:
    """Keep the id; one that was noted before stays with the project that had it first."""
    with contextlib.suppress(sqlite3.IntegrityError):
        store.insert("response", {"id": response_id, "object": "response"}, {"handed_on": True})

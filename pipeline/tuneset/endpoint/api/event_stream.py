"""Answers that are sent as they are made, as server-sent events; and work that ends when its client has gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, TypeVar

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse

from tuneset.endpoint.api.api_errors import ApiError, internal

_Result = TypeVar("_Result")
Event = dict[str, Any]


async def while_connected(request: Request, work: Coroutine[Any, Any, _Result]) -> _Result:
    """The result of some work, which is left off where the client goes. The request's body was read.

    Raises ClientDisconnect there.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnect(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        for one in (task, gone):
            one.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await one


async def _disconnect(request: Request) -> None:
    """Wait until the client goes; all else was received."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def event_stream(
    request: Request, events: AsyncGenerator[Event, None], *, named: bool = False
) -> StreamingResponse:
    """The answer of events; `named` events carry their `type` as the name too, others end with `[DONE]`.

    What raises before the first event is raised here, so that it is answered with its own status; later it is an event
    of its own, the last. Raises ClientDisconnect where the client goes before the first event: it may wait for long.
    """
    first = await while_connected(request, _first(events))

    async def lines() -> AsyncIterator[bytes]:
        async with contextlib.aclosing(events):
            yield _line(first, named=named)
            try:
                async for event in events:
                    yield _line(event, named=named)
            except ApiError as error:
                yield _line(_error(error, named=named), named=named)
                return
            except Exception:
                yield _line(_error(internal(), named=named), named=named)
                raise
            if not named:
                yield b"data: [DONE]\n\n"

    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)


async def _first(events: AsyncGenerator[Event, None]) -> Event:
    return await anext(events)


def _line(event: Event, *, named: bool) -> bytes:
    name = f"event: {event['type']}\n".encode() if named else b""
    return name + b"data: " + orjson.dumps(event) + b"\n\n"


def _error(error: ApiError, *, named: bool) -> Event:
    return {"type": "error", **error.body()["error"], "sequence_number": -1} if named else error.body()

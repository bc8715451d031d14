"""Work of a thread that is over when its task is: also where the task is cancelled, as when its client has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import anyio.to_thread

_Given = TypeVarTuple("_Given")
_Result = TypeVar("_Result")


async def in_thread(do: Callable[[*_Given], _Result], *given: *_Given) -> _Result:
    """What a call gives that is made in a thread. Who is cancelled meanwhile goes on once it has returned.

    So a file that it was about to make is there to be removed.
    """
    call = asyncio.ensure_future(anyio.to_thread.run_sync(do, *given))
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await asyncio.gather(call, return_exceptions=True)
        raise

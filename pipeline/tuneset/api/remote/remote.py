"""`tuneset.remote` and `tuneset.remote_async`: an endpoint's files and jobs, from Python.

The asynchronous one runs each call in a thread of its own. Who cancels a call is not kept waiting: the thread ends at
its next wait. What the call had sent by then is found again by the next one, as after any crash.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import dataclasses
import functools
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from tuneset.api.remote.files import Files
from tuneset.api.remote.jobs import Jobs
from tuneset.api.remote.opening import open_endpoint
from tuneset.api.settings import GivenParams, as_params
from tuneset.providers.endpoint import Clock
from tuneset.providers.places import Places

Say = Callable[[str], None]
P = ParamSpec("P")
T = TypeVar("T")

_STOP: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("stop", default=None)


class _Stopped(BaseException):
    """The call of this thread was cancelled."""


@dataclasses.dataclass(frozen=True)
class Remote:
    """An open endpoint: its `files` and `jobs`, and `identity`, by which receipts know it."""

    files: Files
    jobs: Jobs
    identity: str


class AsyncFiles:
    """As `Files`, each method to be awaited."""

    def __init__(self, files: Files) -> None:
        self.upload = _in_thread(files.upload)
        self.import_from = _in_thread(files.import_from)
        self.list = _in_thread(files.list)
        self.get = _in_thread(files.get)
        self.wait = _in_thread(files.wait)
        self.content = _in_thread(files.content)
        self.download = _in_thread(files.download)
        self.delete = _in_thread(files.delete)
        self.prune = _in_thread(files.prune)


class AsyncJobs:
    """As `Jobs`, each method to be awaited. Callbacks run in the thread of the call."""

    def __init__(self, jobs: Jobs) -> None:
        self.create = _in_thread(jobs.create)
        self.follow = _in_thread(jobs.follow)
        self.list = _in_thread(jobs.list)
        self.get = _in_thread(jobs.get)
        self.events = _in_thread(jobs.events)
        self.checkpoints = _in_thread(jobs.checkpoints)
        self.cancel = _in_thread(jobs.cancel)
        self.pause = _in_thread(jobs.pause)
        self.resume = _in_thread(jobs.resume)
        self.results = _in_thread(jobs.results)


@dataclasses.dataclass(frozen=True)
class AsyncRemote:
    """As `Remote`, with methods to be awaited."""

    files: AsyncFiles
    jobs: AsyncJobs
    identity: str


@contextlib.contextmanager
def remote(
    params: GivenParams = None, *, data: str | os.PathLike[str] = "data", say: Say = lambda _: None
) -> Iterator[Remote]:
    """Open the endpoint that params name, for as long as the block lasts.

    Args:
        params: as `tuneset.prepare` takes them; without any, the embedded endpoint.
        data: the folder whose `receipts/` say what was sent and created; the same as of the commands.
        say: told what happens, one sentence each.

    Raises UsageError and RemoteError as `tuneset doctor` would show them.
    """
    settings = as_params(params)
    receipts = Places(Path(data)).receipts
    with open_endpoint(settings.endpoint) as opened:
        endpoint = dataclasses.replace(opened, clock=Clock(sleep=_sleep))
        yield Remote(Files(endpoint, receipts, say), Jobs(endpoint, settings, receipts, say), endpoint.identity)


@contextlib.asynccontextmanager
async def remote_async(
    params: GivenParams = None, *, data: str | os.PathLike[str] = "data", say: Say = lambda _: None
) -> AsyncIterator[AsyncRemote]:
    """Open an endpoint as `remote` does, for programs that run in an event loop."""
    opening = remote(params, data=data, say=say)
    opened = await asyncio.to_thread(opening.__enter__)
    try:
        yield AsyncRemote(AsyncFiles(opened.files), AsyncJobs(opened.jobs), opened.identity)
    finally:
        await asyncio.to_thread(opening.__exit__, None, None, None)


def _in_thread(call: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The same call in a thread, which ends at its next wait where the caller is cancelled."""

    @functools.wraps(call)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        stop = threading.Event()
        token = _STOP.set(stop)  # the thread gets a copy of the context
        try:
            return await asyncio.to_thread(call, *args, **kwargs)
        except asyncio.CancelledError:
            stop.set()
            raise
        finally:
            _STOP.reset(token)

    return run


def _sleep(seconds: float) -> None:
    stop = _STOP.get()
    if stop is None:
        time.sleep(seconds)
    elif stop.wait(seconds):
        raise _Stopped

"""Work shared between this process and helpers, with the results in the order of the tasks.

This process takes tasks from the end while the helpers start up and take them from the front, so that a short run
does not wait for a helper's start. What a task is, is no concern of this file.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import importlib
import multiprocessing
import os
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from tuneset.errors import TunesetError, panics_told

ALONE_BYTES = 32 << 20
"""Below this total no helper is started: it would cost more than it saves."""

Task = TypeVar("Task")
Result = TypeVar("Result")
Progress = Callable[[str, int, int], None]
"""Told what runs, how many tasks are done, and how many there are."""


def helpers_for(total_bytes: int, processes: int | None) -> int:
    """How many helpers to start: none for little work, else one less than the processes that are wanted, or cores.

    >>> helpers_for(1000, 8), helpers_for(1 << 30, 8)
    (0, 7)
    """
    if total_bytes < ALONE_BYTES:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return (processes or cores) - 1


def no_progress(label: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@contextlib.contextmanager
def helping_hands(
    helpers: int, module: str, label: str, progress: Progress
) -> Iterator[Callable[[Callable[[Task], Result], Sequence[Task]], Iterator[Result]]]:
    """Yield a map over tasks that `helpers` more processes share; none of them is started where `helpers` is 0.

    `module` is what the helpers load while this process still gets ready. Functions and tasks are pickled. The map
    raises what the function raises, and TunesetError where a helper was killed or a library panicked.
    """
    if helpers <= 0:
        yield lambda function, tasks: _alone(functools.partial(_work, function, label), tasks, label, progress)
        return
    context = multiprocessing.get_context("spawn")  # threads of libraries do not survive a fork
    executor = concurrent.futures.ProcessPoolExecutor(helpers, mp_context=context)
    try:
        with _nameless_main():
            for _ in range(helpers):
                executor.submit(importlib.import_module, module)
        # A panic has to become an error in the helper: the class of a panic cannot be sent to this process.
        yield lambda function, tasks: _shared(
            executor, functools.partial(_work, function, label), tasks, label, progress
        )
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _nameless_main() -> Iterator[None]:
    """Keep helpers that start within the block from loading the program's main module, which they have no use for."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _work(function: Callable[[Task], Result], label: str, task: Task) -> Result:
    with panics_told(label):
        return function(task)


def _alone(
    function: Callable[[Task], Result], tasks: Sequence[Task], label: str, progress: Progress
) -> Iterator[Result]:
    for done, task in enumerate(tasks, start=1):
        yield function(task)
        progress(label, done, len(tasks))


def _shared(
    executor: concurrent.futures.Executor,
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    label: str,
    progress: Progress,
) -> Iterator[Result]:
    try:
        futures = [executor.submit(function, task) for task in tasks]
        own: dict[int, Result] = {}
        helped = 0
        for index in reversed(range(len(tasks))):
            if not futures[index].cancel():  # a helper has it, and with it all before it
                break
            own[index] = function(tasks[index])
            while helped < index and futures[helped].done():
                helped += 1
            progress(label, len(own) + helped, len(tasks))
        for index, future in enumerate(futures):
            yield own.pop(index) if index in own else future.result()
        progress(label, len(tasks), len(tasks))
    except BrokenProcessPool as error:
        raise TunesetError(
            f"{label}: a helper process was killed", hint="most often memory ran out; try --workers 1"
        ) from error

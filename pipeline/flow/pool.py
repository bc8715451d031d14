"""Map a function over tasks in worker processes, results in the order of the tasks.

Workers are started fresh (polars' threads do not survive a fork) and each uses one thread. One task, or one worker,
runs in this process. What the function does with a task is no concern of this file.
"""

from __future__ import annotations

import collections
import concurrent.futures
import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from pipeline.errors import TunesetError

Task = TypeVar("Task")
Result = TypeVar("Result")

Progress = Callable[[str, int, int], None]
"""Told what runs, how many tasks are done, and how many there are."""

QUEUED_PER_WORKER = 2  # enough to keep a worker busy, few enough to keep results from piling up


def no_progress(label: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def worker_count(wanted: int | None) -> int:
    """How many processes to use: as wanted, else one a core that this process may use."""
    return wanted or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else wanted or os.cpu_count() or 1


def map_tasks(
    function: Callable[[Task], Result], tasks: Sequence[Task], *, workers: int | None, label: str, progress: Progress
) -> Iterator[Result]:
    """Yield `function(task)` for each task, in order. `function` and tasks are pickled.

    Raises what the function raises; TunesetError where a worker was killed.
    """
    count = min(worker_count(workers), len(tasks))
    progress(label, 0, len(tasks))
    if count <= 1:
        for done, task in enumerate(tasks, start=1):
            yield function(task)
            progress(label, done, len(tasks))
        return
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read by the workers; this process has loaded polars already
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(max_workers=count, mp_context=context) as pool:
        waiting = iter(tasks)
        pending: collections.deque[concurrent.futures.Future[Result]] = collections.deque()
        try:
            for done in range(1, len(tasks) + 1):
                for task in itertools.islice(waiting, count * QUEUED_PER_WORKER - len(pending)):
                    pending.append(pool.submit(function, task))
                yield pending.popleft().result()
                progress(label, done, len(tasks))
        except BrokenProcessPool as error:
            raise TunesetError(
                f"{label}: a worker process was killed",
                hint="most often memory ran out; set `workers: 1` in params.yaml",
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

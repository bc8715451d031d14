"""Worker processes that map functions over tasks, results in the order of the tasks.

Workers are started fresh (polars' threads do not survive a fork), each uses one thread, and all phases of a run share
them. Little work runs in this process: to start a worker takes a second or two. What a function does with a task is no
concern of this file.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import ctypes
import functools
import gc
import importlib
import itertools
import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from tuneset.errors import TunesetError, panics_told

Task = TypeVar("Task")
Result = TypeVar("Result")

Progress = Callable[[str, int, int], None]
"""Told what runs, how many tasks are done, and how many there are."""

QUEUED_PER_WORKER = 2  # enough to keep a worker busy, few enough to keep results from piling up
GC_THRESHOLD = 1_000_000  # allocations between two looks; measured to save 2 of 12 microseconds a row when reading
SMALL_WORK_BYTES = 16 << 20  # below this, one process is done before two have started

POLARS_MEMORY = {"_RJEM_MALLOC_CONF": "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:1000"}
"""polars keeps memory that it has freed for a second, then gives it back; by default it keeps much of it for good. Read
when polars is loaded."""

WORKER_ENVIRONMENT = {
    # Read by the workers when they load polars; this process has loaded it already.
    "POLARS_MAX_THREADS": "1",
    # A worker does the same again and again: memory that it frees between two shards stays its own, whether numpy and
    # Python ask for it (glibc, below 64 MiB at once) or polars. It halves the time in the kernel, measured: 3 of 56
    # microseconds a row.
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    **POLARS_MEMORY,
}
"""What a worker finds in its environment, unless the user has set it."""


class Pool:
    """Maps over tasks; starts its workers when they are first needed.

    Args:
        workers: how many processes; None for one a core that this process may use.
        progress: told of every finished task.
    """

    def __init__(self, workers: int | None, progress: Progress) -> None:
        self.workers = workers or _cores()
        self._progress = progress
        self._executor: concurrent.futures.ProcessPoolExecutor | None = None

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        label: str,
        size: int,
        count: int | None = None,
    ) -> Iterator[Result]:
        """Yield `function(task)` for each task, in order. `function` and tasks are pickled.

        `size` is the bytes of all tasks together, as a hint how much work this is. `count` says how many tasks there
        are where they are made while others are at work. Raises what the function raises; TunesetError where a worker
        was killed or a library panicked.
        """
        if count is None:
            tasks = list(tasks)
            count = len(tasks)
        self._progress(label, 0, count)
        if min(self.workers, count) <= 1 or size < SMALL_WORK_BYTES:
            results: Iterator[Result] = (_work(function, label, task) for task in tasks)
        else:
            # A panic has to become an error in the worker: the class of a panic cannot be sent to this process.
            results = self._in_workers(functools.partial(_work, function, label), tasks, label)
        for done, result in enumerate(results, start=1):
            yield result
            self._progress(label, done, count)

    @contextlib.contextmanager
    def ahead(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], *, size: int
    ) -> Iterator[dict[Task, Result]]:
        """Have idle workers do what will be needed later, while the block runs; yield the results that there are.

        Of tasks that fail or are not reached there is no result. Only where work goes to workers at all; `size` as for
        `map`.
        """
        results: dict[Task, Result] = {}
        if self.workers <= 1 or size < SMALL_WORK_BYTES:
            yield results
            return
        executor, over = self._started(), threading.Event()

        def work() -> None:
            waiting = iter(tasks)
            pending: collections.deque[tuple[Task, concurrent.futures.Future[Result]]] = collections.deque()
            with contextlib.suppress(BrokenProcessPool):  # a killed worker is for whoever needs results to report
                pending += ((task, executor.submit(function, task)) for task in itertools.islice(waiting, self.workers))
                while pending:
                    task, future = pending.popleft()
                    if over.is_set() and future.cancel():
                        continue
                    if future.exception() is None:
                        results[task] = future.result()
                    if not over.is_set():
                        pending += ((task, executor.submit(function, task)) for task in itertools.islice(waiting, 1))

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield results
        finally:
            over.set()
            thread.join()

    def start(self, module: str, *, size: int) -> None:
        """Have the workers load a module while this process prepares their tasks, if `size` bytes are work for them."""
        if self.workers > 1 and size >= SMALL_WORK_BYTES:
            for _ in range(self.workers):
                self._started().submit(_load, module)

    def _in_workers(self, function: Callable[[Task], Result], tasks: Iterable[Task], label: str) -> Iterator[Result]:
        executor = self._started()
        waiting = iter(tasks)
        pending: collections.deque[concurrent.futures.Future[Result]] = collections.deque()
        try:
            while True:
                for task in itertools.islice(waiting, self.workers * QUEUED_PER_WORKER - len(pending)):
                    pending.append(executor.submit(function, task))
                if not pending:
                    return
                yield pending.popleft().result()
        except BrokenProcessPool as error:
            raise TunesetError(
                f"{label}: a worker process was killed",
                hint="most often memory ran out; set `workers: 1` in params.yaml",
            ) from error
        finally:
            for future in pending:
                future.cancel()

    def _started(self) -> concurrent.futures.ProcessPoolExecutor:
        if self._executor is None:
            for name, value in WORKER_ENVIRONMENT.items():
                os.environ.setdefault(name, value)
            context = multiprocessing.get_context("spawn")
            self._executor = concurrent.futures.ProcessPoolExecutor(
                max_workers=self.workers, mp_context=context, initializer=_start_worker
            )
        return self._executor

    def close(self) -> None:
        """Stop the workers, having finished what they were at."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def open_pool(workers: int | None, progress: Progress) -> Iterator[Pool]:
    """Yield a Pool that is closed at the end of the block."""
    pool = Pool(workers, progress)
    try:
        yield pool
    finally:
        pool.close()


def give_memory_back() -> None:
    """Have polars give memory back in this process too: for a program that has not loaded it yet."""
    for name, value in POLARS_MEMORY.items():
        os.environ.setdefault(name, value)


def trim() -> None:
    """Give back what numpy has freed in this process, where its C library keeps it until it is asked (glibc)."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another library, or none that can be named
        ctypes.CDLL(None).malloc_trim(0)


def no_progress(label: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def _work(function: Callable[[Task], Result], label: str, task: Task) -> Result:
    with panics_told(label):
        return function(task)


def _load(module: str) -> None:
    importlib.import_module(module)


def _start_worker() -> None:
    """Let the garbage collector look for cycles rarely: rows are millions of small objects without any.

    And let no worker outlive the run.
    """
    gc.set_threshold(GC_THRESHOLD)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker as soon as the process that started it is gone.

    Python lets it wait for tasks for ever; and where a run was killed, the next one may already be at work on the same
    files.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None  # a worker has one
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

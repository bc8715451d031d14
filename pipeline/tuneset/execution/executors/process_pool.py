"""The executor of one machine: worker processes, started when they are first needed and shared by all that a run does.

Little work is done in this process: to start a worker takes a second or two. Brief work is shared between this process
and one worker less: this process takes tasks from the end while the workers start up and take them from the front.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import functools
import importlib
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from tuneset.errors import TunesetError, panics_told
from tuneset.execution.executors.process_setup import WorkerContext, set_up_worker
from tuneset.execution.progress import Progress, told

Task = TypeVar("Task")
Result = TypeVar("Result")

QUEUED_PER_WORKER = 2  # enough to keep a worker busy, few enough to keep results from piling up
SMALL_WORK_BYTES = 16 << 20  # below this, one process is done before two have started
SMALL_BRIEF_WORK_BYTES = 32 << 20  # the same for work that takes less time a byte, such as that of `check`


class ProcessPool:
    """Maps over tasks in worker processes of one thread each.

    Args:
        workers: how many processes work; None for one a core that this process may use.
        progress: told of every finished task.
        brief: whether this process is one of those that work.
    """

    repeats = False

    def __init__(self, workers: int | None, progress: Progress, *, brief: bool = False) -> None:
        self.workers = workers or _cores()
        self._processes = self.workers - 1 if brief or self.workers == 1 else self.workers
        self._brief = brief
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
        """Yield `function(task)` for each task, in order. Brief work has all its tasks made first."""
        if count is None or self._brief:
            tasks = list(tasks)
            count = len(tasks)
        self._progress(label, 0, count)
        function = functools.partial(told, function, label)
        if count <= 1 or not self._is_for_workers(size):
            results: Iterator[Result] = map(function, tasks)
        elif isinstance(tasks, list) and self._brief:
            yield from self._shared(function, tasks, label)
            return
        else:
            results = self._in_workers(function, tasks, label)
        for done, result in enumerate(results, start=1):
            yield result
            self._progress(label, done, count)

    @contextlib.contextmanager
    def ahead(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], *, size: int
    ) -> Iterator[Mapping[Task, Result]]:
        """Have idle workers do tasks while the block runs, if work of this `size` goes to workers at all."""
        results: dict[Task, Result] = {}
        if not self._is_for_workers(size):
            yield results
            return
        executor, over = self._started(), threading.Event()

        def work() -> None:
            waiting = iter(tasks)
            pending: collections.deque[tuple[Task, concurrent.futures.Future[Result]]] = collections.deque()
            with contextlib.suppress(BrokenProcessPool):  # a killed worker is for whoever needs results to report
                pending += (
                    (task, executor.submit(function, task)) for task in itertools.islice(waiting, self._processes)
                )
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

    def broadcast(self, module: str, *, size: int) -> None:
        """Have the workers load a module while this process prepares their tasks, if `size` bytes are work for them."""
        if self._is_for_workers(size):
            for _ in range(self._processes):
                self._started().submit(_load, module)

    def over_all(self, step: Callable[[], Result], *, label: str) -> Result:
        """Do the step in this process."""
        self._progress(label, 0, 1)
        with panics_told(label):
            done = step()
        self._progress(label, 1, 1)
        return done

    def close(self) -> None:
        """Stop the workers, having finished what they were at."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def _is_for_workers(self, size: int) -> bool:
        return self._processes > 0 and size >= (SMALL_BRIEF_WORK_BYTES if self._brief else SMALL_WORK_BYTES)

    def _in_workers(self, function: Callable[[Task], Result], tasks: Iterable[Task], label: str) -> Iterator[Result]:
        executor = self._started()
        waiting = iter(tasks)
        pending: collections.deque[concurrent.futures.Future[Result]] = collections.deque()
        try:
            with _killed_worker_told(label):
                while True:
                    for task in itertools.islice(waiting, self._processes * QUEUED_PER_WORKER - len(pending)):
                        pending.append(executor.submit(function, task))
                    if not pending:
                        return
                    yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()

    def _shared(self, function: Callable[[Task], Result], tasks: Sequence[Task], label: str) -> Iterator[Result]:
        executor = self._started()
        futures: list[concurrent.futures.Future[Result]] = []
        try:
            with _killed_worker_told(label):
                futures += (executor.submit(function, task) for task in tasks)
                own: dict[int, Result] = {}
                helped = 0
                for index in reversed(range(len(tasks))):
                    if not futures[index].cancel():  # a worker has it, and with it all before it
                        break
                    own[index] = function(tasks[index])
                    while helped < index and futures[helped].done():
                        helped += 1
                    self._progress(label, len(own) + helped, len(tasks))
                for index, future in enumerate(futures):
                    yield own.pop(index) if index in own else future.result()
                self._progress(label, len(tasks), len(tasks))
        finally:
            for future in futures:
                future.cancel()

    def _started(self) -> concurrent.futures.ProcessPoolExecutor:
        if self._executor is None:
            self._executor = concurrent.futures.ProcessPoolExecutor(
                max_workers=self._processes, mp_context=WorkerContext(), initializer=set_up_worker
            )
        return self._executor


@contextlib.contextmanager
def _killed_worker_told(label: str) -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise TunesetError(
            f"{label}: a worker process was killed",
            hint="most often memory ran out; use one worker: `workers: 1` in params.yaml, or --workers 1",
        ) from error


def _load(module: str) -> None:
    importlib.import_module(module)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

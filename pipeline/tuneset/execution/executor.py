"""Where work is done: what stages, `check` and the rest ask of an executor, and the registry of those that there are.

An executor maps functions over tasks, results in the order of the tasks, so that the same bytes come out whatever it
is. Functions, tasks and results are pickled. Nothing here knows what is done with a task.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from tuneset.execution.executors.process_pool import ProcessPool
from tuneset.execution.executors.process_setup import seldom_collecting
from tuneset.execution.executors.ray_cluster import RayCluster
from tuneset.execution.executors.serial import SerialExecutor
from tuneset.execution.progress import Progress
from tuneset.params import Params

Task = TypeVar("Task")
Result = TypeVar("Result")


class Executor(Protocol):
    """Maps functions over tasks, and does what needs all rows at once.

    An iterator that `map` gave and that is closed before its end cancels the tasks that have not begun; so does
    `close`. An error of a task is raised where its result is asked for, as it was raised. TunesetError is raised where
    a library panicked or a worker was killed.
    """

    @property
    def workers(self) -> int:
        """How many tasks are worked on at a time."""

    @property
    def repeats(self) -> bool:
        """Whether a task may be done again after it was done once, as where the machine is lost that has its result."""

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        label: str,
        size: int,
        count: int | None = None,
    ) -> Iterator[Result]:
        """Yield `function(task)` for each task, in order, and tell progress under `label`.

        `size` is the bytes of all tasks together, as a hint how much work this is. `count` says how many tasks there
        are where they are made while others are at work.
        """

    def ahead(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], *, size: int
    ) -> contextlib.AbstractContextManager[Mapping[Task, Result]]:
        """Have idle workers do what will be needed later, while the block runs; yield the results that there are.

        Of tasks that fail or are not reached there is no result; there may be none at all.
        """

    def broadcast(self, module: str, *, size: int) -> None:
        """Have all workers load a module that the coming `size` bytes of work need, and do not wait for it."""

    def over_all(self, step: Callable[[], Result], *, label: str) -> Result:
        """Do a step that sees all rows, such as the search for exact duplicates, and give what it gives.

        It is one call, made once; progress hears of its begin and its end. Of an engine that `repeats`, which has the
        rows on many machines, such steps are asked by ranges instead.
        """

    def close(self) -> None:
        """End the workers; what they are at is finished, what waits is cancelled."""


class Factory(Protocol):
    """Makes an executor. With `brief` all work takes seconds: what starts slowly is no help."""

    def __call__(self, workers: int | None, progress: Progress, *, brief: bool) -> Executor:
        """`workers` is None for one a core."""


EXECUTORS: dict[str, Factory] = {
    "processes": ProcessPool,
    "serial": SerialExecutor,
}
"""The executors by name. One more is its file and a line here."""

DEFAULT = "processes"


@contextlib.contextmanager
def open_engine(params: Params, progress: Progress) -> Iterator[Executor]:
    """Yield the executor that params name for a run over shards; it is closed at the end of the block.

    Raises UsageError where Ray is not installed, or no cluster answers.
    """
    workers = params.run.workers or params.workers
    if params.run.engine != "ray":
        name = DEFAULT if params.run.engine == "local" else params.run.engine
        with seldom_collecting(), open_executor(workers, progress, name=name) as executor:
            yield executor
        return
    cluster = RayCluster(workers, progress, address=params.run.address)
    try:
        yield cluster
    finally:
        cluster.close()


@contextlib.contextmanager
def open_executor(
    workers: int | None, progress: Progress, *, name: str | None = None, brief: bool = False
) -> Iterator[Executor]:
    """Yield an executor that is closed at the end of the block; `workers` is None for one a core."""
    executor = EXECUTORS[name or DEFAULT](workers, progress, brief=brief)
    try:
        yield executor
    finally:
        executor.close()

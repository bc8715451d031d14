"""The executor that does everything in this process, one task after the other: for tests, and for a debugger."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from tuneset.errors import panics_told
from tuneset.execution.progress import Progress, told

Task = TypeVar("Task")
Result = TypeVar("Result")


class SerialExecutor:
    """Works on one task at a time, whatever number of `workers` is asked for."""

    workers = 1
    repeats = False

    def __init__(self, workers: int | None, progress: Progress, *, brief: bool = False) -> None:
        del workers, brief
        self._progress = progress

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        label: str,
        size: int,
        count: int | None = None,
    ) -> Iterator[Result]:
        """Yield `function(task)` for each task, each when it is asked for."""
        del size
        if count is None:
            tasks = list(tasks)
            count = len(tasks)
        self._progress(label, 0, count)
        for done, task in enumerate(tasks, start=1):
            yield told(function, label, task)
            self._progress(label, done, count)

    def ahead(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], *, size: int
    ) -> contextlib.AbstractContextManager[Mapping[Task, Result]]:
        """Nothing is done ahead."""
        del function, tasks, size
        return contextlib.nullcontext({})

    def broadcast(self, module: str, *, size: int) -> None:
        """There is nobody to load a module but this process, which does when it needs it."""
        del module, size

    def over_all(self, step: Callable[[], Result], *, label: str) -> Result:
        """Do the step here."""
        self._progress(label, 0, 1)
        with panics_told(label):
            done = step()
        self._progress(label, 1, 1)
        return done

    def close(self) -> None:
        """There is nothing to end."""

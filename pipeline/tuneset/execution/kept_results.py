"""Results that are put together by a worker, from files, where the process between should not hold them all.

A file is whole or absent, and is read in the same run, by the code that wrote it.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from tuneset import artifacts
from tuneset.execution.executor import Executor

Task = TypeVar("Task")
Result = TypeVar("Result")
Made = TypeVar("Made")


def gather(
    executor: Executor,
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    together: Callable[[Iterator[Result]], Made],
    folder: Path,
    *,
    label: str,
    size: int,
) -> Made:
    """Give what `together` makes, in a worker, of `function(task)` for each task, in order.

    `folder`, which is not there yet, is for this alone.
    """
    folder.mkdir()
    files = [folder / str(place) for place in range(len(tasks))]
    keep = functools.partial(_keep, function=function)
    for _ in executor.map(keep, list(zip(tasks, files, strict=True)), label=label, size=size):
        pass
    (made,) = executor.map(functools.partial(_together, function=together), [files], label=label, size=size)
    return made


def _keep(task: tuple[Task, Path], *, function: Callable[[Task], object]) -> None:
    given, file = task
    artifacts.write_bytes(file, pickle.dumps(function(given), pickle.HIGHEST_PROTOCOL))


def _together(files: Sequence[Path], *, function: Callable[[Iterator[Result]], Made]) -> Made:
    return function(pickle.loads(file.read_bytes()) for file in files)  # noqa: S301  written by this run

"""Results that workers put together, from files, where the process between should not hold them all.

A task has a result for each of some parts. A worker that puts a part together reads the results of all tasks for it,
one after the other. What lies there was written by the same run and the same code.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tuneset.execution import exchange, storage
from tuneset.execution.exchange import Piece, Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location

Task = TypeVar("Task")
Result = TypeVar("Result")
_READ_AT_ONCE = 32  # results, so that those of a store are asked for at the same time


def keep(
    executor: Executor,
    function: Callable[[Task], Sequence[object]],
    tasks: Sequence[Task],
    folder: Location,
    parts: int,
    *,
    label: str,
    size: int,
) -> Written:
    """Have workers keep what `function(task)` gives for each of so many parts; `folder` is for this alone.

    What a run that was killed has left there goes first.
    What comes says where it lies, for `read`.
    """
    storage.remove_folder(folder)
    if isinstance(folder, Path):
        folder.mkdir()
    files = [folder / str(place) for place in range(len(tasks))]
    one = functools.partial(_keep, function=function)
    counts = list(executor.map(one, list(zip(tasks, files, strict=True)), label=label, size=size))
    return Written(files, np.array(counts, np.int64).reshape(-1, parts))


def read(pieces: Sequence[Piece]) -> Iterator[Any]:
    """Yield the results of a part, in the order of the tasks."""
    for start in range(0, len(pieces), _READ_AT_ONCE):
        for data in exchange.read_each(pieces[start : start + _READ_AT_ONCE], np.uint8):
            yield pickle.loads(data.data)  # noqa: S301  written by this run


def _keep(task: tuple[Task, Location], *, function: Callable[[Task], Sequence[object]]) -> list[int]:
    given, file = task
    results = [pickle.dumps(result, pickle.HIGHEST_PROTOCOL) for result in function(given)]
    storage.write_whole(file, b"".join(results))
    return [len(result) for result in results]

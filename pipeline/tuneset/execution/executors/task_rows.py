"""Which rows a task is about, in words, for the error of a worker that was lost on it and could not say so itself."""

from __future__ import annotations

import functools
from collections.abc import Callable

from tuneset.errors import TunesetError
from tuneset.execution import shard_store
from tuneset.execution.stores.location import Location
from tuneset.execution.stores.raw_objects import ObjectShard
from tuneset.reading.containers.base import Shard


def rows_of(function: Callable[..., object], task: object) -> str:
    """The file and lines of a raw shard, or of a shard that a stage before has written; else what is known of the task.

    >>> rows_of(len, [1, 2]), rows_of(len, (("name", 0), 2))
    ('a list', 'the shard name')
    """
    if isinstance(task, ObjectShard):
        task = task.shard
    if isinstance(task, Shard):
        return f"{task.source}, from line {task.line} on"
    name = task
    while isinstance(name, tuple) and name:  # of what a task is given its shard comes first
        name = name[0]
    if not isinstance(name, str):
        return f"a {type(task).__name__}"
    given = function.keywords if isinstance(function, functools.partial) else {}
    source: Location | None = given.get("source")
    try:
        rows = shard_store.read_frame(source / f"{name}.examples", ["source", "line"]) if source is not None else None
    except TunesetError:
        rows = None
    if rows is None or rows.is_empty():
        return f"the shard {name}"
    return f"{rows['source'][0]}, lines {rows['line'][0]} to {rows['line'][-1]}"

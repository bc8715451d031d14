"""Shards that are read again with what only their whole file tells: which of its columns hold classes.

Each shard is read without a look at the others. Where one has left out rows by a number that is a class elsewhere in
its file, it is read again with that knowledge; so nothing depends on where a file is cut, and files without such a
column, nearly all of them, are read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tuneset import class_columns
from tuneset.execution import shard_store
from tuneset.execution.executor import Executor
from tuneset.execution.stores.raw_objects import ObjectShard
from tuneset.reading.containers.base import Shard

Task = Shard | ObjectShard
Again = Callable[[tuple[Task, tuple[str, ...], Mapping[str, int]]], shard_store.Done]
"""Reads a shard again, given the classes of its file and what its first reading counted of them."""


def noted(tasks: Iterable[Task], into: list[Task]) -> Iterator[Task]:
    """Yield tasks as they are made, and keep them."""
    for task in tasks:
        into.append(task)
        yield task


def settled(
    tasks: Sequence[Task], done: Sequence[shard_store.Done], again: Again, executor: Executor, label: str
) -> list[shard_store.Done]:
    """What the shards became, of which those are read `again` that left out rows by what is a class in their file.

    One that left nothing but what it told of classes was read again by an earlier run, and is taken up there.
    """
    told = [dict(one.stats.get("ingest", {})) for one in done]
    classes = class_columns.of_files(told)
    places = [
        place
        for place, one in enumerate(done)
        if class_columns.hastily_judged(told[place], classes) or (told[place] and not one.shards)
    ]
    shards = [task if isinstance(task, Shard) else task.shard for task in tasks]
    rereads = [
        (
            tasks[place],
            tuple(sorted(classes.get(shards[place].source, ()))),
            {name: count for name, count in told[place].items() if class_columns.is_of_classes(name)},
        )
        for place in places
    ]
    size = sum((shards[place].end or 0) - shards[place].start for place in places)
    read = executor.map(again, rereads, label=f"{label}, with the classes of whole files", size=size) if places else ()
    became = dict(zip(places, read, strict=True))
    return [became.get(place, one) for place, one in enumerate(done)]

"""The door to raw data: from a shard to its records, whatever the container."""

from __future__ import annotations

from collections.abc import Iterator

from tuneset.reading.containers.base import Shard
from tuneset.reading.containers.registry import named
from tuneset.reading.records import Records


def read_records(shard: Shard) -> Iterator[Records]:
    """Yield the records of a shard in order, in batches of bounded size.

    Raises InputError where the file has gone, or turns out to be damaged.
    """
    yield from named(shard.container).read(shard)

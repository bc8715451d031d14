"""The door to raw data: from a shard to its records, whatever the container."""

from __future__ import annotations

from collections.abc import Iterator

from tuneset.model import Format
from tuneset.params import Mapping
from tuneset.reading.containers.base import Shard
from tuneset.reading.containers.registry import named
from tuneset.reading.records import Records
from tuneset.reading.shapes.choose import taker


def read_records(shard: Shard, mapping: Mapping | None = None, line_format: Format = "sft") -> Iterator[Records]:
    """Yield the records of a shard in order, in batches of bounded size.

    What is a row and what only wraps rows, the shapes of the line format say, and the mapping before them. Raises
    InputError where the file has gone, or turns out to be damaged.
    """
    yield from named(shard.container).read(shard, taker(mapping, line_format))

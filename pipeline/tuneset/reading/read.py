"""The door to raw data: from a shard to its records, whatever the container."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator

from tuneset.model import Format
from tuneset.params import Mappings
from tuneset.reading.containers.base import Shard, Takes
from tuneset.reading.containers.registry import named
from tuneset.reading.containers.repeated_headers import without_headers
from tuneset.reading.grouping.gather import gathered
from tuneset.reading.grouping.pieces import elsewhere
from tuneset.reading.records import RawReject, Records
from tuneset.reading.shapes import mapped
from tuneset.reading.shapes.choose import choose, taker

_FILES_LOOKED_AT = 20
_ROWS_LOOKED_AT = 100


def read_records(shard: Shard, mappings: Mappings = None, line_format: Format = "sft") -> Iterator[Records]:
    """Yield the records of a shard in order, in batches of bounded size; several that are one conversation as one.

    What is a row and what only wraps rows, the shapes of the line format say, and the mappings before them. Raises
    InputError where the file has gone, or turns out to be damaged. A file that was left out is one reject.
    """
    if shard.refusal:
        yield Records(rejects=[RawReject(1, 0, "FIL001", shard.refusal.removeprefix(f"{shard.source}: "))])
        return
    own = mapped.shapes(mappings, line_format, shard.source)
    takes = taker(mappings, line_format, shard.source)
    read = functools.partial(_read, shard, takes)
    if shard.end is not None:  # a part, of a file whose beginning has no such conversations
        yield from read()
        return
    yield from gathered(
        read, lambda record: choose(record, own) is not None, shard.source, elsewhere(shard), line_format
    )


def _read(shard: Shard, takes: Takes) -> Iterator[Records]:
    return without_headers(named(shard.container).read(shard, takes))


def columns_of(shards: Iterable[Shard]) -> set[str]:
    """The columns of the first rows of some files, for advice on a name that no row has."""
    found: set[str] = set()
    for shard in itertools.islice(shards, _FILES_LOOKED_AT):
        for records in itertools.islice(read_records(shard), 1):
            for value in records.values[:_ROWS_LOOKED_AT]:
                found |= value.keys()
    return found

"""Avro files. The line of a row is its number in the file.

Held in memory whole, which is how polars reads them; a type that it does not know makes the file unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from tuneset.reading.containers.base import Container, Head, Shard, Takes
from tuneset.reading.containers.table_frames import file_on_disk, rows_of_frames
from tuneset.reading.records import BATCH_RECORDS, Records, in_batches

_MAGIC = b"Obj\x01"


def _recognise(head: Head) -> bool:
    return head.raw.startswith(_MAGIC)


def _frames(path: Path) -> Iterator[pl.DataFrame]:
    yield from pl.read_avro(path).iter_slices(BATCH_RECORDS)


def _read(shard: Shard, takes: Takes) -> Iterator[Records]:
    with file_on_disk(shard.path, shard.content) as path:
        yield from in_batches(rows_of_frames(_frames(path), shard.source, "Avro", takes))


AVRO = Container("avro", "Avro", _recognise, _read)

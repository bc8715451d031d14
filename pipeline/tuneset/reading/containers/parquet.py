"""Parquet files, in batches; the line of a row is its number in the file, from 1.

Memory is bounded by the file's row groups, of which polars holds a few at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from tuneset.reading.containers.base import Container, Head, Shard, Takes
from tuneset.reading.containers.table_frames import file_on_disk, rows_of_frames
from tuneset.reading.records import BATCH_RECORDS, Records, in_batches

_MAGIC = b"PAR1"


def _recognise(head: Head) -> bool:
    return head.raw.startswith(_MAGIC)


def _frames(path: Path) -> Iterator[pl.DataFrame]:
    table = pl.scan_parquet(path, glob=False)
    yield from table.collect_batches(chunk_size=BATCH_RECORDS, maintain_order=True, lazy=True)


def _read(shard: Shard, takes: Takes) -> Iterator[Records]:
    with file_on_disk(shard.path, shard.content) as path:
        yield from in_batches(rows_of_frames(_frames(path), shard.source, "Parquet", takes))


PARQUET = Container("parquet", "Parquet", _recognise, _read)

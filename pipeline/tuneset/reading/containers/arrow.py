"""Arrow files: Feather, and what `save_to_disk` of datasets writes. The line of a row is its number in the file.

A file is read in batches. A stream, which has no index, is held in memory whole; datasets cuts its own at 500 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from tuneset.reading.containers.base import Container, Head, Shard, Takes
from tuneset.reading.containers.table_frames import file_on_disk, rows_of_frames
from tuneset.reading.records import BATCH_RECORDS, Records, in_batches

_FILE_MAGIC = b"ARROW1\0\0"
_STREAM_MAGIC = b"\xff\xff\xff\xff"  # before the length of the first message (Arrow IPC format, since 0.15)


def _recognise(head: Head) -> bool:
    is_stream = head.raw.startswith(_STREAM_MAGIC) and not head.is_text
    return is_stream or head.raw.startswith(_FILE_MAGIC)


def _frames(path: Path) -> Iterator[pl.DataFrame]:
    with path.open("rb") as handle:
        is_stream = handle.read(len(_STREAM_MAGIC)) == _STREAM_MAGIC
    if is_stream:
        yield from pl.read_ipc_stream(path).iter_slices(BATCH_RECORDS)
    else:
        table = pl.scan_ipc(path, glob=False)
        yield from table.collect_batches(chunk_size=BATCH_RECORDS, maintain_order=True, lazy=True)


def _read(shard: Shard, takes: Takes) -> Iterator[Records]:
    with file_on_disk(shard.path, shard.content) as path:
        yield from in_batches(rows_of_frames(_frames(path), shard.source, "Arrow", takes))


ARROW = Container("arrow", "Arrow and Feather", _recognise, _read)

"""Parquet files, in batches; the line of a row is its number in the file, from 1.

Memory is bounded by the file's row groups, of which polars holds a few at a time.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from tuneset.errors import InputError
from tuneset.reading import decode
from tuneset.reading.containers.base import Container, Head, Shard, Takes
from tuneset.reading.records import BATCH_RECORDS, RawReject, Records, Row, in_batches
from tuneset.reading.table_values import absent, plain

_MAGIC = b"PAR1"


def read_rows(path: Path, content: decode.Content, source: str) -> Iterator[Row | RawReject]:
    """Yield every row as a dict of plain JSON values. Raises InputError where the file is damaged."""
    line = 0
    with _unpacked_file(path, content.compression) as on_disk:
        try:
            frame = pl.scan_parquet(on_disk, glob=False)
            for batch in frame.collect_batches(chunk_size=BATCH_RECORDS, maintain_order=True, lazy=True):
                length = batch.estimated_size() // batch.height
                for row in batch.iter_rows(named=True):
                    line += 1
                    try:
                        value = {key: plain(inner) for key, inner in row.items() if not absent(inner)}
                        yield line, 0, value, int(length)
                    except UnicodeDecodeError:
                        yield RawReject(line, 0, "FIL002", "the row holds bytes that are not UTF-8")
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise InputError(
                f"{source}: cannot be read as Parquet", hint="the file is damaged or cut short; write it again"
            ) from error


@contextlib.contextmanager
def _unpacked_file(path: Path, compression: decode.Compression) -> Iterator[Path]:
    """A path to the file as Parquet readers need it: on disk, because they begin at its end."""
    if compression == "none":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "unpacked.parquet"
        with plain.open("wb") as handle:
            for piece in decode.unpacked(path, compression):
                handle.write(piece)
        yield plain


def _recognise(head: Head) -> bool:
    return head.raw.startswith(_MAGIC)


def _read(shard: Shard, _: Takes) -> Iterator[Records]:
    return in_batches(read_rows(shard.path, shard.content, shard.source))


PARQUET = Container("parquet", "Parquet", _recognise, _read)

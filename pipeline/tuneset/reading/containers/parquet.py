"""Parquet files, in batches; the line of a row is its number in the file, from 1.

Memory is bounded by the file's row groups, of which polars holds a few at a time.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from tuneset.errors import InputError
from tuneset.reading import decode
from tuneset.reading.containers.base import Container, Head, Shard, Takes
from tuneset.reading.records import BATCH_RECORDS, RawReject, Records, Row, in_batches
from tuneset.reading.table_values import absent, plain

_MAGIC = b"PAR1"
_PICTURES = ("image", "images")
"""Columns of which no row may lose what they hold without a word."""


def read_rows(path: Path, content: decode.Content, source: str, takes: Takes = bool) -> Iterator[Row | RawReject]:
    """Yield every row as a dict of plain JSON values. Raises InputError where the file is damaged.

    A column with bytes that are no text is left out where the rest is a row, for nobody asked for it; of pictures it is
    told that they are there.
    """
    line = 0
    with _unpacked_file(path, content) as on_disk:
        try:
            frame = pl.scan_parquet(on_disk, glob=False)
            for batch in frame.collect_batches(chunk_size=BATCH_RECORDS, maintain_order=True, lazy=True):
                length = batch.estimated_size() // batch.height
                for row in batch.iter_rows(named=True):
                    line += 1
                    value, binary = _values(row)
                    if binary and not takes(value):
                        yield RawReject(line, 0, "FIL002", "the row holds bytes that are not UTF-8")
                    else:
                        yield line, 0, value, int(length)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise InputError(
                f"{source}: cannot be read as Parquet", hint="the file is damaged or cut short; write it again"
            ) from error


def _values(row: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    r"""The values of a row as JSON has them, without columns of bytes that are no text, and whether there are such.

    >>> _values({"a": "b", "raw": b"\xff", "image": {"bytes": b"\xff"}, "c": None})
    ({'a': 'b', 'image': True}, True)
    """
    value: dict[str, Any] = {}
    binary = False
    for key, inner in row.items():
        if absent(inner):
            continue
        try:
            value[key] = plain(inner)
        except UnicodeDecodeError:
            binary = True
            if key.casefold() in _PICTURES:
                value[key] = True
    return value, binary


@contextlib.contextmanager
def _unpacked_file(path: Path, content: decode.Content) -> Iterator[Path]:
    """A path to the file as Parquet readers need it: on disk, because they begin at its end."""
    if content.compression == "none" and not content.member:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "unpacked.parquet"
        with plain.open("wb") as handle:
            for piece in decode.unpacked(path, content):
                handle.write(piece)
        yield plain


def _recognise(head: Head) -> bool:
    return head.raw.startswith(_MAGIC)


def _read(shard: Shard, takes: Takes) -> Iterator[Records]:
    return in_batches(read_rows(shard.path, shard.content, shard.source, takes))


PARQUET = Container("parquet", "Parquet", _recognise, _read)

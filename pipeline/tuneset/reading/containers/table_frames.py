"""Rows of tables that are no text: data frames from Parquet, Arrow and spreadsheets, and their files on disk.

A column with bytes that are no text is left out where the rest is a row, for nobody asked for it; of pictures it is
told that they are there.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from tuneset.errors import InputError
from tuneset.reading import decode
from tuneset.reading.containers.base import Takes
from tuneset.reading.records import RawReject, Row
from tuneset.reading.table_values import absent, plain

_PICTURES = ("image", "images")
"""Columns of which no row may lose what they hold without a word."""


def rows_of_frames(frames: Iterable[pl.DataFrame], source: str, title: str, takes: Takes) -> Iterator[Row | RawReject]:
    """Yield every row as a dict of plain JSON values; its line is its number over all frames, from 1.

    Raises InputError where polars finds the file damaged; `title` is what it was taken for.
    """
    line = 0
    try:
        for frame in frames:
            length = frame.estimated_size() // max(frame.height, 1)
            for row in frame.iter_rows(named=True):
                line += 1
                value, binary = _values(row)
                if binary and not takes(value):
                    yield RawReject(line, 0, "FIL002", "the row holds bytes that are not UTF-8")
                else:
                    yield line, 0, value, int(length)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise InputError(
            f"{source}: cannot be read as {title}", hint="the file is damaged or cut short; write it again"
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
def file_on_disk(path: Path, content: decode.Content) -> Iterator[Path]:
    """A path to the file as readers of tables need it: on disk, because most begin at its end."""
    if content.compression == "none" and not content.member:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "unpacked"
        with whole.open("wb") as handle:
            for piece in decode.unpacked(path, content):
                handle.write(piece)
        yield whole

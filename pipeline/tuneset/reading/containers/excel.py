"""Spreadsheets (XLSX): the rows of all sheets one after another, each below its own header; every cell is text.

Needs the extra `excel`. The line of a row is its number over all sheets, from 1, headers not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from tuneset.errors import InputError
from tuneset.reading.containers.base import Container, Head, Shard, Takes
from tuneset.reading.containers.table_frames import file_on_disk, rows_of_frames
from tuneset.reading.records import BATCH_RECORDS, Records, in_batches

WORKBOOK = "xl/workbook.xml"
"""A member that every XLSX file has (ECMA-376, part 1); the file itself is a zip archive."""
_ZIP_MAGIC = b"PK\x03\x04"


def refuse_without_reader(source: str) -> None:
    """Raise InputError where the library that reads spreadsheets is not installed."""
    if find_spec("fastexcel") is None:
        raise InputError(
            f"{source}: is a spreadsheet, which is read with the extra excel",
            hint="install tuneset[excel], or save each sheet as CSV in UTF-8",
        )


def _recognise(head: Head) -> bool:
    return head.raw.startswith(_ZIP_MAGIC) and b"xl/" in head.raw  # a large sheet may stand before the workbook


def _frames(path: Path, source: str) -> Iterator[pl.DataFrame]:
    import fastexcel  # noqa: PLC0415  an extra

    try:
        book = fastexcel.read_excel(path)
        for name in book.sheet_names:
            yield from book.load_sheet(name, dtypes="string").to_polars().iter_slices(BATCH_RECORDS)
    except fastexcel.FastExcelError as error:
        raise InputError(
            f"{source}: cannot be read as a spreadsheet", hint="open it and save it again, or save each sheet as CSV"
        ) from error


def _read(shard: Shard, takes: Takes) -> Iterator[Records]:
    refuse_without_reader(shard.source)
    with file_on_disk(shard.path, shard.content) as path:
        yield from in_batches(rows_of_frames(_frames(path, shard.source), shard.source, "a spreadsheet", takes))


EXCEL = Container("excel", "spreadsheets (XLSX, with the extra `excel`)", _recognise, _read)

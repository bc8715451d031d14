"""The ledger: what became of every raw row, and why. One row of LEDGER_SCHEMA for each row that was read.

This file assembles and asks the ledger; which rows are dropped is decided by the stages.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from tuneset.errors import InputError, UsageError

LEDGER_SCHEMA = pl.Schema(
    {
        "source": pl.String,  # the raw file
        "line": pl.Int64,  # physical line, from 1
        "row_id": pl.String,
        "outcome": pl.String,  # train, validation, test or dropped
        "stage": pl.String,  # the stage that decided
        "code": pl.String,  # why it was dropped; null where it was not
        "detail": pl.String,
        "kept_row_id": pl.String,  # the representative of a duplicate
        "item": pl.Int64,  # which example of the line, from 0
    }
)


_LINE_NUMBER = re.compile("[1-9][0-9]{0,17}")  # fits the column


def build(kept: pl.DataFrame, rejects: pl.DataFrame) -> pl.DataFrame:
    """Put the kept rows (`row_id, source, line, item, side`) and the rejects of all stages into one ledger.

    Raises AssertionError where a row has more than one outcome.
    """
    placed = kept.select(
        "source",
        "line",
        "row_id",
        pl.col("side").alias("outcome"),
        pl.lit("split").alias("stage"),
        *(pl.lit(None, pl.String).alias(name) for name in ("code", "detail", "kept_row_id")),
        "item",
    )
    dropped = rejects.select(
        "source", "line", "row_id", pl.lit("dropped").alias("outcome"), "stage", "code", "detail", "kept_row_id", "item"
    )
    ledger = pl.concat([placed.cast(LEDGER_SCHEMA), dropped.cast(LEDGER_SCHEMA)]).sort("source", "line", "item")
    if ledger["row_id"].n_unique() != ledger.height:
        raise AssertionError("ledger: a row has more than one outcome")
    return ledger


def read(path: Path) -> pl.DataFrame:
    """Read a ledger file. Raises InputError where it is missing or is none."""
    if not path.is_file():
        raise InputError(
            f"{path}: no ledger here", hint="run `tuneset prepare` or `dvc repro` first, or name another folder"
        )
    try:
        ledger = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise InputError(f"{path}: is no readable Parquet file") from error
    missing = [name for name in LEDGER_SCHEMA if name not in ledger.columns]
    if missing:
        raise InputError(f"{path}: is no ledger, it has no column {missing[0]}")
    return ledger


def parse_place(place: str) -> tuple[str, int]:
    """Take `FILE:LINE` apart. Raises UsageError where it is not of that form.

    >>> parse_place("data/raw/a:b.jsonl:17")
    ('data/raw/a:b.jsonl', 17)
    """
    source, _, line = place.rpartition(":")
    if not source or not _LINE_NUMBER.fullmatch(line):
        raise UsageError(f"{place}: is no place in a raw file", allowed="FILE:LINE, for example data/raw/chat.jsonl:17")
    return source, int(line)


def rows_at(ledger: pl.DataFrame, source: str, line: int) -> pl.DataFrame:
    """The ledger rows of one physical line. A file may be named by the end of its path where that is unique.

    Raises UsageError where the ledger knows no such file or line.
    """
    sources = ledger["source"].unique().sort().to_list()
    wanted = source.removeprefix("./")
    matches = [s for s in sources if s == wanted] or [s for s in sources if s.endswith("/" + wanted)]
    if not matches:
        shown = ", ".join(sources[:5]) + (", ..." if len(sources) > 5 else "")
        raise UsageError(f"{source}: the ledger knows no such file", allowed=shown)
    if len(matches) > 1:
        raise UsageError(f"{source}: more than one file ends so", allowed=", ".join(matches))
    rows = ledger.filter((pl.col("source") == matches[0]) & (pl.col("line") == line))
    if rows.is_empty():
        lines = ledger.filter(pl.col("source") == matches[0])["line"].sort()
        raise UsageError(
            f"{matches[0]}:{line}: no row begins on this line",
            allowed=f"lines {lines[0]} to {lines[-1]}; blank lines and lines within a row hold none",
        )
    return rows

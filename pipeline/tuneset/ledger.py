"""The ledger: what became of every raw row, and why. One row of LEDGER_SCHEMA for each row that was read.

An example that was made of another, such as one of its turns, has a row too, which names that one in `derived_from`.

This file assembles and asks the ledger; which rows are dropped is decided by the stages.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

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
        "written_line": pl.Int64,  # its line in the file of its side, from 1; null where it was dropped
        "tokens": pl.Int64,  # of the target; null where it was dropped, and so the next two
        "trained_tokens": pl.Int64,  # by the target's recipe; null without a chat template too
        "tokens_exact": pl.Boolean,  # whether nothing in `tokens` is assumed
        "derived_from": pl.String,  # of an example that was made of another one's row, the id of that row
        "answer": pl.Int64,  # of a conversation that was split, the answer that this row alone trains, from 1
    }
)
_COUNTED = {"tokens": "tokens", "trained_tokens": "trained_tokens", "tokens_exact": "exact"}
"""Columns of the ledger by what they are called among the examples."""
_DERIVED = ("derived_from", "answer")
_LATER_COLUMNS = ("written_line", *_COUNTED, *_DERIVED)  # ledgers of versions before have none


_ANEW = "run `tuneset prepare` or `dvc repro` again: the ledger is written anew"

_PLACE = re.compile(r"(?P<source>.+?):(?P<line>[1-9][0-9]{0,17})(?::(?P<example>[1-9][0-9]{0,17}))?", re.DOTALL)
"""The numbers fit the columns."""


class Place(NamedTuple):
    """What a user types for a row.

    Args:
        source: the file, as typed.
        line: its physical line, from 1.
        example: which example of the line, from 1; None for all of them.
    """

    source: str
    line: int
    example: int | None = None

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" + (f":{self.example}" if self.example else "")


def build(kept: pl.DataFrame, rejects: pl.DataFrame) -> pl.DataFrame:
    """Put the kept rows and the rejects of all stages into one ledger.

    Of kept rows `row_id, source, line, item, side, written_line` are needed; `tokens, trained_tokens, exact` are null
    where nobody counted, `derived_from, answer` where nothing was split.
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
        "written_line",
        *(
            pl.col(column).alias(name) if column in kept.columns else pl.lit(None, LEDGER_SCHEMA[name]).alias(name)
            for name, column in (*_COUNTED.items(), *zip(_DERIVED, _DERIVED, strict=True))
        ),
    )
    dropped = rejects.select(
        *("source", "line", "row_id", pl.lit("dropped").alias("outcome"), "stage", "code", "detail", "kept_row_id"),
        "item",
        *(pl.lit(None, LEDGER_SCHEMA[name]).alias(name) for name in ("written_line", *_COUNTED)),
        *_DERIVED,
    )
    ledger = pl.concat([placed.cast(LEDGER_SCHEMA), dropped.cast(LEDGER_SCHEMA)]).sort(
        "source", "line", "item", "answer"
    )
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
        raise InputError(f"{path}: is no readable Parquet file", hint=_ANEW) from error
    missing = [name for name in LEDGER_SCHEMA if name not in ledger.columns]
    if missing and missing[0] not in _LATER_COLUMNS:
        raise InputError(f"{path}: is no ledger, it has no column {missing[0]}", hint=_ANEW)
    filled = ledger.with_columns(pl.lit(None, LEDGER_SCHEMA[name]).alias(name) for name in missing)
    return filled.select(*LEDGER_SCHEMA)


def columns(path: Path) -> list[str]:
    """The names of a ledger's columns; no row is read. Raises InputError where it is no Parquet file."""
    try:
        return list(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise InputError(f"{path}: is no readable Parquet file", hint=_ANEW) from error


def parse_place(place: str) -> Place:
    """Take `FILE:LINE` or `FILE:LINE:EXAMPLE` apart. Raises UsageError where it is of neither form.

    >>> parse_place("data/raw/a:b.jsonl:17"), parse_place("a.json:1:3")
    (Place(source='data/raw/a:b.jsonl', line=17, example=None), Place(source='a.json', line=1, example=3))
    """
    found = _PLACE.fullmatch(place)
    if found is None:
        raise UsageError(
            f"{place}: is no place in a raw file",
            allowed="FILE:LINE, for example data/raw/chat.jsonl:17; FILE:LINE:EXAMPLE where a line holds several",
        )
    return Place(found["source"], int(found["line"]), int(found["example"]) if found["example"] else None)


def rows_at(ledger: pl.DataFrame, place: Place) -> pl.DataFrame:
    """The ledger rows of a place in a raw file, which may be named by the end of its path where that is unique.

    Raises UsageError where the ledger knows no such file, line or example.
    """
    source = _source(ledger, place.source)
    of_source = ledger.filter(pl.col("source") == source)
    rows = of_source.filter(pl.col("line") == place.line)
    if rows.is_empty():
        lines = of_source["line"].sort()
        before = lines.filter(lines < place.line)
        within = f"; the row before it begins on line {before[-1]}" if len(before) else ""
        raise UsageError(
            f"{source}:{place.line}: no row begins on this line{within}",
            allowed=f"lines {lines[0]} to {lines[-1]}; blank lines and lines within a row hold none",
        )
    if place.example is None:
        return rows
    one = rows.filter(pl.col("item") == place.example - 1)
    if one.is_empty():
        raise UsageError(
            f"{source}:{place.line}: has no example {place.example}",
            allowed=f"examples {rows['item'].min() + 1} to {rows['item'].max() + 1}",  # type: ignore[operator]
        )
    return one


def knows(ledger: pl.DataFrame, source: str) -> bool:
    """Whether a raw file is meant by a name."""
    return bool(_matches(ledger, source))


def row_written_at(ledger: pl.DataFrame, side: str, line: int) -> pl.DataFrame:
    """The ledger row that stands on a line of a written file. Raises UsageError where there is none.

    `side` is what the file is for: train, validation or test.
    """
    of_side = ledger.filter(pl.col("outcome") == side)
    if of_side.height and of_side["written_line"].null_count():
        raise UsageError(
            f"{side}.jsonl:{line}: the ledger of an older version does not know the lines of written files",
            hint="run `tuneset prepare` or `dvc repro` again",
        )
    row = of_side.filter(pl.col("written_line") == line)
    if row.is_empty():
        raise UsageError(f"{side}.jsonl:{line}: there is no such line", allowed=f"lines 1 to {of_side.height}")
    return row


def _matches(ledger: pl.DataFrame, source: str) -> list[str]:
    sources: list[str] = ledger["source"].unique().sort().to_list()
    wanted = source.removeprefix("./")
    return [s for s in sources if s in (source, wanted)] or [s for s in sources if s.endswith("/" + wanted)]


def _source(ledger: pl.DataFrame, source: str) -> str:
    """The raw file that a name means."""
    matches = _matches(ledger, source)
    if not matches:
        sources = ledger["source"].unique().sort().to_list()
        shown = ", ".join(sources[:5]) + (", ..." if len(sources) > 5 else "")
        raise UsageError(f"{source}: the ledger knows no such file", allowed=shown)
    if len(matches) > 1:
        raise UsageError(f"{source}: more than one file ends so", allowed=", ".join(matches))
    return matches[0]

"""The rows of a set as columns: each written line with its side, its hash, and its raw row where the ledger knows it.

Where there is no ledger, or the file was changed since, a line is its own raw row: its file and its number.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tuneset import ledger
from tuneset.execution.comparison.given import Given
from tuneset.execution.comparison.lines import Hashed, Spans, hash_lines
from tuneset.execution.executor import Executor

_DROPPED = ("source", "line", "item", "stage", "code", "detail")


class Rows(NamedTuple):
    """A set.

    Args:
        given: what was named.
        files: the files of its lines.
        kept: one row a line, in their order: `row` (from 0), `side`, `file` (place in `files`), `number` (of the line,
            from 1), `offset`, `length`, `hash`; `source, line, item, answer` of the raw row; `tokens`, null where
            unknown.
        dropped: `source, line, item, stage, code, detail, answer` of each row that was dropped; None without a ledger.
    """

    given: Given
    files: tuple[Path, ...]
    kept: pl.DataFrame
    dropped: pl.DataFrame | None

    def spans(self, rows: pl.Series) -> Spans:
        """Where lines stand, given by their `row`, in that order."""
        chosen = self.kept.select("file", "offset", "length")[rows]
        return Spans(self.files, *(chosen[name].to_numpy() for name in ("file", "offset", "length")))

    def name(self, row: int) -> str:
        """A line as a person would name it."""
        file, number = (int(value) for value in self.kept.select("file", "number").row(row))
        if self.given.places:
            return self.given.places[number - 1]
        path = self.files[file]
        return f"{self.given.shown.get(path, path)}:{number}"


def read(given: Given, executor: Executor) -> Rows:
    """Read the lines of a set, and its ledger. Raises InputError where a file cannot be read."""
    files = tuple(path for _, path in given.sides)
    hashed = [hash_lines(path, executor) for path in files]
    account = None if given.ledger is None else ledger.read(given.ledger)
    frames, known = [], account is not None
    for place, ((side, _), lines) in enumerate(zip(given.sides, hashed, strict=True)):
        raw = None if account is None else _raw_rows(account, side, lines)
        known = known and raw is not None
        frames.append(_frame(place, side, lines, raw, str(given.shown.get(files[place], files[place]))))
    kept = pl.concat(frames).with_row_index("row").with_columns(pl.col("source").cast(pl.Categorical))
    dropped = None
    if account is not None and known:
        dropped = account.filter(pl.col("outcome") == "dropped").select(*_DROPPED, pl.col("answer").fill_null(0))
    return Rows(given, files, kept, dropped)


def _raw_rows(account: pl.DataFrame, side: str, lines: Hashed) -> pl.DataFrame | None:
    """The raw row of each line of a side; None where the ledger knows other lines than there are."""
    placed = (
        account.lazy()
        .filter(pl.col("outcome") == side)
        .select("written_line", "source", "line", "item", pl.col("answer").fill_null(0), "tokens")
    )
    raw = placed.sort("written_line").collect()
    if raw.height != len(lines.hashes) or raw["written_line"].null_count():
        return None
    return raw.drop("written_line")


def _frame(place: int, side: str, lines: Hashed, raw: pl.DataFrame | None, name: str) -> pl.DataFrame:
    count = len(lines.hashes)
    frame = pl.DataFrame(
        {
            "side": pl.repeat(side, count, dtype=pl.String, eager=True),
            "file": np.full(count, place, np.uint32),
            "number": np.arange(1, count + 1, dtype=np.int64),
            "offset": lines.offsets,
            "length": lines.lengths,
            "hash": lines.hashes,
        }
    ).with_columns(pl.col("side").cast(pl.Categorical))
    if raw is None:
        raw = frame.select(
            pl.lit(name).alias("source"),
            pl.col("number").alias("line"),
            *(pl.lit(0, pl.Int64).alias(name) for name in ("item", "answer")),
            pl.lit(None, pl.Int64).alias("tokens"),
        )
    return pl.concat([frame, raw], how="horizontal").filter(pl.col("length") > 0)

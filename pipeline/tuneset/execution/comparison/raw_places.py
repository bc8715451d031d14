"""Where a raw row of one set stands in the raw files of the other, by the rows beside it that are the same.

A row id comes from file and line, so that one new line on top gives all rows below it another one. Between two rows
whose lines went down by three, a row went down by three too.
"""

from __future__ import annotations

import polars as pl

PLACE = ("source", "line", "item", "answer")
"""`answer` is the one that an example alone trains, and 0 of a whole conversation."""


def known_places(a: pl.DataFrame, b: pl.DataFrame, same: pl.DataFrame) -> pl.DataFrame:
    """Where the same rows stand in both: `source, line, to_source, to_line`, for rows `a` and `b` of `same`."""
    one = a.select("source", "line")[same["a"]]
    other = b.select(pl.col("source").alias("to_source"), pl.col("line").alias("to_line"))[same["b"]]
    return pl.concat([one, other], how="horizontal")


def swapped(known: pl.DataFrame) -> pl.DataFrame:
    """The same places the other way round."""
    names = {"source": "to_source", "line": "to_line", "to_source": "source", "to_line": "line"}
    return known.rename(names).select("source", "line", "to_source", "to_line")


def followed(rows: pl.DataFrame, known: pl.DataFrame, others: pl.DataFrame, *, before: bool) -> pl.DataFrame:
    """The row of `others` at the place where each row should be: `row, other`, for those that have one there.

    `rows` and `others` have `row` and PLACE. A row is held against the nearest known one `before` it, or the nearest
    after it; where there is none, against that on the other side; in a file of which none is known its place is the
    same.
    """
    expected = _nearest(rows, known, before=before)
    missing = expected.filter(pl.col("to_source").is_null()).select("row", *PLACE)
    if missing.height:
        expected = pl.concat([expected.drop_nulls("to_source"), _nearest(missing, known, before=not before)])
    there = expected.select(
        "row",
        pl.coalesce("to_source", "source").alias("source"),
        (pl.col("line") + (pl.col("to_line") - pl.col("at")).fill_null(0)).alias("line"),
        "item",
        "answer",
    )
    return there.join(others.select(pl.col("row").alias("other"), *PLACE), on=PLACE, how="inner").select("row", "other")


def _nearest(rows: pl.DataFrame, known: pl.DataFrame, *, before: bool) -> pl.DataFrame:
    """Rows with the nearest known place on one side: `at` its line, `to_source` and `to_line` where that is now."""
    places = known.select("source", "line", pl.col("line").alias("at"), "to_source", "to_line")
    return rows.sort("line").join_asof(
        places.sort("line", "to_source", "to_line"),
        on="line",
        by="source",
        strategy="backward" if before else "forward",
        check_sortedness=False,  # both are sorted, which polars does not see with `by`
    )

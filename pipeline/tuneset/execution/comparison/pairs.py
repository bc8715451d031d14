"""Which line of one set is which of the other: the same content, else the same raw row, question or answer.

Nothing here prefers one set: what is found of A and B is found of B and A, the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tuneset.execution.comparison import raw_places
from tuneset.execution.comparison.lines import TASK_LINES, akin, contents
from tuneset.execution.comparison.rows import Rows
from tuneset.execution.executor import Executor

SAME, CHANGED = "same", "changed"

_NONE = pl.DataFrame(schema={"a": pl.UInt32, "b": pl.UInt32})


def pairs(first: Rows, second: Rows, executor: Executor) -> pl.DataFrame:
    """The pairs of rows of two sets: `a, b` (each a `row`, in one pair at most) and `kind`, SAME or CHANGED.

    The same are lines of one JSON value. Of the others a pair are, in this order, the two that one raw row became,
    where they have a question, an answer or a fifth of their words in common; two with one question; and two with one
    answer that no other line has.
    """
    a, b = first.kept.select("row", "hash", "side"), second.kept.select("row", "hash", "side")
    same = _in_turn(a, b, (("hash", "side"), ("hash",)))
    rest_a, rest_b = _rest(a, same, "a"), _rest(b, same, "b")
    told_a, told_b = (
        rest.with_columns(
            pl.Series(name, values) for name, values in contents(rows.spans(rest["row"]), executor)._asdict().items()
        )
        for rows, rest in ((first, rest_a), (second, rest_b))
    )
    equal = _in_turn(told_a, told_b, (("values", "side"), ("values",)))
    same = pl.concat([same, equal])
    told_a, told_b = _rest(told_a, equal, "a"), _rest(told_b, equal, "b")
    found = [same.with_columns(kind=pl.lit(SAME))]
    by_turns = (
        lambda a, b: _of_one_row(first, second, same, a, b, executor),
        lambda a, b: _in_turn(a, b, (("questions", "side"), ("questions",))),
        _one_answer,
    )
    for pair in by_turns:
        changed = pair(told_a, told_b)
        found.append(changed.with_columns(kind=pl.lit(CHANGED)))
        told_a, told_b = _rest(told_a, changed, "a"), _rest(told_b, changed, "b")
    return pl.concat(found).sort("a")


def _in_turn(a: pl.DataFrame, b: pl.DataFrame, ways: Sequence[tuple[str, ...]]) -> pl.DataFrame:
    """Pairs of rows that are equal in some columns, tried one way after the other: the nth such row with the nth."""
    found = _NONE
    for keys in ways:
        if a.is_empty() or b.is_empty():
            break
        nth = pl.int_range(pl.len(), dtype=pl.UInt32).over(keys).alias("nth")
        one, other = (frame.select("row", *keys, nth) for frame in (a, b))
        joined = one.join(other, on=[*keys, "nth"], how="inner", suffix="_b")
        new = joined.select(pl.col("row").alias("a"), pl.col("row_b").alias("b"))
        found = pl.concat([found, new])
        a, b = _rest(a, new, "a"), _rest(b, new, "b")
    return found


def _rest(rows: pl.DataFrame, found: pl.DataFrame, which: str) -> pl.DataFrame:
    """Rows that are in no pair yet, in their order."""
    if found.is_empty():
        return rows
    return rows.join(found.select(pl.col(which).alias("row")), on="row", how="anti", maintain_order="left")


def _of_one_row(
    first: Rows, second: Rows, same: pl.DataFrame, a: pl.DataFrame, b: pl.DataFrame, executor: Executor
) -> pl.DataFrame:
    """Pairs that one raw row became, by its place among those that are the same."""
    found = _NONE
    for before in (True, False):
        rest_a, rest_b = _rest(a, found, "a"), _rest(b, found, "b")
        if rest_a.is_empty() or rest_b.is_empty():
            break
        at_a, at_b = (
            rows.kept.select("row", *raw_places.PLACE).join(rest.select("row"), on="row", how="semi")
            for rows, rest in ((first, rest_a), (second, rest_b))
        )
        known = raw_places.known_places(first.kept, second.kept, same)
        back = raw_places.swapped(known)
        forth = raw_places.followed(at_a, known, at_b, before=before).select(pl.col("row").alias("a"), b="other")
        returned = raw_places.followed(at_b, back, at_a, before=before).select(pl.col("other").alias("a"), b="row")
        both = forth.join(returned, on=["a", "b"], how="semi").sort("a")
        found = pl.concat([found, _akin(first, second, both, rest_a, rest_b, executor)])
    return found


def _akin(
    first: Rows, second: Rows, found: pl.DataFrame, a: pl.DataFrame, b: pl.DataFrame, executor: Executor
) -> pl.DataFrame:
    """Of pairs those that have a question, an answer or enough words in common."""
    columns = ("questions", "answers")
    told = found.join(a.select("row", *columns), left_on="a", right_on="row", how="left", maintain_order="left").join(
        b.select("row", *columns), left_on="b", right_on="row", how="left", maintain_order="left", suffix="_b"
    )
    plain = (pl.col("questions") == pl.col("questions_b")) | (
        (pl.col("answers") == pl.col("answers_b")) & (pl.col("answers") != 0)
    )
    sure, open_ = told.filter(plain), told.filter(~plain)
    one, other = first.spans(open_["a"]), second.spans(open_["b"])
    tasks = list(zip(one.cut(TASK_LINES), other.cut(TASK_LINES), strict=True))
    size = int(one.lengths.sum() + other.lengths.sum())
    verdicts = [verdict for part in executor.map(akin, tasks, label="what changed", size=size) for verdict in part]
    return pl.concat([sure, open_.filter(pl.Series(verdicts, dtype=pl.Boolean))]).select("a", "b")


def _one_answer(a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    """Pairs of rows with one answer that no other row of either set has."""
    one, other = (frame.filter(pl.col("answers") != 0).filter(pl.col("answers").is_unique()) for frame in (a, b))
    joined = one.select("row", "answers").join(other.select("row", "answers"), on="answers", suffix="_b")
    return joined.select(pl.col("row").alias("a"), pl.col("row_b").alias("b"))

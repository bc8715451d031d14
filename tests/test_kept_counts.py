"""Counts of examples: those of any parts add up to those of the whole, and say what the examples themselves say."""

from __future__ import annotations

import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset import kept_counts
from tuneset.kept_counts import at_shares, counted, mean, merged, of_values

SHARES = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0]
ROW = st.tuples(
    st.sampled_from(["train", "validation", "test"]),
    st.integers(0, 9),
    st.none() | st.integers(0, 5),
    st.booleans(),
    st.integers(0, 99),
    st.sampled_from("abc"),
)


def frame(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    kinds = (pl.String, pl.Int64, pl.Int64, pl.Boolean, pl.Int64, pl.String)
    return pl.DataFrame(rows, dict(zip(kept_counts.COLUMNS, kinds, strict=True)), orient="row")


@given(st.lists(ROW, max_size=30), st.lists(st.integers(0, 30), max_size=4))
def test_parts_add_up_to_the_whole(rows: list[tuple[object, ...]], cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(rows)]
    parts = [counted(frame(rows[start:end])) for start, end in itertools.pairwise(ends)]
    whole, together = counted(frame(rows)), merged(parts)
    assert together.sides.equals(whole.sides)
    for column in kept_counts.LENGTHS:
        for side in (None, "train", "test"):
            assert together.of(column, side).equals(whole.of(column, side))


@given(st.lists(ROW, min_size=1, max_size=30))
def test_counts_say_what_the_examples_say(rows: list[tuple[object, ...]]) -> None:
    given_rows, found = frame(rows), counted(frame(rows))
    assert found.examples == len(rows)
    assert found.inexact == int((~given_rows["exact"]).sum())
    train = given_rows.filter(pl.col("side") == "train")
    assert kept_counts.total(found.of("tokens", "train")) == train["tokens"].sum()
    assert int(found.of("trained_tokens", "train")["examples"].sum()) == train["trained_tokens"].count()
    masked = given_rows.filter(pl.col("trained_tokens").is_not_null())["tokens"].sum()
    assert int(found.sides["masked_tokens"].sum()) == masked
    assert (found.prompts, found.most) == (
        given_rows["prompt_key"].n_unique(),
        max(given_rows["prompt_key"].to_list().count(key) for key in "abc"),
    )


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=200))
def test_shares_are_the_nearest_values_as_polars_has_them(values: list[int]) -> None:
    column = pl.Series(values, dtype=pl.Int64)
    assert at_shares(of_values(column), SHARES) == [column.quantile(share, "nearest") for share in SHARES]
    assert mean(of_values(column)) == pytest.approx(sum(values) / len(values), abs=0.051)

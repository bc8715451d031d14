"""Sides by shards: however the rows are cut into shards, each stands where a look at all rows at once puts it."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from unittest import mock

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.execution import shard_store, sides, tied_sides
from tuneset.execution.executor import open_executor
from tuneset.execution.executors.serial import SerialExecutor
from tuneset.execution.progress import no_progress
from tuneset.params import Params, parse_params
from tuneset.stages import split

GROUPS = 40
GROUP = st.integers(0, GROUPS - 1)
SELDOM = st.sampled_from([False] * 5 + [True])
ROW = st.tuples(GROUP, SELDOM, GROUP, SELDOM, st.sampled_from("abcdefgh"), st.integers(1, 9)).map(
    lambda row: (row[0], row[2] if row[1] else None, row[4] if row[3] else None, row[5])
)
"""A row stands for itself, mostly: where all were tied together, all would be for training."""
FAMILIES = st.lists(st.tuples(GROUP, st.integers(1, 9), st.booleans(), st.integers(1, 9)), min_size=8, max_size=20).map(
    lambda families: [
        ((first + place) % GROUPS, None, f"family {first}" if tied else None, size)
        for first, rows, tied, size in families
        for place in range(rows)
    ]
)
"""Rows most of which are tied to others."""
SCHEMA = {"group": pl.UInt64, "tied": pl.UInt64, "component": pl.String, "bytes": pl.Int64}
ROWS = 60
SPREAD = 2**64 // GROUPS  # so that the groups stand evenly between 0 and 2**64


def frame_of(rows: list[tuple[int, int | None, str | None, int]]) -> pl.DataFrame:
    spread = [
        (group * SPREAD + 1, None if tied is None else tied * SPREAD + 1, component, size)
        for group, tied, component, size in rows
    ]
    frame = pl.DataFrame(spread, SCHEMA, orient="row")
    return frame.with_columns(pl.col("bytes").alias("tokens"), pl.lit("all").alias("stratum"))


def at_once(frame: pl.DataFrame, params: Params) -> pl.DataFrame:
    return split.place(frame, params.split.validation, params.split.test)


class Machines(SerialExecutor):
    repeats = True


@pytest.mark.slow
@settings(max_examples=drawn(60))
@given(
    st.lists(ROW, max_size=4) | st.lists(ROW, min_size=25, max_size=ROWS) | FAMILIES,
    st.lists(st.integers(0, 60), max_size=4),
    st.sampled_from([(0.3, 0.0), (0.3, 0.2), (0.0, 0.0), (0.0, 0.9), (4, 0.0)]),
    st.integers(0, 4),
)
def test_any_cut_gives_the_same_sides(
    rows: list[tuple[int, int | None, str | None, int]], cuts: list[int], shares: tuple[float, float], machines: int
) -> None:
    params = parse_params({"split": {"validation": shares[0], "test": shares[1]}}, "params")
    frame = frame_of(rows)
    wanted = at_once(frame, params)
    places = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = list(itertools.pairwise(places))
    names = [f"shard-{number}" for number in range(len(parts))]
    with tempfile.TemporaryDirectory() as folder, open_executor(1, no_progress, name="serial") as serial:
        lines = Path(folder)
        for name, (start, end) in zip(names, parts, strict=True):
            shard_store.write_frame(lines / f"{name}.lines", frame[start:end])
        executor, file = (Machines(None, no_progress) if machines else serial), lines / tied_sides.MOVED_FILE
        with mock.patch.object(tied_sides, "ENTRIES_A_BLOCK", ROWS // max(machines, 1)):
            decided = sides.decide(lines, lines, names, params, executor, 0)
        assert {path.suffix for path in lines.iterdir() if path != file} <= {".lines"}
        made = decided.whole
        if made is None:
            made = pl.concat(sides.of_shard(lines, name, params, decided.moved) for name in names)
    assert made.select("side", "joined").equals(wanted.select("side", "joined"))
    summed = decided.sums.group_by("side").agg(pl.col("len", "bytes").sum()).sort("side").rows()
    whole = (
        wanted.with_columns(frame["bytes"]).group_by("side").agg(pl.len(), pl.col("bytes").sum()).sort("side").rows()
    )
    assert summed == whole
    assert int(decided.sums["joined"].sum()) == int(wanted["joined"].sum())
    of_shards = dict(decided.sums.group_by("shard").agg(pl.col("len").sum()).rows())
    assert [of_shards.get(place, 0) for place in range(len(parts))] == [end - start for start, end in parts]

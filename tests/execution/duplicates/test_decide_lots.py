"""Decisions by lots of tied rows: any number of lots and blocks decides what is decided over all rows at once."""

from __future__ import annotations

import itertools
import random
import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.execution import exchange, shard_store
from tuneset.execution.duplicates import conversation_parts, decide, decide_lots, decisions, row_blocks, sample
from tuneset.execution.duplicates.decide_lots import How, Ties
from tuneset.execution.duplicates.near_lots import FOUND
from tuneset.execution.exchange import Records, Written
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import no_progress
from tuneset.similarity import near_duplicates, stars
from tuneset.similarity.conversations import Chains
from tuneset.stages import dedup

HOW = st.builds(How, st.sampled_from(["drop", "keep_together"]), st.sampled_from(["longest", "together"]))


@settings(max_examples=drawn(15))
@given(st.integers(0, 30), st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 5), st.integers(1, 4), HOW)
def test_any_number_of_lots_and_blocks_decides_the_same(
    rows: int, seed: int, shards: int, lots: int, count: int, how: How
) -> None:
    decided_both_ways(rows, random.Random(seed), shards, lots, count, how)


def test_each_kind_of_decision_is_met() -> None:
    seen = decided_both_ways(60, random.Random(1), 3, 2, 2, How("drop", "longest"))
    assert seen == {"DUP001", "DUP002", "DUP004", "near", "prefix", "exact", "component", "conversation"}


def decided_both_ways(rows: int, chance: random.Random, shards: int, lots: int, count: int, how: How) -> set[str]:
    """Decide by lots and over all rows, hold one to the other, and say what kinds of decisions there were."""
    exact, groups, grown = drawn_ties(rows, chance)
    cuts = [0, *sorted(chance.randint(0, rows) for _ in range(shards - 1)), rows]
    heights = {f"shard-{number}": end - start for number, (start, end) in enumerate(itertools.pairwise(cuts))}
    ids = [chance.randrange(2**64) for _ in range(rows)]
    with tempfile.TemporaryDirectory() as temporary, open_executor(1, no_progress, name="serial") as serial:
        source, whole, parts = (Path(temporary, name) for name in ("source", "whole", "parts"))
        for folder in (source, whole, parts):
            folder.mkdir()
        for name, (start, end) in zip(heights, itertools.pairwise(cuts), strict=True):
            columns = {
                "row_id": [f"{number:016x}" for number in ids[start:end]],
                "prompt_key": [f"{chance.randrange(2**128):032x}" for _ in range(start, end)],
            }
            frame = pl.DataFrame(columns, dict.fromkeys(columns, pl.String))
            shard_store.write_frame(source / f"{name}.examples", frame)

        decided = dedup.decide(exact, groups, how.policy, grown, how.prefixes)
        every = decide.Rows(dict.fromkeys(heights, ""), list(heights.values()), np.ones(rows, np.bool_), None)
        row_ids = pl.Series(ids, dtype=pl.UInt64)
        named = decided.with_columns(decide._root_keys(source, every, decided["conversation"]))
        listed = decisions.listed(exact, groups, decided, row_ids)
        digests = decide._write(whole, every, row_ids, named, listed)

        blocks = row_blocks.blocks(list(heights), list(heights.values()), count)
        talks = np.zeros(len(grown.rows), conversation_parts.NAMED)
        talks["row"], talks["label"], talks["root"] = grown.rows, grown.labels, grown.roots
        held = grown.rows != grown.kept
        near = np.zeros(groups.height, FOUND)
        for name in FOUND.names or ():
            near[name] = groups[name]

        def written(part: str, records: Records, of: Records) -> Written:
            counts = exchange.write(parts / part, records, blocks.of(of), blocks.number)
            return exchange.written([parts / part], [counts], blocks.number)

        repeating = exact["row"].to_numpy()
        ties = Ties(
            written("0.exact", stars.links(repeating, exact["kept"].to_numpy()), repeating),
            written("0.near", near, near["row"]),
            written("0.named", talks, talks["row"]),
            written("0.held", stars.links(grown.rows[held], grown.kept[held]), grown.rows[held]),
        )
        found = decide_lots.decide(ties, blocks, source, parts, how, serial, lots)
        assert {path.name for path in parts.iterdir()} == {path.name for path in whole.iterdir()}
        for path in whole.iterdir():
            assert shard_store.read_frame(parts / path.name).equals(shard_store.read_frame(path)), path.name
        assert found.digests == digests
        least = sample.least(listed)
        assert found.least[:4] == least[:4]
        assert found.least.shown.equals(least.shown)
        kinds = {str(name) for column in (decided["code"], listed["kind"]) for name in column.drop_nulls()}
        return kinds | {name for name in ("component", "conversation") if decided[name].count()}


def drawn_ties(rows: int, chance: random.Random) -> tuple[pl.DataFrame, pl.DataFrame, Chains]:
    """Exact duplicates, groups of near duplicates and conversations, as the steps before find them: at random."""
    kinds: list[Literal["exact", "other"]] = ["exact" if chance.random() < 0.2 else "other" for _ in range(rows)]
    others = [row for row, kind in enumerate(kinds) if kind == "other"]
    repeats = [(row, chance.choice(others)) for row, kind in enumerate(kinds) if kind == "exact" and others]
    exact = pl.DataFrame(repeats, {"row": pl.UInt32, "kept": pl.UInt32}, orient="row")
    near = []
    for group in gathered(others, chance):
        kept = chance.sample(group, chance.randint(1, len(group)))
        near += [
            (row, row, 1.0, group[0]) if row in kept else (row, kept[0], chance.random(), group[0]) for row in group
        ]
    talks = []
    for talk in gathered(others, chance):
        root = chance.choice(talk)
        talks += [(row, talk[0], root, chance.choice([row, talk[-1]])) for row in talk]
    columns = [np.array(column, np.int64) for column in zip(*sorted(talks), strict=True)] or [np.zeros(0, np.int64)] * 4
    return exact, pl.DataFrame(near, near_duplicates.GROUPS_SCHEMA, orient="row").sort("row"), Chains(*columns)


def gathered(rows: list[int], chance: random.Random) -> list[list[int]]:
    """Some of the rows in groups of two and more, each ascending."""
    groups: dict[int, list[int]] = {}
    for row in rows:
        if chance.random() < 0.6:
            groups.setdefault(chance.randrange(8), []).append(row)
    return [group for group in groups.values() if len(group) > 1]

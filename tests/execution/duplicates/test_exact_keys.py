"""Exact duplicates by ranges: any number of ranges, and any cut into shards, finds what a look at all keys does."""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.execution import exchange, shard_store
from tuneset.execution.duplicates import decide, exact_keys
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import no_progress
from tuneset.model import EXAMPLES_SCHEMA, MESSAGES_SCHEMA
from tuneset.params import parse_params
from tuneset.similarity import stars
from tuneset.stages import dedup

# Few keys, so that many repeat; some alike in one half alone, and some at both ends of the ranges.
HALF = st.sampled_from(["0" * 16, "0" * 15 + "1", "7fffffffffffffff", "8" + "0" * 15, "f" * 16])
KEY = st.tuples(HALF, HALF).map("".join)
RATING = st.sampled_from([None, 1, 2, 2.5, "nan", "no number"])
ROWS = st.lists(st.tuples(KEY, RATING), max_size=40)
PARAMS = {
    "first": parse_params({}, "params"),
    "preferred": parse_params({"dedup": {"prefer": "rating", "prefer_sources": ["b.*"]}}, "params"),
}


def examples(rows: list[tuple[str, object]], first: int) -> pl.DataFrame:
    """Examples with these keys and ratings, of two sources in turn."""
    columns = {
        "row_id": [f"{first + number:016x}" for number in range(len(rows))],
        "source": ["ab"[(first + number) % 2] + ".jsonl" for number in range(len(rows))],
        "meta": [json.dumps({"rating": rating}) for _, rating in rows],
        "messages_key": [key for key, _ in rows],
    }
    frame = pl.DataFrame(columns, dict.fromkeys(columns, pl.String))
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in EXAMPLES_SCHEMA.items() if name not in columns]
    return frame.with_columns(missing).select(*EXAMPLES_SCHEMA, "messages_key")


@settings(max_examples=drawn(40))
@given(
    ROWS,
    st.lists(st.integers(0, 40), max_size=3),
    st.integers(1, 9),
    st.integers(1, 5),
    st.sampled_from(sorted(PARAMS)),
)
def test_any_number_of_ranges_finds_the_same(
    rows: list[tuple[str, object]], cuts: list[int], ranges: int, count: int, which: str
) -> None:
    params = PARAMS[which]
    places = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    with tempfile.TemporaryDirectory() as temporary, open_executor(1, no_progress, name="serial") as serial:
        folder = Path(temporary)
        names = []
        for number, (start, end) in enumerate(itertools.pairwise(places)):
            names.append(f"shard-{number}")
            shard_store.write_frame(folder / f"{names[-1]}.examples", examples(rows[start:end], start))
            shard_store.write_frame(folder / f"{names[-1]}.messages", pl.DataFrame(schema=MESSAGES_SCHEMA))
        keys, _ = decide._keys(folder, dict.fromkeys(names, ""), params)
        wanted = dedup.find_exact(keys, "messages")
        blocks, links = exact_keys.find(folder, folder, names, params, serial, ranges, count)
        assert not list(folder.glob("*.keys"))
        by_block = [exchange.read(links.of_part(block), np.uint64) for block in range(blocks.number)]
        for block, found in enumerate(by_block):
            assert (blocks.of(stars.ends(found)[0]) == block).all()
    row, kept = stars.ends(np.sort(np.concatenate(by_block)))
    assert list(zip(row.tolist(), kept.tolist(), strict=True)) == wanted.rows()

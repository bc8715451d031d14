"""Conversations by ranges of keys: any number of ranges, and any cut into shards, finds those of a look at all keys."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.builders import tables_of
from tuneset.execution import exchange, shard_store
from tuneset.execution.duplicates import conversation_parts, decide, row_blocks
from tuneset.execution.duplicates.exact_keys import Repeats
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params
from tuneset.similarity import conversations, stars
from tuneset.stages import dedup_keys

PATHS = st.lists(st.lists(st.integers(0, 1), max_size=3), min_size=4, max_size=12)
"""Rows as the ways that they take from one exchange on, each exchange one of two."""
OPENED = st.sampled_from([0, conversations.MOST_CONTINUATIONS, conversations.MOST_CONTINUATIONS + 4])
"""How many rows go on from one exchange in ways of their own: up to so many they are one conversation."""
ROLES = ("user", "assistant") * 4
PARAMS = {
    "first": parse_params({}, "params"),
    "preferred": parse_params({"dedup": {"prefer": "rating"}}, "params"),
}


@settings(max_examples=drawn(40))
@given(PATHS, OPENED, st.lists(st.integers(0, 20), max_size=2), st.integers(1, 4), st.sampled_from(sorted(PARAMS)))
def test_any_number_of_ranges_finds_the_same_conversations(
    paths: list[list[int]], opened: int, cuts: list[int], ranges: int, which: str
):
    ways = (
        [f"/{''.join(map(str, path))}" for path in paths] + [f":{chr(65 + number)}" for number in range(opened)] + [":"]
    )
    talks = [[f"{way[: end + 1]}{said}" for end in range(len(way)) for said in (" asked", " told")] for way in ways]
    examples = [
        {"messages": [{"role": role, "content": text} for role, text in zip(ROLES, texts, strict=False)]}
        for texts in talks
    ]
    params = PARAMS[which]
    ratings = [row * 5 % 7 for row in range(len(talks))]
    taking_part = np.arange(len(talks)) % 7 > 0
    keys = dedup_keys.with_keys(tables_of(examples))
    frame = keys.examples.with_columns(meta=pl.Series([f'{{"rating": {rating}}}' for rating in ratings]))
    places = [0, *sorted(min(cut, len(talks)) for cut in cuts), len(talks)]
    with tempfile.TemporaryDirectory() as temporary, open_executor(1, no_progress, name="serial") as serial:
        folder = Path(temporary)
        heights = {}
        for number, (start, end) in enumerate(itertools.pairwise(places)):
            name = f"shard-{number}"
            heights[name] = end - start
            shard_store.write_frame(folder / f"{name}.examples", frame[start:end])
            shard_store.write_frame(folder / f"{name}.messages", keys.messages)
        rank = None
        if params.dedup.prefer:
            rank = pl.Series(np.argsort(np.argsort([-rating for rating in ratings], kind="stable")))
        rows = decide.Rows(dict.fromkeys(heights, ""), list(heights.values()), taking_part, rank)
        wanted = decide._chains(folder, rows)
        blocks = row_blocks.blocks(list(heights), list(heights.values()), ranges)
        repeating = np.flatnonzero(~taking_part)
        file = folder / "0.repeats"
        links = stars.links(repeating, np.zeros(len(repeating), np.int64))
        counts = [exchange.write(file, links, blocks.of(repeating), blocks.number)]
        repeats = Repeats(blocks, exchange.written([file], counts, blocks.number))
        grown = conversation_parts.find(folder, folder, repeats, params, serial, ranges)
        named, held = np.zeros(0, conversation_parts.NAMED), np.zeros(0, np.uint64)
        if grown is not None:
            parts = range(blocks.number)
            named = np.concatenate(
                [exchange.read(grown.named.of_part(part), conversation_parts.NAMED) for part in parts]
            )
            held = np.concatenate([exchange.read(grown.held.of_part(part), np.uint64) for part in parts])
            grown.named.remove()
            grown.held.remove()
        found = conversation_parts.chains(named, held)
        repeats.links.remove()
        assert {path.suffix for path in folder.iterdir()} <= {".examples", ".messages"}
    assert [column.tolist() for column in found] == [column.tolist() for column in wanted]


def test_a_conversation_of_more_turns_than_sixteen_bits_count_is_longer_than_its_beginning(tmp_path: Path):
    """Of a row whose count came out as 1 its beginning was kept, and its own turns were lost."""
    turns = 2**16 + 1
    keys = pl.DataFrame(
        {
            "turn_keys": pl.Series([list(range(1, turns + 1)), [1, 2]], dtype=pl.List(pl.UInt64)),
            "messages_key": ["a" * 32, "b" * 32],
        }
    )
    shard_store.write_frame(tmp_path / "shard.examples", keys)
    _, lengths, _ = decide.turn_columns("shard", source=tmp_path)
    assert lengths.tolist() == [turns, 2]
    keys = keys.with_columns(prefix_keys=pl.lit([], pl.List(pl.UInt64)))
    shard_store.write_frame(tmp_path / "shard.examples", keys)
    shard = row_blocks.ShardInBlock("shard", 0, 2)
    longest, *_ = conversation_parts.write_turns(
        (shard, []), source=tmp_path, folder=tmp_path, params=PARAMS["first"], count=1
    )
    assert longest == turns

"""What a task of the search for shared bands holds is what docs/scale.md says, and it is the keys that it was given."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tuneset.execution import exchange, storage
from tuneset.execution.duplicates import band_parts, row_blocks
from tuneset.execution.duplicates.band_files import Bands
from tuneset.execution.duplicates.row_blocks import Blocks
from tuneset.similarity import minhash
from tuneset.similarity.minhash import Keys

COUNT, RANGES, SHARDS, HEIGHT = 25, 3, 8, 25_000


@pytest.fixture
def some(tmp_path: Path) -> tuple[Keys, dict[str, Any]]:
    """The band keys of some rows, a block a shard, half of which are open, and what tasks are given of them."""
    random = np.random.default_rng(5)
    keys = random.integers(1, 1 << minhash.KEY_BITS, (COUNT, SHARDS * HEIGHT), dtype=np.uint64)
    names = [f"{shard}" for shard in range(SHARDS)]
    blocks = row_blocks.blocks(names, [HEIGHT] * SHARDS, SHARDS)
    open_rows = [tmp_path / f"{name}.open" for name in names]
    taken = np.arange(HEIGHT) % 2 == 0
    for name, file, own in zip(names, open_rows, np.split(keys, SHARDS, axis=1), strict=True):
        storage.write(tmp_path / f"{name}.bands", minhash.packed(own).tobytes())
        row_blocks.write_bits(file, taken)
    given = {"bands": Bands(tmp_path, names, [HEIGHT] * SHARDS), "open_rows": open_rows, "blocks": blocks}
    return keys, {**given, "folder": tmp_path}


def most_held(work: Callable[[], object]) -> int:
    """Bytes that are held at once while some work is done."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_keys_of_a_block_are_written_by_part_in_the_order_of_the_rows(some: tuple[Keys, dict[str, Any]]) -> None:
    keys, given = some
    blocks: Blocks = given["blocks"]
    counts = band_parts.write_ranges(1, **given, count=COUNT, ranges=RANGES)
    written = exchange.written([given["folder"] / "1.band-keys"], [counts], COUNT * RANGES)
    rows = np.arange(HEIGHT, 2 * HEIGHT, 2)
    assert blocks.of(rows).tolist() == [1] * len(rows)
    for part in range(COUNT * RANGES):
        band, place = divmod(part, RANGES)
        own = rows[(keys[band, rows] * np.uint64(RANGES)) >> np.uint64(minhash.KEY_BITS) == place]
        records = exchange.read(written.of_part(part), band_parts.RECORD)
        assert records["row"].tolist() == own.tolist()
        assert band_parts.whole_keys(records).tolist() == keys[band, own].tolist()


def test_a_block_without_an_open_row_has_no_keys(some: tuple[Keys, dict[str, Any]]) -> None:
    _, given = some
    row_blocks.write_bits(given["open_rows"][1], np.zeros(HEIGHT, np.bool_))
    assert band_parts.write_ranges(1, **given, count=COUNT, ranges=RANGES) == [0] * COUNT * RANGES
    assert (given["folder"] / "1.band-keys").read_bytes() == b""


def test_a_task_holds_no_more_than_the_page_about_scale_says(some: tuple[Keys, dict[str, Any]]) -> None:
    _, given = some
    for file in given["open_rows"]:
        row_blocks.write_bits(file, np.ones(HEIGHT, np.bool_))
    band_parts.write_ranges(1, **given, count=COUNT, ranges=RANGES)  # what is loaded by the first call is no part of it
    assert most_held(lambda: band_parts.write_ranges(1, **given, count=COUNT, ranges=RANGES)) < 300 * HEIGHT
    counts = [band_parts.write_ranges(block, **given, count=COUNT, ranges=1) for block in range(SHARDS)]
    files = [given["folder"] / f"{block}.band-keys" for block in range(SHARDS)]
    pieces = exchange.written(files, counts, COUNT).of_part(0)
    table = 1 << 21  # of the first bits, and what is small
    for one in (None, pieces):
        held = most_held(lambda one=one: band_parts.write_repeated((0, one), **given))  # type: ignore[misc]
        assert held < 20 * SHARDS * HEIGHT + table

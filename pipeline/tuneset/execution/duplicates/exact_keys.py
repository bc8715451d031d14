"""Exact duplicates by ranges of their keys: each range is looked at by itself, in a worker.

Every shard's keys are written in the order of the ranges (`NAME.keys`), so that the worker of a range reads a part of
each file. Equal keys fall into one range, whatever the number of ranges, and of each the row is kept that comes first:
so that number decides nothing. This process holds how many keys of each range a shard has.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.execution import exchange, shard_store, storage
from tuneset.execution.duplicates import row_blocks
from tuneset.execution.duplicates.row_blocks import ROWS_A_BLOCK, Blocks
from tuneset.execution.exchange import Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.similarity import stars
from tuneset.stages import dedup, dedup_keys

RANGE_BYTES = 4 << 30
"""Of the messages whose keys fall into a range: of a kilobyte each, four million keys, 170 MB while they are sorted."""
PART, REPEATS = "keys", "repeats"

_KEY = np.dtype([("high", np.uint64), ("low", np.uint64), ("row", np.uint32)])
_RANKED = np.dtype([*_KEY.descr, ("source_rank", np.int64), ("value", np.float64)])
LABEL = "dedup: exact duplicates"


class Part(NamedTuple):
    """The part of a shard's keys that falls into a range: its first key in the file, their number, its first row."""

    name: str
    first: int
    keys: int
    row: int


class Repeats(NamedTuple):
    """The rows that repeat another one.

    Args:
        blocks: all rows.
        links: as `stars.links` gives them, a row with the one that is kept, by the block of the row.
    """

    blocks: Blocks
    links: Written


def find(
    source: Location,
    folder: Location,
    names: Sequence[str],
    params: Params,
    executor: Executor,
    ranges: int | None = None,
    count: int | None = None,
) -> Repeats:
    """The rows of `source` that repeat another one, as `dedup.find_exact` gives them; files lie in `folder`.

    By default there are ranges of RANGE_BYTES and blocks of ROWS_A_BLOCK, and at least one a worker.
    """
    size = shard_store.size(source)
    ranges = ranges or max(executor.workers, size // RANGE_BYTES + 1)
    write = functools.partial(write_keys, source=source, folder=folder, params=params, ranges=ranges)
    files = [folder / f"{name}.{PART}" for name in names]
    keys = exchange.written(files, executor.map(write, names, label=LABEL, size=size), ranges)
    heights = keys.counts.sum(axis=1).tolist()
    blocks = row_blocks.blocks(names, heights, count or max(executor.workers, sum(heights) // ROWS_A_BLOCK + 1))
    firsts = np.cumsum([0, *heights]).tolist()
    look = functools.partial(write_repeats, folder=folder, ranked=_is_ranked(params), blocks=blocks)
    tasks = ((place, _parts(keys, place, names, firsts)) for place in range(ranges))
    found = executor.map(look, tasks, label=LABEL, size=size, count=ranges)
    links = exchange.written([folder / f"{place}.{REPEATS}" for place in range(ranges)], found, blocks.number)
    keys.remove()
    return Repeats(blocks, links)


def _parts(keys: Written, place: int, names: Sequence[str], firsts: Sequence[int]) -> list[Part]:
    before = keys.counts[:, :place].sum(axis=1).tolist()
    here = keys.counts[:, place].tolist()
    return [Part(*one) for one in zip(names, before, here, firsts, strict=False) if one[2]]


# --- in workers --------------------------------------------------------------------------------------------------


def write_keys(name: str, *, source: Location, folder: Location, params: Params, ranges: int) -> list[int]:
    """Write the keys of a shard in the order of the ranges; give how many fall into each."""
    column = dedup.KEY_COLUMNS[params.dedup.key]
    examples = shard_store.read_frame(source / f"{name}.examples", [column])
    keys = np.empty(examples.height, _RANKED if _is_ranked(params) else _KEY)
    for half, start in (("high", 0), ("low", 16)):
        digits = examples[column].str.slice(start, 16).str.decode("hex")
        keys[half] = digits.bin.reinterpret(dtype=pl.UInt64(), endianness="big").to_numpy()
    keys["row"] = np.arange(len(keys))
    if _is_ranked(params):
        tables = shard_store.open_tables(source, name)
        order = dedup_keys.priorities(tables, params.dedup.prefer, params.dedup.prefer_sources)
        assert order is not None, "something is preferred"
        keys["source_rank"], keys["value"] = order["source_rank"].to_numpy(), order["value"].to_numpy()
    where = range_of(keys["high"], ranges)
    storage.write(folder / f"{name}.{PART}", keys[np.argsort(where, kind="stable")].view(np.uint8).data)
    counts: list[int] = np.bincount(where, minlength=ranges).tolist()
    return counts


def write_repeats(task: tuple[int, Sequence[Part]], *, folder: Location, ranked: bool, blocks: Blocks) -> list[int]:
    """Write the keys of a range that are not the first of their kind; give how many each block has."""
    place, parts = task
    dtype = _RANKED if ranked else _KEY
    wide = dtype.itemsize
    pieces = [(folder / f"{part.name}.{PART}", part.keys * wide, part.first * wide) for part in parts]
    read = [data.view(dtype) for data in storage.read_each(pieces, np.uint8)]
    for keys, part in zip(read, parts, strict=True):
        keys["row"] += np.uint32(part.row)
    keys = np.concatenate([np.zeros(0, dtype), *read])
    ranks = ("value", "source_rank") if ranked else ()
    keys = keys[np.lexsort([keys[name] for name in ("row", *ranks, "low", "high")])]  # by the last of these first
    new = np.ones(len(keys), np.bool_)
    new[1:] = (keys["high"][1:] != keys["high"][:-1]) | (keys["low"][1:] != keys["low"][:-1])
    kept = keys["row"][new][np.cumsum(new) - 1] if len(keys) else keys["row"]
    rows = keys["row"][~new]
    return exchange.write(folder / f"{place}.{REPEATS}", stars.links(rows, kept[~new]), blocks.of(rows), blocks.number)


def range_of(high: npt.NDArray[np.uint64], ranges: int) -> npt.NDArray[np.int64]:
    """Which of so many ranges of equal width each key falls into, by its first 64 bits.

    >>> range_of(np.array([0, 1 << 63, 2**64 - 1], np.uint64), 3).tolist()
    [0, 1, 2]
    """
    found: npt.NDArray[np.int64] = ((high >> np.uint64(32)) * np.uint64(ranges) >> np.uint64(32)).astype(np.int64)
    return found


def _is_ranked(params: Params) -> bool:
    return params.dedup.prefer is not None or bool(params.dedup.prefer_sources)

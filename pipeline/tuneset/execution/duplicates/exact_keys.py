"""Exact duplicates by ranges of their keys: each range is looked at by itself, in a worker.

Every shard's keys are written in the order of the ranges (`NAME.keys`), so that the worker of a range reads a part of
each file. Equal keys fall into one range, whatever the number of ranges, and of each the row is kept that comes first:
so that number decides nothing. This process holds how many keys of each range a shard has, and then the duplicates.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.execution import shard_store, storage
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.stages import dedup, dedup_keys

RANGE_BYTES = 4 << 30
"""Of the messages whose keys fall into a range: of a kilobyte each, four million keys, 170 MB while they are sorted."""
PART = "keys"

_KEY = np.dtype([("high", np.uint64), ("low", np.uint64), ("row", np.uint32)])
_RANKED = np.dtype([*_KEY.descr, ("source_rank", np.int64), ("value", np.float64)])
LABEL = "dedup: exact duplicates"


class Part(NamedTuple):
    """The part of a shard's keys that falls into a range: its first key in the file, their number, its first row."""

    name: str
    first: int
    keys: int
    row: int


def find(
    source: Location,
    folder: Location,
    names: Sequence[str],
    params: Params,
    executor: Executor,
    ranges: int | None = None,
) -> pl.DataFrame:
    """`row, kept` of the rows of `source` that repeat another one, places among all rows, as `dedup.find_exact` gives.

    The keys lie in `folder` for that time. By default there are ranges of RANGE_BYTES, and at least one a worker.
    """
    size = shard_store.size(source)
    ranges = ranges or max(executor.workers, size // RANGE_BYTES + 1)
    write = functools.partial(write_keys, source=source, folder=folder, params=params, ranges=ranges)
    counts = np.array(list(executor.map(write, names, label=LABEL, size=size)), np.int64).reshape(len(names), ranges)
    rows = np.cumsum([0, *counts.sum(axis=1)])
    firsts = np.cumsum(counts, axis=1) - counts
    tasks = [
        [
            Part(name, int(firsts[shard, place]), int(counts[shard, place]), int(rows[shard]))
            for shard, name in enumerate(names)
            if counts[shard, place]
        ]
        for place in range(ranges)
    ]
    look = functools.partial(repeats, folder=folder, ranked=_is_ranked(params))
    found = list(executor.map(look, tasks, label=LABEL, size=size))
    for name in names:
        (folder / f"{name}.{PART}").unlink(missing_ok=True)
    return pl.concat([pl.DataFrame(schema={"row": pl.UInt32, "kept": pl.UInt32}), *found]).sort("row")


def write_keys(name: str, *, source: Location, folder: Location, params: Params, ranges: int) -> list[int]:
    """Write the keys of a shard in the order of the ranges; give how many fall into each. In a worker."""
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


def repeats(parts: Sequence[Part], *, folder: Location, ranked: bool) -> pl.DataFrame:
    """`row, kept` of the keys of a range that are not the first of their kind. In a worker."""
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
    return pl.DataFrame({"row": keys["row"][~new], "kept": kept[~new]})


def range_of(high: npt.NDArray[np.uint64], ranges: int) -> npt.NDArray[np.int64]:
    """Which of so many ranges of equal width each key falls into, by its first 64 bits.

    >>> range_of(np.array([0, 1 << 63, 2**64 - 1], np.uint64), 3).tolist()
    [0, 1, 2]
    """
    found: npt.NDArray[np.int64] = ((high >> np.uint64(32)) * np.uint64(ranges) >> np.uint64(32)).astype(np.int64)
    return found


def _is_ranked(params: Params) -> bool:
    return params.dedup.prefer is not None or bool(params.dedup.prefer_sources)

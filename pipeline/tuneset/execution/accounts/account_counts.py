"""What the report asks of the account of all rows, in counts: lot by lot of shards, each lot by itself.

On many machines each lot is a task, and a worker puts together what they have counted; keys of prompts go by ranges.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from tuneset import kept_counts
from tuneset.execution import kept_results, shard_store
from tuneset.execution.exchange import Piece
from tuneset.execution.executor import Executor
from tuneset.execution.samples import dropped_sample
from tuneset.execution.stores.location import Location
from tuneset.kept_counts import Kept

SHARDS_A_LOT = 64
KEYS_A_RANGE = 4 << 20
"""Prompts of so many examples are counted by one task: 32 MB."""
_OUTCOMES = pl.Schema({"source": pl.String(), "outcome": pl.String(), "code": pl.String(), "rows": pl.Int64()})


class ShardCounts(NamedTuple):
    """What is known of some shards, or of all.

    Args:
        kept: their written examples.
        outcomes: how many rows of each raw file had which outcome, and why: `source, outcome, code, rows`; examples
            that were derived from others are no rows of a raw file.
        dropped: samples of the rows that were dropped.
    """

    kept: Kept
    outcomes: pl.DataFrame
    dropped: pl.DataFrame


class Counted(NamedTuple):
    """Counts of all shards in files, by lot; and what is known of prompts: how many, and examples of the largest."""

    lots: Sequence[Piece]
    prompts: int
    most: int


def here(account: Location, names: Sequence[str]) -> ShardCounts:
    """The counts of all shards, looked at one after the other."""
    counts, keys = _of_lot(account, names)
    prompts, most = kept_counts.of_keys(keys)
    return counts._replace(kept=counts.kept._replace(prompts=prompts, most=most))


def by_workers(account: Location, names: Sequence[str], folder: Location, rows: int, executor: Executor) -> Counted:
    """Have workers count, and keep what they count in `folder`, for `read`; there are so many `rows` in all."""
    ranges = rows // KEYS_A_RANGE + 1
    lots = [names[start : start + SHARDS_A_LOT] for start in range(0, len(names), SHARDS_A_LOT)]
    count = functools.partial(count_lot, account=account, ranges=ranges)
    kept = kept_results.keep(executor, count, lots, folder, 1 + ranges, label="report: counts", size=0)
    tasks = [kept.of_part(1 + number) for number in range(ranges)]
    found = list(executor.map(count_prompts, tasks, label="report: counts", size=0))
    return Counted(kept.of_part(0), sum(different for different, _ in found), max(most for _, most in found))


def read(counted: Counted) -> ShardCounts:
    """Put together what workers have counted."""
    found = _merged(list(kept_results.read(counted.lots)))
    return found._replace(kept=found.kept._replace(prompts=counted.prompts, most=counted.most))


# --- in workers --------------------------------------------------------------------------------------------------


def count_lot(names: Sequence[str], *, account: Location, ranges: int) -> list[object]:
    """The counts of some shards, and the keys of their prompts by range."""
    counts, keys = _of_lot(account, names)
    by_range = keys.to_frame("key").with_columns((pl.col("key") % ranges).alias("range"))
    return [counts, *(by_range.filter(pl.col("range") == number)["key"].to_numpy() for number in range(ranges))]


def count_prompts(pieces: Sequence[Piece]) -> tuple[int, int]:
    """How many prompts there are in a range, and examples of the most frequent one."""
    keys = [pl.Series(found, dtype=pl.UInt64) for found in kept_results.read(pieces)]
    return kept_counts.of_keys(pl.concat([pl.Series([], dtype=pl.UInt64), *keys]))


def _of_lot(account: Location, names: Sequence[str]) -> tuple[ShardCounts, pl.Series]:
    """The counts of some shards; and of the key of each prompt a number that tells it from others.

    Of two million keys two get one number once in ten million sets.
    """
    parts: list[ShardCounts] = []
    keys = [pl.Series([], dtype=pl.UInt64)]
    for name in names:
        placed = shard_store.read_frame(account / f"{name}.placed", kept_counts.COLUMNS)
        rows = shard_store.read_frame(account / f"{name}.ledger", ["source", "outcome", "code", "derived_from"])
        outcomes = (
            rows.filter(pl.col("derived_from").is_null())
            .group_by("source", "outcome", "code")
            .agg(pl.len().cast(pl.Int64).alias("rows"))
        )
        numbers = placed["prompt_key"].hash()
        keys.append(pl.Series(numbers.to_numpy().copy(), dtype=pl.UInt64))  # not a part of all that was read
        kept = kept_counts.counted(placed.with_columns(numbers.alias("prompt_key")))
        sample = shard_store.read_frame(account / f"{name}.{dropped_sample.PART}")
        parts.append(ShardCounts(kept, outcomes, sample))
        if len(parts) == SHARDS_A_LOT:
            parts = [_merged(parts)]
    return _merged(parts), pl.concat(keys)


def _merged(parts: Sequence[ShardCounts]) -> ShardCounts:
    outcomes = pl.concat([pl.DataFrame(schema=_OUTCOMES), *(one.outcomes for one in parts)])
    by_reason = outcomes.group_by("source", "outcome", "code").agg(pl.col("rows").sum())
    return ShardCounts(
        kept_counts.merged([one.kept for one in parts]),
        by_reason.sort("source", "outcome", "code"),
        dropped_sample.merged([one.dropped for one in parts]),
    )

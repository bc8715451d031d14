"""`duplicates.parquet`: every row of every group of duplicates, where it stands and what became of it.

Near duplicates come first, group by group, then beginnings of conversations, then exact duplicates. On many machines
workers look up the rows of their shards, and sort near duplicates by ranges of groups; the file is one stream.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from tuneset import artifacts
from tuneset.execution import kept_results, shard_store
from tuneset.execution.accounts.account_counts import SHARDS_A_LOT
from tuneset.execution.duplicates import decisions
from tuneset.execution.exchange import Piece
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location

ROWS_A_RANGE = 1 << 20
"""Of all rows, whose near duplicates one task sorts: 150 MB if all of them are; a group is never divided."""
_ROWS_A_ROW_GROUP = 1 << 18  # of the Parquet file: said, so that it has the same bytes however the rows come
_LABEL = "report: duplicates"
_LISTED = pl.Schema(
    {
        "kind": pl.String(),
        "group": pl.String(),
        "row_id": pl.String(),
        "kept_row_id": pl.String(),
        "similarity": pl.Float64(),
        "source": pl.String(),
        "line": pl.Int64(),
        "outcome": pl.String(),
    }
)


class Parts(NamedTuple):
    """Arrow files that have the rows, in their order."""

    folder: Location
    names: Sequence[str]


def here(grouped: Location, account: Location, names: Sequence[str]) -> pl.DataFrame:
    """The rows of all groups: `NAME.grouped` in one folder, the account of all rows in another."""
    rows = _looked_up(grouped, account, names)
    near = rows.filter(pl.col("kind") == "near").sort("group", maintain_order=True)
    return pl.concat([near, *(rows.filter(pl.col("kind") == kind) for kind in ("prefix", "exact"))])


def by_workers(
    grouped: Location, account: Location, names: Sequence[str], folder: Location, rows: int, executor: Executor
) -> Parts:
    """Have workers make the parts, of so many `rows` in all, in `folder`, which is for this alone."""
    ranges = rows // ROWS_A_RANGE + 1
    lots = [(start, names[start : start + SHARDS_A_LOT]) for start in range(0, len(names), SHARDS_A_LOT)]
    look = functools.partial(look_up_lot, grouped=grouped, account=account, folder=folder, ranges=ranges)
    kept = kept_results.keep(executor, look, lots, folder, ranges, label=_LABEL, size=0)
    sort = functools.partial(sort_range, folder=folder)
    tasks = ((number, kept.of_part(number)) for number in range(ranges))
    near = list(executor.map(sort, tasks, label=_LABEL, size=0, count=ranges))
    return Parts(folder, [*near, *(f"{kind}-{start}" for kind in ("prefix", "exact") for start, _ in lots)])


def write(listed: pl.DataFrame | Parts, path: Path) -> None:
    """Write the file."""
    if isinstance(listed, Parts):
        shard_store.put_together(listed.folder, listed.names, path, row_group_size=_ROWS_A_ROW_GROUP)
        return
    with artifacts.replacing(path) as temporary, shard_store.write_errors(path):
        listed.lazy().sink_parquet(temporary, compression="zstd", row_group_size=_ROWS_A_ROW_GROUP)


# --- in workers --------------------------------------------------------------------------------------------------


def look_up_lot(
    task: tuple[int, Sequence[str]], *, grouped: Location, account: Location, folder: Location, ranges: int
) -> list[pl.DataFrame]:
    """Look up the rows of some shards; give the near duplicates by range of their groups, and write the others."""
    start, names = task
    rows = _looked_up(grouped, account, names)
    for kind in ("prefix", "exact"):
        shard_store.write_frame(folder / f"{kind}-{start}", rows.filter(pl.col("kind") == kind))
    near = rows.filter(pl.col("kind") == "near")
    first_bits = near["group"].str.slice(0, 8).str.to_integer(base=16, dtype=pl.UInt64)
    place = (first_bits * ranges) // (1 << 32)
    return [near.filter(place == number) for number in range(ranges)]


def sort_range(task: tuple[int, Sequence[Piece]], *, folder: Location) -> str:
    """Write the near duplicates of a range of groups in their order; give the name of the file."""
    number, pieces = task
    rows = pl.concat([pl.DataFrame(schema=_LISTED), *kept_results.read(pieces)])
    name = f"near-{number}"
    shard_store.write_frame(folder / name, rows.sort("group", maintain_order=True))
    return name


def _looked_up(grouped: Location, account: Location, names: Sequence[str]) -> pl.DataFrame:
    """The rows of some shards that are in groups, in the order of the shards, with their places and outcomes."""
    found = [pl.DataFrame(schema=_LISTED)]
    for name in names:
        rows = shard_store.read_frame(grouped / f"{name}.{decisions.GROUPED}")
        if not rows.height:
            continue
        rows = rows.with_columns(
            pl.col("kind").cast(pl.String),
            *(decisions.named(rows[column]) for column in ("group", "row_id", "kept_row_id")),
        )
        places = shard_store.read_frame(account / f"{name}.ledger", ["row_id", "source", "line", "outcome"])
        found.append(rows.join(places, on="row_id", how="left", maintain_order="left").select(_LISTED.names()))
    return pl.concat(found)

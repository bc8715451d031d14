"""The side of every rendered example, shard by shard: what decides is the hash of its group, and which groups are tied.

Three looks at a few columns, in workers. The first finds the rows that near duplicates or turns of one conversation tie
to others, the second which groups such ties name are there, the third counts what each side gets of each shard. Where
that is far too little because of ties, these are looked at again, and each family is drawn as one group. This process
holds of each shard a few counts, and on one machine the tied rows (`tied_sides.py` has them on many). Where a number of
examples is asked for, or the set is so small that chance may leave a side empty, the sides are decided over all rows at
once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from tuneset.execution import shard_store, tied_sides
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.stages import split

_COLUMNS = ("group", "tied", "component")
_MOVED = pl.Schema({"group": pl.UInt64(), "moved": split.SIDE})
_NOTHING = pl.DataFrame(schema=_MOVED)
LABEL = "split, over all rows"


Moved = pl.DataFrame | Location


class Sides(NamedTuple):
    """What was decided.

    Args:
        sums: `side, shard, bytes, tokens, len, joined`: what each side gets of each shard, by its place.
        moved: `group, moved`: the groups that stand elsewhere than they would by themselves; or the file that has them.
        whole: `side, joined` of all examples in the order of the shards, where that was decided at once.
    """

    sums: pl.DataFrame
    moved: Moved
    whole: pl.DataFrame | None = None


def decide(
    lines: Location, folder: Location, names: Sequence[str], params: Params, executor: Executor, size: int
) -> Sides:
    """Decide the sides of the examples in the shards `names` of `lines`, whose texts have `size` bytes.

    On many machines files lie in `folder`; the one of moved groups, if there are some, stays there.
    """
    if max(params.split.validation, params.split.test) < 1:
        shares = params.split.validation, params.split.test
        moved = _drawn(lines, folder, names, functools.partial(_moved, params=params), executor, size)
        sums = _counted(moved, lines, names, params, executor, size)
        counts = _by_side(sums)
        if split.are_starved(counts, int(sums["joined"].sum()), *shares):
            most = split.most_of_a_side(sum(counts.values()), *shares)
            draw = functools.partial(_moved, params=params, most=most)
            moved = _drawn(lines, folder, names, draw, executor, size)
            sums = _counted(moved, lines, names, params, executor, size)
        if _is_settled(sums, params):
            return Sides(sums, moved)
    whole, sums = executor.over_all(functools.partial(_at_once, lines, names, params), label=LABEL)
    return Sides(sums, _NOTHING, whole)


def of_shard(lines: Location, name: str, params: Params, moved: Moved) -> pl.DataFrame:
    """`side, joined` of the examples of a shard, given the groups that were moved."""
    groups = shard_store.read_frame(lines / f"{name}.lines", ["group"]).select("group")
    own = _own(groups, params)
    moved = moved if isinstance(moved, pl.DataFrame) else shard_store.read_frame(moved)
    placed = groups.join(moved, on="group", how="left", maintain_order="left")
    side = placed.select(pl.coalesce("moved", own).alias("side")).to_series()
    return pl.DataFrame({"side": side, "joined": side != own})


# --- in workers --------------------------------------------------------------------------------------------------


def tied_rows(name: str, *, lines: Location) -> pl.DataFrame:
    """What others may draw to another side of a shard: `group, tied, component`, each once, and how many `rows`."""
    rows = _rows(lines, name, _COLUMNS)
    tied = rows.filter(pl.any_horizontal(pl.col("tied", "component").is_not_null()))
    return tied.group_by(_COLUMNS, maintain_order=True).len("rows")


def groups_among(name: str, *, lines: Location, wanted: pl.Series) -> pl.Series:
    """Which of these groups a shard has."""
    groups = shard_store.read_frame(lines / f"{name}.lines", ["group"])["group"].unique()
    return groups.filter(groups.is_in(wanted.implode()))


def count_sides(task: tuple[int, str], *, lines: Location, params: Params, moved: Moved) -> pl.DataFrame:
    """What each side gets of a shard: the rows of `Sides.sums`."""
    place, name = task
    rows = shard_store.read_frame(lines / f"{name}.lines", ["bytes", "tokens"]).select("bytes", "tokens")
    shard = pl.lit(place, pl.Int32).alias("shard")
    return _sums(rows.with_columns(shard).with_columns(of_shard(lines, name, params, moved)))


# --- in this process ---------------------------------------------------------------------------------------------


def _drawn(
    lines: Location,
    folder: Location,
    names: Sequence[str],
    draw: Callable[[pl.DataFrame, pl.Series], pl.DataFrame],
    executor: Executor,
    size: int,
) -> Moved:
    """The groups that ties draw elsewhere, as `draw` says of those that hang together, or of all."""
    read = functools.partial(tied_rows, lines=lines)
    if executor.repeats:
        return tied_sides.moved(lines, folder, names, read, draw, executor) or _NOTHING
    every = functools.partial(executor.map, label=tied_sides.LABEL, size=size)
    tied = pl.concat(every(read, names))
    named = tied["tied"].drop_nulls().unique().sort()
    there = functools.partial(groups_among, lines=lines, wanted=named)
    return draw(tied, pl.concat(every(there, names)).unique() if len(named) else named)


def _moved(tied: pl.DataFrame, met: pl.Series, params: Params, most: float | None = None) -> pl.DataFrame:
    """The groups that ties draw elsewhere: asked of the tied rows, and of one row of each group that a tie names.

    With `most` families are drawn, those of more rows than that being trained.
    """
    shares = params.split.validation, params.split.test
    nothing = [pl.lit(None, tied.schema[name]).alias(name) for name in _COLUMNS[1:]]
    others = pl.DataFrame({"group": met}).with_columns(*nothing, pl.lit(0, tied.schema["rows"]).alias("rows"))
    rows = pl.concat([tied, others.select(tied.columns)])
    if most is None:
        sides = split.assign_sides(rows, *shares)
    else:
        sides, _ = split.in_families(rows, split.families_of(rows, most), *shares)
    drawn = rows.select("group").with_columns(sides).filter("joined")
    return drawn.select("group", pl.col("side").alias("moved")).unique().sort("group").cast(_MOVED)


def _counted(
    moved: Moved, lines: Location, names: Sequence[str], params: Params, executor: Executor, size: int
) -> pl.DataFrame:
    count = functools.partial(count_sides, lines=lines, params=params, moved=moved)
    return pl.concat(executor.map(count, list(enumerate(names)), label=LABEL, size=size))


def _by_side(sums: pl.DataFrame) -> dict[str, int]:
    return dict(sums.group_by(pl.col("side").cast(pl.String)).agg(pl.col("len").sum()).iter_rows())


def _is_settled(sums: pl.DataFrame, params: Params) -> bool:
    """Whether no side is so small that `split.place` would look at it."""
    counts = _by_side(sums)
    trained = counts.get(split.TRAIN, 0)
    enough = trained >= split.LEAST_TRAINING and counts.get(split.VALIDATION, 0) > 0
    return enough if params.split.validation else trained > 0


def _at_once(lines: Location, names: Sequence[str], params: Params) -> tuple[pl.DataFrame, pl.DataFrame]:
    counted = max(params.split.validation, params.split.test) >= 1  # only then strata make a difference
    columns = (*_COLUMNS, *(["stratum"] if counted else ()), "bytes", "tokens")
    frames = [_rows(lines, name, columns) for name in names]
    shard = np.repeat(np.arange(len(names), dtype=np.int32), [frame.height for frame in frames])
    groups = pl.concat(frames)
    sides = split.place(groups, params.split.validation, params.split.test)
    return sides, _sums(sides.with_columns(groups["bytes"], groups["tokens"], pl.Series("shard", shard)))


def _own(groups: pl.DataFrame, params: Params) -> pl.Series:
    """The side of each group by itself."""
    alone = [pl.lit(None, dtype).alias(name) for name, dtype in (("tied", pl.UInt64()), ("component", pl.UInt64()))]
    rows = groups.select("group", *alone)
    return split.assign_sides(rows, params.split.validation, params.split.test)["side"]


def _sums(rows: pl.DataFrame) -> pl.DataFrame:
    summed = rows.lazy().group_by("side", "shard").agg(pl.col("bytes", "tokens", "joined").sum(), pl.len())
    return summed.collect(engine="streaming").sort("side", "shard")  # holds no copy of the rows


def _rows(lines: Location, name: str, columns: Sequence[str]) -> pl.DataFrame:
    """Columns of a shard's rows; a component, which has a name, as a number."""
    rows = shard_store.read_frame(lines / f"{name}.lines", columns).select(columns)
    return copied(rows).with_columns(pl.when(pl.col("component").is_not_null()).then(pl.col("component").hash()))


def copied(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows, their numbers in memory of their own.

    What was read of a file is one piece of memory, which stays as long as one of its columns does.
    """
    return rows.with_columns(_copied_column(column) for column in rows.select(pl.selectors.numeric()))


def _copied_column(column: pl.Series) -> pl.Series:
    """A column of numbers in memory of its own; NumPy would make other numbers of those with nulls.

    >>> _copied_column(pl.Series("a", [1, None], pl.Int64)).to_list()
    [1, None]
    """
    if column.null_count() == len(column):
        return pl.repeat(None, len(column), dtype=column.dtype, eager=True).alias(column.name)
    copied = pl.Series(column.name, column.fill_null(0).to_numpy().copy())
    return copied.scatter(column.is_null().arg_true(), None) if column.null_count() else copied

"""The written dataset: routes rendered lines into `train.jsonl` and `validation.jsonl`, and keeps the account.

Reads shard by shard, so memory holds one shard and a few small columns of all rows.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tuneset import artifacts, ledger
from tuneset.execution import shard_store, storage
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location, RemotePath
from tuneset.params import Params
from tuneset.stages import split

PLACED_COLUMNS = (
    "row_id",
    "source",
    "line",
    "item",
    "side",
    "tokens",
    "trained_tokens",
    "exact",
    "characters",
    "prompt_key",
    "joined",
    "written_line",
    "derived_from",
    "answer",
)
KEPT_COLUMNS = ("side", "tokens", "trained_tokens", "exact", "characters", "prompt_key")


def assign(lines: Location, names: Sequence[str], params: Params) -> pl.DataFrame:
    """Decide the side of every rendered example: `side, joined, bytes, tokens, shard`, in the order of the shards.

    `shard` is the place of its shard among `names`.
    """
    counted = max(params.split.validation, params.split.test) >= 1  # only then strata make a difference
    columns = ("group", "tied", "component", *(["stratum"] if counted else ()), "bytes", "tokens")
    component = pl.when(pl.col("component").is_not_null()).then(pl.col("component").hash()).alias("component")
    frames = [
        _copied(shard_store.read_frame(lines / f"{name}.lines", columns).select(columns)).with_columns(component)
        for name in names
    ]
    shard = np.repeat(np.arange(len(names), dtype=np.int32), [frame.height for frame in frames])
    groups = pl.concat(frames)
    sides = split.assign_sides(groups, params.split.validation, params.split.test)
    sides = split.mend_small(groups, sides, params.split.validation)
    return sides.with_columns(groups["bytes"], groups["tokens"], pl.Series("shard", shard))


def count_lacking(lines: Location, names: Sequence[str], key: str) -> int:
    """How many examples lack the raw column that a key of params.yaml names."""
    return sum(int(shard_store.read_frame(lines / f"{name}.lines", [key])[key].sum()) for name in names)


def _copied(rows: pl.DataFrame) -> pl.DataFrame:
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


class RouteTask(NamedTuple):
    """One shard whose lines are to be written into the files of the dataset.

    Args:
        name: of the shard.
        sides: `side, joined` of its examples.
        places: by side the file to write into, and the byte at which the shard's part of it begins.
        before: by side how many lines of the file stand before that part.
    """

    name: str
    sides: pl.DataFrame
    places: Mapping[str, tuple[Location, int]]
    before: Mapping[str, int]


def route_shard(task: RouteTask, *, lines: Location, placed: Location, spend: bool) -> None:
    """Write the lines of one shard where they belong, and where each row went (`NAME.placed`, without text).

    With `spend` the text is removed when it has been read: what is written next then takes the memory that it had in
    the system's cache, which is several times as fast as new memory.
    """
    frame = shard_store.read_frame(lines / f"{task.name}.lines")
    source = lines / f"{task.name}.text"
    text = memoryview(source.read_bytes())
    if spend:
        source.unlink()
    ends = frame["bytes"].cum_sum().to_numpy()
    sides = task.sides["side"].to_physical().to_numpy()
    # Lines of one side that stand together are written together.
    last = np.flatnonzero(np.append(sides[1:] != sides[:-1], True)) if len(sides) else np.zeros(0, np.int64)
    cuts = [0, *ends[last].tolist()]
    pieces: dict[str, list[memoryview]] = {side: [] for side in split.SIDES}
    for side, (start, end) in zip(sides[last].tolist(), itertools.pairwise(cuts), strict=True):
        pieces[split.SIDES[side]].append(text[start:end])
    for side, (path, start) in task.places.items():
        with shard_store.write_errors(path.with_name(f"{side}.jsonl")):
            storage.write_part(path, start, b"".join(pieces[side]))
    written_line = np.zeros(len(sides), np.int64)
    for number, side in enumerate(split.SIDES):
        at = np.flatnonzero(sides == number)
        written_line[at] = np.arange(1, len(at) + 1) + task.before.get(side, 0)
    frame = frame.with_columns(
        task.sides["side"].cast(pl.String), task.sides["joined"], pl.Series("written_line", written_line)
    )
    shard_store.write_frame(placed / f"{task.name}.placed", frame.select(PLACED_COLUMNS), "uncompressed")


def write_files(
    lines: Location,
    names: Sequence[str],
    sides: pl.DataFrame,
    target: Location,
    placed: Location,
    executor: Executor,
    *,
    spend: bool,
) -> dict[str, dict[str, int | str]]:
    """Write the files into `target`, and into `placed` where each row went; with `spend` the texts in `lines` go.

    `sides` is what `assign` gave.

    A test file is written only where there is a row for it. Gives bytes, sha256, examples and tokens of each file, for
    the manifest.
    """
    sums = sides.lazy().group_by("side", "shard").agg(pl.col("bytes", "tokens").sum(), pl.len())
    by_shard = sums.collect(engine="streaming")  # holds no copy of the rows
    parts = {side: _parts(by_shard.filter(pl.col("side") == side), len(names)) for side in split.SIDES}
    written = [side for side in split.SIDES if side != split.TEST or parts[side].lines[-1]]
    first_rows = np.searchsorted(sides["shard"].to_numpy(), np.arange(len(names) + 1)).tolist()
    route = functools.partial(route_shard, lines=lines, placed=placed, spend=spend)
    size = sum(parts[side].starts[-1] for side in written)
    with contextlib.ExitStack() as files:
        paths = {
            side: files.enter_context(storage.joined(target / f"{side}.jsonl", parts[side].starts)) for side in written
        }
        hashed = {side: hashlib.sha256() for side in written}
        tasks = [
            RouteTask(
                name,
                sides[first_rows[shard] : first_rows[shard + 1]].select("side", "joined"),
                {side: (paths[side], parts[side].starts[shard]) for side in written},
                {side: parts[side].lines[shard] for side in written},
            )
            for shard, name in enumerate(names)
        ]
        for shard, _ in enumerate(executor.map(route, tasks, label="write", size=size)):
            for side in written if isinstance(target, Path) else ():  # while workers write the next shards
                for piece in storage.read_part(paths[side], *parts[side].starts[shard : shard + 2]):
                    hashed[side].update(piece)
        digests = {side: one.hexdigest() for side, one in hashed.items()}
        if isinstance(target, RemotePath):
            whole = [(target / f"{side}.jsonl", paths[side], parts[side].starts) for side in written]
            digests = dict(zip(written, executor.map(storage.assemble, whole, label="join", size=size), strict=True))
    if split.TEST not in written:
        (target / f"{split.TEST}.jsonl").unlink(missing_ok=True)
    return {
        f"{side}.jsonl": {
            "sha256": digests[side],
            "bytes": parts[side].starts[-1],
            "examples": parts[side].lines[-1],
            "tokens": parts[side].tokens,
        }
        for side in written
    }


class _Parts(NamedTuple):
    """A file of the dataset: by shard the bytes and lines before its part, those of the whole last; its tokens."""

    starts: list[int]
    lines: list[int]
    tokens: int


def _parts(sums: pl.DataFrame, shards: int) -> _Parts:
    """The parts of a file, given `shard, bytes, tokens, len` of what each shard has for it."""
    sizes, lines = np.zeros((2, shards), np.int64)
    sizes[sums["shard"].to_numpy()] = sums["bytes"].to_numpy()
    lines[sums["shard"].to_numpy()] = sums["len"].to_numpy()
    return _Parts(np.cumsum([0, *sizes]).tolist(), np.cumsum([0, *lines]).tolist(), int(sums["tokens"].sum()))


def read_kept(placed: Location, names: Sequence[str]) -> pl.DataFrame:
    """KEPT_COLUMNS of all written examples; of the key a number that tells it from others.

    Of two million keys two get one number once in ten million sets.
    """
    brief = (
        pl.col("side").cast(split.SIDE),
        "tokens",
        "trained_tokens",
        "exact",
        "characters",
        pl.col("prompt_key").hash(),
    )
    return pl.concat(
        [_copied(shard_store.read_frame(placed / f"{name}.placed", KEPT_COLUMNS)).select(*brief) for name in names]
    )


def write_ledger(account: Location, names: Sequence[str], path: Path) -> None:
    """Write the ledger shard by shard, from the rows that were placed and the rejects of all stages."""
    with (
        artifacts.replacing(path) as temporary,
        tempfile.TemporaryDirectory(dir=path.parent, prefix=artifacts.TEMPORARY_PREFIX) as parts,
    ):
        for name in names:
            kept = shard_store.read_frame(account / f"{name}.placed")
            shard_store.write_frame(
                Path(parts) / f"{name}.ledger", ledger.build(kept, shard_store.read_rejects(account, name))
            )
        with shard_store.write_errors(path):
            pl.scan_ipc([Path(parts) / f"{name}.ledger" for name in names]).sink_parquet(temporary, compression="zstd")


def outcomes_by_source(ledger_path: Path) -> pl.DataFrame:
    """How many rows of each raw file had which outcome, and why: `source, outcome, code, rows`.

    Examples that were derived from others are no rows of a raw file.
    """
    read = pl.scan_parquet(ledger_path).filter(pl.col("derived_from").is_null())
    grouped = read.group_by("source", "outcome", "code").agg(pl.len().alias("rows"))
    return grouped.collect(engine="streaming").sort("source", "outcome", "code")


def write_duplicates(groups: pl.DataFrame, target: Path) -> None:
    """Write `duplicates.parquet` beside the ledger: every row of every group, where it stands and what became of it."""
    ledger_path = target / "ledger.parquet"
    places = (
        pl.scan_parquet(ledger_path)
        .select("row_id", "source", "line", "outcome")
        .filter(pl.col("row_id").is_in(groups["row_id"].implode()))
        .collect(engine="streaming")  # the ledger has every row, these are few
    )
    listed = groups.join(places, on="row_id", how="left", maintain_order="left")
    path = target / "duplicates.parquet"
    with artifacts.replacing(path) as temporary, shard_store.write_errors(path):
        listed.write_parquet(temporary, compression="zstd")

"""The written dataset: routes rendered lines into `train.jsonl` and `validation.jsonl`, and keeps the account.

Reads shard by shard, so memory holds one shard and a few small columns of all rows.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tuneset import ledger
from tuneset.execution import raw_columns, shard_store, sides, storage
from tuneset.execution.executor import Executor
from tuneset.execution.samples import dropped_sample
from tuneset.execution.sides import Sides
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.stages import row_owners, split

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


class RouteTask(NamedTuple):
    """One shard whose lines are to be written into the files of the dataset.

    Args:
        name: of the shard.
        sides: `side, joined` of its examples, where they were decided over all rows at once.
        places: by side the file to write into, and the byte at which the shard's part of it begins.
        before: by side how many lines of the file stand before that part.
    """

    name: str
    sides: pl.DataFrame | None
    places: Mapping[str, tuple[Location, int]]
    before: Mapping[str, int]


class Files(NamedTuple):
    """What was written.

    Args:
        about: bytes, sha256, examples and tokens of each file, for the manifest.
        places: by side where the part of each shard begins, a byte and how many lines are before it; the end last.
        lacking: how many examples lack the raw columns that params name, by the key of params.
        owners: what `row_owners.counts` gives of all rows.
    """

    about: dict[str, dict[str, int | str]]
    places: dict[str, list[tuple[int, int]]]
    lacking: dict[str, int]
    owners: dict[str, int]


class Account(NamedTuple):
    """Where the account of a shard is read, of all stages so far, and where it is written, with the split in it."""

    before: Location
    now: Location


def route_shard(
    task: RouteTask, *, lines: Location, account: Account, params: Params, moved: sides.Moved, spend: bool
) -> tuple[dict[str, int], row_owners.Owned]:
    """Write the lines of one shard where they belong, and the account of its rows.

    That is where each row went (`NAME.placed`, without text), the part of the ledger (`NAME.ledger`), and the rejects.
    `moved` are the groups that stand elsewhere than they would by themselves. Gives how many examples lack the raw
    columns that params name, by the key of params, and of whom or what rows on which sides are.

    With `spend` the text is removed when it has been read: what is written next then takes the memory that it had in
    the system's cache, which is several times as fast as new memory.
    """
    frame = shard_store.read_frame(lines / f"{task.name}.lines")
    decided = sides.of_shard(lines, task.name, params, moved) if task.sides is None else task.sides
    source = lines / f"{task.name}.text"
    text = memoryview(source.read_bytes())
    if spend:
        source.unlink()
    ends = frame["bytes"].cum_sum().to_numpy()
    side_of = decided["side"].to_physical().to_numpy()
    # Lines of one side that stand together are written together.
    last = np.flatnonzero(np.append(side_of[1:] != side_of[:-1], True)) if len(side_of) else np.zeros(0, np.int64)
    cuts = [0, *ends[last].tolist()]
    pieces: dict[str, list[memoryview]] = {side: [] for side in split.SIDES}
    for side, (start, end) in zip(side_of[last].tolist(), itertools.pairwise(cuts), strict=True):
        pieces[split.SIDES[side]].append(text[start:end])
    for side, (path, start) in task.places.items():
        with shard_store.write_errors(path.with_name(f"{side}.jsonl")):
            storage.write_part(path, start, b"".join(pieces[side]))
    written_line = np.zeros(len(side_of), np.int64)
    for number, side in enumerate(split.SIDES):
        at = np.flatnonzero(side_of == number)
        written_line[at] = np.arange(1, len(at) + 1) + task.before.get(side, 0)
    frame = frame.with_columns(
        decided["side"].cast(pl.String), decided["joined"], pl.Series("written_line", written_line)
    )
    placed, rejects = frame.select(PLACED_COLUMNS), shard_store.read_rejects(account.before, task.name)
    shard_store.write_frame(account.now / f"{task.name}.placed", placed, "uncompressed")
    shard_store.write_frame(account.now / f"{task.name}.ledger", ledger.build(placed, rejects))
    for part in ("rejects", dropped_sample.PART):
        storage.copy(account.before / f"{task.name}.{part}", account.now / f"{task.name}.{part}")
    lacking = {key: int(frame[key].sum()) for key in raw_columns.of_split(params)}
    return lacking, row_owners.owned(frame, decided["side"])


def write_files(
    lines: Location,
    names: Sequence[str],
    decided: Sides,
    params: Params,
    target: Location,
    account: Account,
    executor: Executor,
    *,
    spend: bool,
) -> Files:
    """Write the files into `target`, and the account; with `spend` the texts in `lines` go.

    A test file is written only where there is a row for it.
    """
    parts = {side: _parts(decided.sums.filter(pl.col("side") == side), len(names)) for side in split.SIDES}
    written = [side for side in split.SIDES if side != split.TEST or parts[side].lines[-1]]
    heights = np.zeros(len(names), np.int64)
    np.add.at(heights, decided.sums["shard"].to_numpy(), decided.sums["len"].to_numpy())
    first_rows = np.cumsum([0, *heights]).tolist()
    route = functools.partial(
        route_shard, lines=lines, account=account, params=params, moved=decided.moved, spend=spend
    )
    size = sum(parts[side].starts[-1] for side in written)
    with contextlib.ExitStack() as files:
        paths = {
            side: files.enter_context(storage.joined(target / f"{side}.jsonl", parts[side].starts)) for side in written
        }
        hashed = {side: hashlib.sha256() for side in written}
        tasks = [
            RouteTask(
                name,
                None if decided.whole is None else decided.whole[first_rows[shard] : first_rows[shard + 1]],
                {side: (paths[side], parts[side].starts[shard]) for side in written},
                {side: parts[side].lines[shard] for side in written},
            )
            for shard, name in enumerate(names)
        ]
        lacking: Counter[str] = Counter()
        owned: dict[str, pl.DataFrame] = {}
        here = isinstance(target, Path) and not executor.repeats
        for shard, (lacks, owners) in enumerate(executor.map(route, tasks, label="write", size=size)):
            lacking.update(lacks)
            owned = row_owners.together([owned, owners])
            for side in written if here else ():  # while workers write the next shards
                for piece in storage.read_part(paths[side], *parts[side].starts[shard : shard + 2]):
                    hashed[side].update(piece)
        digests = {side: one.hexdigest() for side, one in hashed.items()}
        if not here:
            whole = [(target / f"{side}.jsonl", paths[side], parts[side].starts) for side in written]
            digests = dict(zip(written, executor.map(storage.assemble, whole, label="join", size=size), strict=True))
    if split.TEST not in written:
        (target / f"{split.TEST}.jsonl").unlink(missing_ok=True)
    about: dict[str, dict[str, int | str]] = {
        f"{side}.jsonl": {
            "sha256": digests[side],
            "bytes": parts[side].starts[-1],
            "examples": parts[side].lines[-1],
            "tokens": parts[side].tokens,
        }
        for side in written
    }
    places = {side: list(zip(parts[side].starts, parts[side].lines, strict=True)) for side in written}
    return Files(about, places, dict(lacking), row_owners.counts(owned))


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

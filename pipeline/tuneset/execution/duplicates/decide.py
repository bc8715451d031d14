"""Which examples are duplicates, over all shards: the one step of dedup that sees every row.

Of every row it holds a row id, a key and a few numbers. Signatures are made shard by shard in worker processes and lie
on disk, one file a band; texts are read again only of rows that share a band with another.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.execution import row_steps, shard_store, shard_tasks, storage
from tuneset.execution.duplicates import (
    band_files,
    candidate_sets,
    conversation_parts,
    decisions,
    exact_keys,
    near_parts,
    sample,
)
from tuneset.execution.duplicates.band_files import Bands
from tuneset.execution.executor import Executor
from tuneset.execution.sides import copied
from tuneset.execution.stores.location import Location
from tuneset.model import Tables
from tuneset.params import Params
from tuneset.similarity import boilerplate, conversations, near_duplicates
from tuneset.similarity.minhash import BATCH_TEXTS
from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.set_store import SetStore, write_sets
from tuneset.similarity.told_apart import Said
from tuneset.similarity.words import unit_batches
from tuneset.stages import dedup, dedup_keys, near_texts

Task = TypeVar("Task")
Result = TypeVar("Result")


class Rows(NamedTuple):
    """All rows of a folder by position.

    Args:
        shards: fingerprints by name, in order.
        heights: how many rows each shard has.
        taking_part: which rows can be near duplicates.
        rank: of two duplicates the one of lower rank is kept; None for the first.
    """

    shards: Mapping[str, str]
    heights: Sequence[int]
    taking_part: npt.NDArray[np.bool_]
    rank: pl.Series | None


class Decided(NamedTuple):
    """What was decided: the digest of each shard's part of it, and what is shown of near duplicates.

    Args:
        digests: by shard; the decisions themselves lie in `NAME.decisions`, which rows are in groups in `NAME.grouped`.
        least: the least alike groups of near duplicates.
        shown: the shards in which the rows of these stand.
    """

    digests: Mapping[str, str]
    least: sample.Least
    shown: Sequence[str]


def decide(source: Location, folder: Location, params: Params, executor: Executor) -> Decided:
    """Decide over all shards of `source`, and write what was decided of each into `folder`."""
    shards = shard_store.shards(source)
    # Ranges are for many machines; one that has all keys at hand need not write them.
    exact = exact_keys.find(source, folder, list(shards), params, executor) if executor.repeats else None
    keys, heights = _keys(source, shards, params, executor, hashed=exact is not None)
    key = dedup.KEY_COLUMNS[params.dedup.key]
    if exact is None:
        find = functools.partial(dedup.find_exact, keys, params.dedup.key)
        exact = executor.over_all(find, label=exact_keys.LABEL)
        keys = keys.with_columns(keys[key].hash())
        del find  # the keys themselves are the largest of what is known of all rows
    row_ids, rank = keys["row_id"], keys["rank"] if "rank" in keys.columns else None
    lots = keys[key].to_numpy() if params.dedup.near.enabled else None
    del keys
    open_rows = np.ones(len(row_ids), np.bool_)
    open_rows[exact["row"].to_numpy()] = False
    rows = Rows(shards, heights, open_rows, rank)
    grown, prefixes = None, params.dedup.prefixes
    if prefixes != "off":
        if executor.repeats:
            by_name = dict(zip(shards, heights, strict=True))
            grown = conversation_parts.find(source, folder, by_name, open_rows, params, executor)
        else:
            grown = executor.over_all(functools.partial(_chains, source, rows), label=conversation_parts.LABEL)
        if prefixes == "longest":
            open_rows[grown.rows[grown.kept != grown.rows]] = False
    drawn = None if lots is None else _drawn(lots, open_rows)
    del lots
    groups = pl.DataFrame(schema=near_duplicates.GROUPS_SCHEMA)
    if drawn is not None:
        groups = _near(source, folder, rows, drawn, params, executor)
    among = "longest" if prefixes == "off" else prefixes
    decided = dedup.decide(exact, groups, _near_policy(params), grown, among)
    named = _root_keys(source, rows, decided["conversation"])
    listed = decisions.listed(exact, groups, decided, row_ids)
    least = sample.least(listed)
    digests = _write(folder, rows, row_ids, decided.with_columns(named), listed, executor)
    return Decided(digests, least, sample.shards(least, list(shards), heights))


def _near_policy(params: Params) -> Literal["drop", "keep_together"]:
    """What becomes of near duplicates. Of unpaired preferences none is dropped: the other one may say the opposite."""
    return "keep_together" if row_steps.line_format(params) == "kto" else params.dedup.near.policy


# --- in worker processes -----------------------------------------------------------------------------------------


def key_columns(
    name: str, *, source: Location, params: Params, hashed: bool
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """`row_id` and the key of the examples of a shard, as `_keys` says, and what they are preferred by, if anything."""
    key = dedup.KEY_COLUMNS[params.dedup.key]
    frame = shard_store.read_frame(source / f"{name}.examples", ["row_id", key])
    number = _number(key, pl.UInt128())
    keys = frame.select(_number("row_id", pl.UInt64()), number.hash() if hashed else number)
    if params.dedup.prefer is None and not params.dedup.prefer_sources:
        return keys, None
    tables = shard_store.open_tables(source, name)
    return keys, dedup_keys.priorities(tables, params.dedup.prefer, params.dedup.prefer_sources)


def turn_columns(name: str, *, source: Location) -> tuple[Hashes, npt.NDArray[np.uint32], Hashes]:
    """Of the examples of a shard the last turn's key, how many there are, and the half of the key of all messages."""
    frame = shard_store.read_frame(source / f"{name}.examples", ["turn_keys", "messages_key"])
    last = frame["turn_keys"].list.last().fill_null(conversations.NO_TURN).to_numpy()
    length = frame["turn_keys"].list.len().to_numpy().astype(np.uint32)
    half = frame.select(pl.col("messages_key").str.head(16).alias("messages_key"))
    return last, length, half.select(_number("messages_key", pl.UInt64())).to_series().to_numpy()


def beginnings(
    task: tuple[str, int, npt.NDArray[np.bool_]], *, source: Location, known: Hashes
) -> conversations.Beginnings:
    """The beginnings of the examples of a shard, given the place of its first row and which of its rows take part."""
    name, first, taking_part = task
    frame = shard_store.read_frame(source / f"{name}.examples", ["turn_keys", "prefix_keys"])
    return conversations.beginnings(frame, first, taking_part, known)


def sample_spans(
    task: tuple[str, npt.NDArray[np.bool_]], *, source: Location, params: Params
) -> list[boilerplate.Spans]:
    """The spans of the drawn examples of a shard, by which boilerplate is known, by side."""
    name, drawn = task
    tables = shard_store.open_tables(source, name).keep(pl.Series(drawn))
    return [
        boilerplate.together([boilerplate.spans(units) for _, units in unit_batches(texts, BATCH_TEXTS)])
        for texts in near_texts.near_pieces(tables, params.dedup.near.key)
    ]


# --- in this process ---------------------------------------------------------------------------------------------


def _keys(
    source: Location, shards: Mapping[str, str], params: Params, executor: Executor, *, hashed: bool = False
) -> tuple[pl.DataFrame, list[int]]:
    """`row_id`, the key, and `rank` where one is asked for, of all examples; and how many each shard has.

    Row ids are UInt64 and keys UInt128 here, a third of the memory of their hex digits. `hashed` gives a hash of each
    key in its place, half of that.
    """
    look = functools.partial(key_columns, source=source, params=params, hashed=hashed)
    frames, orders, heights = [], [], []
    for frame, order in _each(executor, look, list(shards), exact_keys.LABEL):
        frames.append(copied(frame) if hashed else frame)  # the row ids stay longer than the keys
        heights.append(frame.height)
        orders += [] if order is None else [order]
    keys = pl.concat(frames)
    if orders:
        by_preference = pl.concat(orders).with_row_index("row").sort("source_rank", "value", "row")["row"]
        ranks = np.empty(keys.height, np.int64)
        ranks[by_preference.to_numpy()] = np.arange(keys.height)
        keys = keys.with_columns(pl.Series("rank", ranks))
    return keys, heights


def _each(
    executor: Executor, function: Callable[[Task], Result], tasks: Sequence[Task], label: str
) -> Iterator[Result]:
    """`function(task)` for each small task, in order: here, or where other machines have the shards nearer by."""
    return executor.map(function, tasks, label=label, size=0) if executor.repeats else map(function, tasks)


def _chains(source: Location, rows: Rows) -> conversations.Chains:
    """The conversations that grew, among the rows that take part.

    Of each row its last key and the half of another are held; of the keys before the last only those that are the last
    one of some row, so that a second look at the shards is taken.
    """
    looked = map(functools.partial(turn_columns, source=source), rows.shards)
    lasts, lengths, wholes = zip(*looked, strict=True)
    own, length = np.concatenate(lasts), np.concatenate(lengths)
    del lasts, lengths
    own[~rows.taking_part] = conversations.NO_TURN
    if int(length.max(initial=0)) < 2:  # nothing that could have grown
        return conversations.chains(own, own, length, conversations.NO_BEGINNINGS)
    known = np.unique(own)
    ends = np.cumsum(rows.heights).tolist()
    tasks = [
        (name, end - height, rows.taking_part[end - height : end])
        for name, height, end in zip(rows.shards, rows.heights, ends, strict=True)
    ]
    parts = map(functools.partial(beginnings, source=source, known=known), tasks)
    begins = conversations.Beginnings(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    rank = None if rows.rank is None else rows.rank.to_numpy()
    return conversations.chains(own, np.concatenate(wholes), length, begins, rank)


def _root_keys(source: Location, rows: Rows, roots: pl.Series) -> pl.Series:
    """The prompt_key of the rows by which conversations are named: a String column `conversation`."""
    wanted = roots.drop_nulls().unique().sort().to_numpy()
    keys: list[str] = []
    ends = np.cumsum(rows.heights)
    for name, height, end in zip(rows.shards, rows.heights, ends, strict=True):
        here = wanted[(wanted >= end - height) & (wanted < end)] - (end - height)
        if len(here):
            keys += shard_store.read_frame(source / f"{name}.examples", ["prompt_key"])["prompt_key"][here].to_list()
    of_root = dict(zip(wanted.tolist(), keys, strict=True))
    return pl.Series("conversation", [None if root is None else of_root[root] for root in roots], pl.String)


def _drawn(lots: npt.NDArray[np.uint64], open_rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Some of the open rows, by a hash of their content: the same ones whatever their order.

    >>> _drawn(np.array([5, 3], np.uint64), np.array([True, False])).tolist()
    [True, False]
    """
    among = lots[open_rows]
    if len(among) <= boilerplate.SAMPLE_ROWS:
        return open_rows.copy()
    limit = np.partition(among, boilerplate.SAMPLE_ROWS)[boilerplate.SAMPLE_ROWS]
    drawn: npt.NDArray[np.bool_] = open_rows & (lots < limit)
    return drawn


def _near(
    source: Location,
    folder: Location,
    rows: Rows,
    drawn: npt.NDArray[np.bool_],
    params: Params,
    executor: Executor,
) -> pl.DataFrame:
    """Groups of near duplicates among the rows that take part; the drawn ones show what is boilerplate."""
    work = shard_store.size(source)
    signed = source
    if not all((source / f"{name}.bands").is_file() for name in rows.shards):
        signed = folder
        sign = functools.partial(shard_tasks.sign_shard, source=source, folder=folder, params=params)
        for _ in executor.map(sign, list(rows.shards.items()), label="dedup: signatures", size=work):
            pass
    likeness = near_texts.likeness(params.dedup.near)

    bands = Bands(signed, list(rows.shards), rows.heights, np.packbits(rows.taking_part))
    shared = band_files.candidates(bands, likeness, executor, work)
    linked = near_parts.link(bands, shared, likeness, folder, executor) if executor.repeats and shared.any() else None
    sides = candidate_sets.side_count(params)
    sample = functools.partial(sample_spans, source=source, params=params)
    sampled = [(name, some) for name, some in _per_shard(rows, drawn) if some.any()] if shared.any() else []
    spans = list(executor.map(sample, sampled, label="dedup: boilerplate", size=work))
    common = [boilerplate.common([one[side] for one in spans], int(drawn.sum())) for side in range(sides)]
    del spans
    if linked is not None:
        return near_parts.find(linked, bands, source, folder, params, common, executor)
    with storage.local_folder(folder) as near_by:
        make = functools.partial(candidate_sets.shingles_of, params=params, common=common)
        sets = _sets(source, folder, near_by / "shingles", rows, shared, make, sides, executor)
        connect = functools.partial(near_duplicates.connected, bands.read, shared, sets, likeness, rows.rank)
        connected = executor.over_all(connect, label=band_files.LABEL)
        said: list[SetStore] = []
        grouped = np.zeros(len(shared), np.bool_)
        grouped[connected.rows[connected.grouped]] = True
        if candidate_sets.are_told_apart(params):
            say = functools.partial(candidate_sets.said_of, params=params)
            said = _sets(source, folder, near_by / "said", rows, grouped, say, candidate_sets.SAID_SIDES, executor)
        told = (Said(*said), np.cumsum(grouped)[connected.rows] - 1) if said else None
        settle = functools.partial(near_duplicates.settled, connected, sets, likeness, told)
        groups = executor.over_all(settle, label=band_files.LABEL)
        for store in (*sets, *said):
            store.path.unlink()
    return groups


def _sets(
    source: Location,
    folder: Location,
    beside: Path,
    rows: Rows,
    wanted: npt.NDArray[np.bool_],
    make: Callable[[Tables], Sequence[Ragged]],
    count: int,
    executor: Executor,
) -> list[SetStore]:
    """So many stores of the sets that `make` makes of the wanted rows, in their order."""
    tasks = [(name, some) for name, some in _per_shard(rows, wanted) if some.any()]
    collect = functools.partial(candidate_sets.collect, source=source, folder=folder, make=make)
    collected = executor.map(collect, tasks, label="dedup: candidates", size=shard_store.size(source))
    files = [beside.with_suffix(f".sets-{side}") for side in range(count)]
    return write_sets(files, map(_read_sets, collected))


def _read_sets(written: Sequence[tuple[Location, Positions]]) -> list[Ragged]:
    """What `candidate_sets.collect` wrote, whose files then go."""
    sets = [Ragged(storage.read_numbers(path, np.uint64), starts) for path, starts in written]
    for path, _ in written:
        path.unlink()
    return sets


def _per_shard(rows: Rows, wanted: npt.NDArray[np.bool_]) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    ends = np.cumsum(rows.heights)
    pairs = zip(rows.shards, rows.heights, ends, strict=True)
    return [(name, wanted[end - height : end]) for name, height, end in pairs]


def _number(column: str, dtype: pl.DataType) -> pl.Expr:
    """A column of hex digits as numbers."""
    return pl.col(column).str.decode("hex").bin.reinterpret(dtype=dtype, endianness="big")


def _write(
    folder: Location, rows: Rows, row_ids: pl.Series, decided: pl.DataFrame, listed: pl.DataFrame, executor: Executor
) -> dict[str, str]:
    """Have each shard's decisions and groups written, in the order of its rows; give the digests of decisions."""
    numbered = decided.with_columns(row_ids.gather(decided[name]).alias(name) for name in decisions.NAMED)
    ends = pl.Series(np.cumsum(rows.heights), dtype=pl.UInt32)
    cuts, places = ([0, *frame["row"].search_sorted(ends).to_list()] for frame in (decided, listed))
    tasks = [
        (name, numbered[start:end], listed[first:last])
        for name, (start, end), (first, last) in zip(
            rows.shards, itertools.pairwise(cuts), itertools.pairwise(places), strict=True
        )
    ]
    write = functools.partial(decisions.write, folder=folder)
    return dict(zip(rows.shards, _each(executor, write, tasks, "dedup: decisions"), strict=True))

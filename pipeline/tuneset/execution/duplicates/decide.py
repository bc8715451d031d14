"""Which examples are duplicates, over all shards on one machine: the one step of dedup that sees every row.

Of every row it holds a row id, a key and a few numbers. Signatures are made shard by shard in worker processes and lie
on disk, one file a band; texts are read again only of rows that share a band with another.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.execution import row_steps, shard_store, storage
from tuneset.execution.duplicates import (
    band_files,
    boilerplate_rows,
    candidate_sets,
    conversation_parts,
    decisions,
    exact_keys,
    sample,
)
from tuneset.execution.duplicates.band_files import Bands
from tuneset.execution.duplicates.boilerplate_rows import number
from tuneset.execution.duplicates.decisions import Decided
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.model import Tables
from tuneset.params import Params
from tuneset.similarity import boilerplate, conversations, near_duplicates
from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.set_store import SetStore, write_sets
from tuneset.similarity.told_apart import Said
from tuneset.stages import dedup, dedup_keys, near_texts


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


def decide(source: Location, folder: Location, params: Params, executor: Executor) -> Decided:
    """Decide over all shards of `source`, and write what was decided of each into `folder`."""
    shards = shard_store.shards(source)
    keys, heights = _keys(source, shards, params)
    key = dedup.KEY_COLUMNS[params.dedup.key]
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
        grown = executor.over_all(functools.partial(_chains, source, rows), label=conversation_parts.LABEL)
        if prefixes == "longest":
            open_rows[grown.rows[grown.kept != grown.rows]] = False
    drawn = None if lots is None else boilerplate_rows.drawn(lots, open_rows)
    del lots
    groups = pl.DataFrame(schema=near_duplicates.GROUPS_SCHEMA)
    if drawn is not None:
        groups = _near(source, folder, rows, drawn, params, executor)
    among = "longest" if prefixes == "off" else prefixes
    decided = dedup.decide(exact, groups, near_policy(params), grown, among)
    named = _root_keys(source, rows, decided["conversation"])
    listed = decisions.listed(exact, groups, decided, row_ids)
    least = sample.least(listed)
    digests = _write(folder, rows, row_ids, decided.with_columns(named), listed)
    return Decided(digests, least, sample.shards(least, list(shards), heights))


def near_policy(params: Params) -> Literal["drop", "keep_together"]:
    """What becomes of near duplicates. Of unpaired preferences none is dropped: the other one may say the opposite."""
    return "keep_together" if row_steps.line_format(params) == "kto" else params.dedup.near.policy


# --- shard by shard ----------------------------------------------------------------------------------------------


def key_columns(name: str, *, source: Location, params: Params) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """`row_id` and the key of the examples of a shard, as `_keys` says, and what they are preferred by, if anything."""
    key = dedup.KEY_COLUMNS[params.dedup.key]
    frame = shard_store.read_frame(source / f"{name}.examples", ["row_id", key])
    keys = pl.DataFrame([number(frame["row_id"], pl.UInt64()), number(frame[key], pl.UInt128())])
    if params.dedup.prefer is None and not params.dedup.prefer_sources:
        return keys, None
    tables = shard_store.open_tables(source, name)
    return keys, dedup_keys.priorities(tables, params.dedup.prefer, params.dedup.prefer_sources)


def turn_columns(name: str, *, source: Location) -> tuple[Hashes, npt.NDArray[np.uint32], Hashes]:
    """Of the examples of a shard the last turn's key, how many there are, and the half of the key of all messages."""
    frame = shard_store.read_frame(source / f"{name}.examples", ["turn_keys", "messages_key"])
    last = frame["turn_keys"].list.last().fill_null(conversations.NO_TURN).to_numpy()
    length = frame["turn_keys"].list.len().to_numpy().astype(np.uint32)
    return last, length, number(frame["messages_key"].str.head(16), pl.UInt64()).to_numpy()


def beginnings(
    task: tuple[str, int, npt.NDArray[np.bool_]], *, source: Location, known: Hashes
) -> conversations.Beginnings:
    """The beginnings of the examples of a shard, given the place of its first row and which of its rows take part."""
    name, first, taking_part = task
    frame = shard_store.read_frame(source / f"{name}.examples", ["turn_keys", "prefix_keys"])
    return conversations.beginnings(frame, first, taking_part, known)


# --- over all rows -----------------------------------------------------------------------------------------------


def _keys(source: Location, shards: Mapping[str, str], params: Params) -> tuple[pl.DataFrame, list[int]]:
    """`row_id`, the key, and `rank` where one is asked for, of all examples; and how many each shard has.

    Row ids are UInt64 and keys UInt128 here, a third of the memory of their hex digits.
    """
    frames, orders, heights = [], [], []
    for name in shards:
        frame, order = key_columns(name, source=source, params=params)
        frames.append(frame)
        heights.append(frame.height)
        orders += [] if order is None else [order]
    keys = pl.concat(frames)
    if orders:
        by_preference = pl.concat(orders).with_row_index("row").sort("source_rank", "value", "row")["row"]
        ranks = np.empty(keys.height, np.int64)
        ranks[by_preference.to_numpy()] = np.arange(keys.height)
        keys = keys.with_columns(pl.Series("rank", ranks))
    return keys, heights


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
    signed = band_files.have(source, folder, rows.shards, params, executor, work)
    likeness = near_texts.likeness(params.dedup.near)
    bands = Bands(signed, list(rows.shards), rows.heights)
    read = functools.partial(bands.read, taking_part=rows.taking_part)
    look = functools.partial(near_duplicates.candidates, read, likeness)
    shared = executor.over_all(look, label=band_files.LABEL)
    sides = candidate_sets.side_count(params)
    spans_of = functools.partial(boilerplate_rows.spans, source=source, params=params)
    sampled = [(name, some) for name, some in _per_shard(rows, drawn) if some.any()] if shared.any() else []
    spans = list(executor.map(spans_of, sampled, label="dedup: boilerplate", size=work))
    common = [boilerplate.common([one[side] for one in spans], int(drawn.sum())) for side in range(sides)]
    del spans
    with storage.local_folder(folder) as near_by:
        make = functools.partial(candidate_sets.shingles_of, params=params, common=common)
        sets = _sets(source, folder, near_by / "shingles", rows, shared, make, sides, executor)
        connect = functools.partial(near_duplicates.connected, read, shared, sets, likeness, rows.rank)
        connected = executor.over_all(connect, label=band_files.LABEL)
        said: list[SetStore] = []
        grouped = np.zeros(len(shared), np.bool_)
        grouped[connected.rows[connected.grouped]] = True
        if candidate_sets.are_told_apart(params):
            say = functools.partial(candidate_sets.said_of, params=params)
            said = _sets(source, folder, near_by / "said", rows, grouped, say, candidate_sets.SAID_SETS, executor)
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


def _write(
    folder: Location, rows: Rows, row_ids: pl.Series, decided: pl.DataFrame, listed: pl.DataFrame
) -> dict[str, str]:
    """Write each shard's decisions and groups, in the order of its rows; give the digests of decisions."""
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
    return dict(zip(rows.shards, map(write, tasks), strict=True))

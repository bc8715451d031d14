"""Conversations that grew, over many machines: by ranges of keys what `conversations.chains` finds over all rows.

Rows that have a key, as their own or of a beginning, meet in the task of that key's range, and are linked; the links
are connected by `connected_rows.py`. Which row holds another one word for word is asked by ranges of the keys of what
is held, by which row a conversation is named by lots of whole conversations. This process holds counts.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from tuneset.execution import exchange, shard_store
from tuneset.execution.duplicates import connected_rows, row_blocks
from tuneset.execution.duplicates.exact_keys import RANGE_BYTES, Repeats, range_of
from tuneset.execution.duplicates.row_blocks import Blocks, ShardInBlock
from tuneset.execution.exchange import Piece, Records, Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.similarity import conversations, stars
from tuneset.similarity.ragged import Hashes
from tuneset.stages import dedup_keys

LABEL = "dedup: conversations"

_PREFERRED = [("source_rank", np.int64), ("value", np.float64)]
_ROW = np.dtype([("own", np.uint64), ("whole", np.uint64), ("row", np.uint32), ("length", np.uint32), *_PREFERRED])
_BEGINNING = np.dtype([*_ROW.descr, ("key", np.uint64), ("following", np.uint64), ("prefix", np.uint64)])
_MEMBER = np.dtype([("row", np.uint32), ("length", np.uint32), ("own", np.uint64), ("label", np.uint32)])
NAMED = np.dtype([("row", np.uint32), ("label", np.uint32), ("root", np.uint32)])
_SHARD_PARTS, _RANGE_PARTS = (
    ("turn-rows", "turn-beginnings"),
    ("talk-links", "talk-members", "talk-held", "talk-holders"),
)


class Talks(NamedTuple):
    """Conversations among all rows, by the block of each row.

    Args:
        named: NAMED of the rows that belong to one with others: with the lowest row of it, and the one that names it.
        held: links of rows with the longest one that holds them word for word.
    """

    named: Written
    held: Written


def find(
    source: Location,
    folder: Location,
    repeats: Repeats,
    params: Params,
    executor: Executor,
    count: int | None = None,
) -> Talks | None:
    """The conversations among the rows that repeat no other one; files lie in `folder`. None where there are none.

    By default there are as many ranges as of exact keys.
    """
    blocks, size = repeats.blocks, shard_store.size(source)
    count = count or max(executor.workers, size // RANGE_BYTES + 1)
    every = functools.partial(executor.map, label=LABEL, size=size)
    write = functools.partial(write_turns, source=source, folder=folder, params=params, count=count)
    shards = ((shard, repeats.links.of_part(block)) for block in range(blocks.number) for shard in blocks.shards(block))
    names = list(blocks.names)
    longest, *counts = zip(*every(write, shards, count=len(names)), strict=True)
    turns = [_written(folder, names, part, one) for part, one in zip(_SHARD_PARTS, counts, strict=True)]
    if max(longest, default=0) < 2:  # nothing that could have grown
        _remove(turns)
        return None
    meet = functools.partial(write_meetings, folder=folder, among=blocks, count=count)
    numbers = range(count)
    tasks = [(number, [one.of_part(number) for one in turns]) for number in numbers]
    met = zip(*every(meet, tasks), strict=True)
    names = list(map(str, numbers))
    links, *rest = [_written(folder, names, part, one) for part, one in zip(_RANGE_PARTS, met, strict=True)]
    _remove(turns)
    members, held, holders = rest
    hold = functools.partial(write_longest, folder=folder, blocks=blocks)
    tasks_of_keys = [(number, held.of_part(number), holders.of_part(number)) for number in numbers]
    kept = _written(folder, names, "talk-kept", list(every(hold, tasks_of_keys)))
    links = connected_rows.connect(links, folder, blocks, executor, name="talk", label=LABEL)
    label = functools.partial(write_labelled, folder=folder, count=count)
    places = range(blocks.number)
    tasks_of_rows = [(place, links.of_part(place), members.of_part(place)) for place in places]
    labelled = _written(folder, list(map(str, places)), "talk-labelled", list(every(label, tasks_of_rows)))
    name = functools.partial(write_named, folder=folder, blocks=blocks)
    lots = [(lot, labelled.of_part(lot)) for lot in numbers]
    named = _written(folder, names, "talk-named", list(every(name, lots)))
    _remove([links, *rest, labelled])
    return Talks(named, kept)


# --- in workers --------------------------------------------------------------------------------------------------


def write_turns(
    task: tuple[ShardInBlock, Sequence[Piece]], *, source: Location, folder: Location, params: Params, count: int
) -> tuple[int, list[int], list[int]]:
    """Write the last keys of the rows of a shard, and those of all their beginnings, by range.

    Given are the rows of its block that repeat others, which take no part. Gives how many keys the longest row has, and
    how many records of both kinds each range.
    """
    (name, first, height), pieces = task
    taking_part = np.ones(height, np.bool_)
    repeated = stars.ends(exchange.read(pieces, np.uint64))[0].astype(np.int64)
    taking_part[repeated[row_blocks.of_shard(repeated, task[0])] - first] = False
    columns = ["turn_keys", "prefix_keys", "messages_key"]
    frame = shard_store.read_frame(source / f"{name}.examples", columns)
    rows = np.zeros(frame.height, _ROW)
    rows["own"] = frame["turn_keys"].list.last().fill_null(conversations.NO_TURN).to_numpy()
    rows["length"] = frame["turn_keys"].list.len().to_numpy()
    half = frame["messages_key"].str.head(16).str.decode("hex")
    rows["whole"] = half.bin.reinterpret(dtype=pl.UInt64(), endianness="big").to_numpy()
    rows["row"] = np.arange(first, first + frame.height)
    preferred = None
    if params.dedup.prefer is not None or params.dedup.prefer_sources:
        tables = shard_store.open_tables(source, name)
        preferred = dedup_keys.priorities(tables, params.dedup.prefer, params.dedup.prefer_sources)
    if preferred is not None:
        rows["source_rank"], rows["value"] = preferred["source_rank"], preferred["value"]
    every = frame["turn_keys"].explode().drop_nulls().unique().sort().to_numpy()
    begins = conversations.beginnings(frame, 0, taking_part, every)
    records = np.zeros(len(begins.keys), _BEGINNING)
    for field in _ROW.names or ():
        records[field] = rows[field][begins.rows]
    records["key"], records["following"], records["prefix"] = begins.keys, begins.following, begins.prefixes
    rows = rows[taking_part & (rows["own"] != conversations.NO_TURN)]
    return (
        int(rows["length"].max(initial=0)),
        exchange.write(folder / f"{name}.{_SHARD_PARTS[0]}", rows, range_of(rows["own"], count), count),
        exchange.write(folder / f"{name}.{_SHARD_PARTS[1]}", records, range_of(records["key"], count), count),
    )


def write_meetings(
    task: tuple[int, Sequence[Sequence[Piece]]], *, folder: Location, among: Blocks, count: int
) -> list[list[int]]:
    """Link the rows of a range of keys that have a key in common, of which one has it as its own; as `chains` does.

    Writes the links, the linked rows by ranges of rows, and what may hold and be held, by ranges of the whole's key.
    """
    number, (own_pieces, begin_pieces) = task
    rows, begins = exchange.read(own_pieces, _ROW), exchange.read(begin_pieces, _BEGINNING)
    begins = begins[np.isin(begins["key"], rows["own"])]
    shared = conversations.shared_openings(begins["key"], begins["following"])
    begins = begins[~np.isin(begins["key"], shared)]
    rows = rows[np.isin(rows["own"], begins["key"])]
    keys = np.concatenate([rows["own"], begins["key"]])
    both = np.concatenate([rows, _only(begins, _ROW)])
    order = np.lexsort((both["row"], keys))
    keys, both = keys[order], both[order]
    new = np.ones(len(keys), np.bool_)
    new[1:] = keys[1:] != keys[:-1]
    first = both["row"][np.flatnonzero(new)][np.cumsum(new) - 1] if len(keys) else both["row"]
    apart = first != both["row"]
    members = both[np.unique(both["row"], return_index=True)[1]]
    holders = begins[begins["prefix"] != 0]
    files = [folder / f"{number}.{part}" for part in _RANGE_PARTS]
    return [
        connected_rows.write_links(files[0], stars.links(both["row"][apart], first[apart]), among),
        exchange.write(files[1], members, among.of(members["row"]), among.number),
        exchange.write(files[2], members, range_of(members["whole"], count), count),
        exchange.write(files[3], holders, range_of(holders["prefix"], count), count),
    ]


def write_longest(task: tuple[int, Sequence[Piece], Sequence[Piece]], *, folder: Location, blocks: Blocks) -> list[int]:
    """Write of rows that longer ones hold word for word which of these is kept: the longest, then the preferred."""
    number, held_pieces, holder_pieces = task
    held, holders = exchange.read(held_pieces, _ROW), exchange.read(holder_pieces, _BEGINNING)
    held = held[np.unique(held["row"], return_index=True)[1]]
    order = np.lexsort(
        (
            holders["row"],
            holders["value"],
            holders["source_rank"],
            -holders["length"].astype(np.int64),
            holders["prefix"],
        )
    )
    prefixes, firsts = np.unique(holders["prefix"][order], return_index=True)
    best = holders[order][firsts]
    place = np.minimum(np.searchsorted(prefixes, held["whole"]), max(len(prefixes) - 1, 0))
    held = held if len(prefixes) else held[:0]
    place = place[: len(held)]
    longer = (prefixes[place] == held["whole"]) & (best["length"][place] > held["length"])
    rows, kept = held["row"][longer], best["row"][place][longer]
    return exchange.write(folder / f"{number}.talk-kept", stars.links(rows, kept), blocks.of(rows), blocks.number)


def write_labelled(task: tuple[int, Sequence[Piece], Sequence[Piece]], *, folder: Location, count: int) -> list[int]:
    """Write the linked rows of a range of rows with the lowest of their conversation, by lots of conversations."""
    place, links, members = task
    rows, labels = stars.ends(stars.labels(exchange.read(links, np.uint64)))
    found = exchange.read(members, _ROW)
    found = found[np.unique(found["row"], return_index=True)[1]]
    records = np.zeros(len(rows), _MEMBER)
    of_rows = found[np.searchsorted(found["row"], rows)]
    records["row"], records["label"] = rows, labels
    records["length"], records["own"] = of_rows["length"], of_rows["own"]
    return exchange.write(folder / f"{place}.talk-labelled", records, stars.lot_of(labels, count), count)


def write_named(task: tuple[int, Sequence[Piece]], *, folder: Location, blocks: Blocks) -> list[int]:
    """Write NAMED of some whole conversations: root is the row with the fewest turns, then of the lowest key."""
    lot, pieces = task
    found = exchange.read(pieces, _MEMBER)
    found = found[np.lexsort([found[name] for name in ("row", "own", "length", "label")])]  # by the last of these first
    _, firsts, numbers = np.unique(found["label"], return_index=True, return_inverse=True)
    named = np.zeros(len(found), NAMED)
    named["row"], named["label"], named["root"] = found["row"], found["label"], found["row"][firsts][numbers]
    return exchange.write(folder / f"{lot}.talk-named", named, blocks.of(named["row"]), blocks.number)


def chains(named: Records, held: Hashes) -> conversations.Chains:
    """Whole conversations as `conversations.chains` gives them, of NAMED and of links of rows that others hold."""
    named = named[np.argsort(named["row"])]
    rows, label, root = (named[name].astype(np.int64) for name in ("row", "label", "root"))
    row, longer = (end.astype(np.int64) for end in stars.ends(held))
    kept = rows.copy()
    known = np.isin(row, rows)
    kept[np.searchsorted(rows, row[known])] = longer[known]
    return conversations.Chains(rows, label, root, kept)


# --- in this process ---------------------------------------------------------------------------------------------


def _written(folder: Location, names: Sequence[str], part: str, counts: Sequence[Sequence[int]]) -> Written:
    return Written([folder / f"{name}.{part}" for name in names], np.array(counts, np.int64).reshape(len(names), -1))


def _remove(written: Sequence[Written]) -> None:
    for one in written:
        one.remove()


def _only(records: Records, kind: np.dtype[np.void]) -> Records:
    """Of records the fields of another kind."""
    found = np.zeros(len(records), kind)
    for field in kind.names or ():
        found[field] = records[field]
    return found

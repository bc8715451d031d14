"""The groups that ties draw to another side, over many machines: each task decides over some ties that hang together.

The tied rows of a shard are its entries, those that are alike one. Entries that have a group, a component or a tie to a
group in common are linked, and connected by `duplicates/connected_rows.py`; nothing outside of its component draws a
group anywhere, so that `split.assign_sides` of whole components decides what it decides of all. This process holds how
many entries each shard has.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl

from tuneset.execution import exchange, shard_store
from tuneset.execution.duplicates import connected_rows, row_blocks
from tuneset.execution.duplicates.exact_keys import range_of
from tuneset.execution.duplicates.row_blocks import Blocks, ShardInBlock
from tuneset.execution.exchange import Piece, Records, Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.similarity import stars

LABEL = "split: ties"
ENTRIES_A_BLOCK = 1 << 18
"""So that the sides of a lot are decided with some 100 MB."""
MOVED_FILE = "moved.groups"

_ENTRY = np.dtype(
    [
        ("entry", np.uint32),
        ("rows", np.uint32),
        *((name, np.uint64) for name in ("group", "tied", "component")),
        ("has_tied", np.bool_),
        ("has_component", np.bool_),
    ]
)
_KEY = np.dtype([("key", np.uint64), ("entry", np.uint32), ("kind", np.uint8)])
_OF_GROUP, _OF_TIE, _OF_COMPONENT = 0, 1, 2
_MET = np.dtype([("entry", np.uint32), ("group", np.uint64)])

Decide = Callable[[pl.DataFrame, pl.Series], pl.DataFrame]
"""Gives `group, moved` of tied rows that say how many `rows` they stand for, and of groups with rows that ties name."""


def moved(
    lines: Location,
    folder: Location,
    names: Sequence[str],
    read: Callable[[str], pl.DataFrame],
    decide: Decide,
    executor: Executor,
    parts: int | None = None,
) -> Location | None:
    """Have the groups that stand elsewhere than they would by themselves written into a file in `folder`.

    Gives the file, or None where there are no such groups.

    Args:
        lines: where the shards `names` lie.
        folder: for what goes from step to step.
        names: of the shards.
        read: gives the tied rows of a shard, `group, tied, component` as numbers, each once, and how many `rows`.
        decide: as Decide says.
        executor: does the tasks.
        parts: how many blocks, ranges and lots. Default: of ENTRIES_A_BLOCK, and at least one a worker.
    """
    every = functools.partial(executor.map, label=LABEL, size=0)
    files = [folder / f"{name}.entries" for name in names]
    write = functools.partial(write_entries, read=read)
    found = list(every(write, list(zip(names, files, strict=True))))
    counts = [count for count, _ in found]
    parts = parts or max(executor.workers, sum(counts) // ENTRIES_A_BLOCK + 1)
    blocks = row_blocks.blocks(names, counts, parts)
    groups = Written([], np.zeros((0, parts), np.int64))
    if any(tied for _, tied in found):
        look = functools.partial(write_groups, lines=lines, folder=folder, ranges=parts)
        groups = _written(folder, "groups", names, every(look, names), parts)
    numbers = list(range(blocks.number))
    tell = functools.partial(write_keys, folder=folder, blocks=blocks, ranges=parts)
    keys = _written(folder, "keys", numbers, every(tell, numbers), parts)
    meet = functools.partial(write_meetings, folder=folder, blocks=blocks)
    places = list(range(parts))
    met_counts = list(every(meet, [(place, keys.of_part(place), groups.of_part(place)) for place in places]))
    links, met = (
        _written(folder, part, places, [one[number] for one in met_counts], blocks.number)
        for number, part in enumerate(("links", "met"))
    )
    _remove(keys, groups)
    links = connected_rows.connect(links, folder, blocks, executor, name="tied", label=LABEL)
    route = functools.partial(write_lots, folder=folder, blocks=blocks, lots=parts)
    routed = list(every(route, [(block, links.of_part(block), met.of_part(block)) for block in numbers]))
    to_lots, met_to_lots = (
        _written(folder, part, numbers, [one[number] for one in routed], parts)
        for number, part in enumerate(("to-lots", "met-to-lots"))
    )
    _remove(links, met)
    judge = functools.partial(decide_lot, folder=folder, decide=decide)
    lots = list(every(judge, [(lot, to_lots.of_part(lot), met_to_lots.of_part(lot)) for lot in places]))
    _remove(to_lots, met_to_lots, Written(files, np.zeros((0, 0), np.int64)))
    drawn = [lot for lot in lots if lot is not None]
    if not drawn:
        return None
    (file,) = every(put_together, [(drawn, folder / MOVED_FILE)])
    _remove(Written(drawn, np.zeros((0, 0), np.int64)))
    return file


# --- in workers --------------------------------------------------------------------------------------------------


def write_entries(task: tuple[str, Location], *, read: Callable[[str], pl.DataFrame]) -> tuple[int, bool]:
    """Write the entries of a shard; give how many there are, and whether one is tied to a group."""
    name, file = task
    rows = read(name)
    entries = np.zeros(rows.height, _ENTRY)
    entries["group"], entries["rows"] = rows["group"].to_numpy(), rows["rows"].to_numpy()
    for column in ("tied", "component"):
        has = entries[f"has_{column}"] = rows[column].is_not_null().to_numpy()
        entries[column][has] = rows[column].drop_nulls().to_numpy()
    exchange.write(file, entries, np.zeros(len(entries), np.int64), 1)
    return len(entries), bool(entries["has_tied"].any())


def write_groups(name: str, *, lines: Location, folder: Location, ranges: int) -> list[int]:
    """Write which groups a shard has, by range."""
    groups = shard_store.read_frame(lines / f"{name}.lines", ["group"])["group"].unique().to_numpy()
    return exchange.write(folder / f"{name}.groups", groups, range_of(groups, ranges), ranges)


def write_keys(block: int, *, folder: Location, blocks: Blocks, ranges: int) -> list[int]:
    """Write what the entries of a block have in common with others, by range."""
    entries = _entries(folder, blocks.shards(block))
    given = (("group", _OF_GROUP, None), ("tied", _OF_TIE, "has_tied"), ("component", _OF_COMPONENT, "has_component"))
    found = []
    for column, kind, has in given:
        some = entries if has is None else entries[entries[has]]
        records = np.zeros(len(some), _KEY)
        records["key"], records["entry"], records["kind"] = some[column], some["entry"], kind
        found.append(records)
    keys = np.concatenate(found)
    return exchange.write(folder / f"{block}.keys", keys, range_of(keys["key"], ranges), ranges)


def write_meetings(
    task: tuple[int, Sequence[Piece], Sequence[Piece]], *, folder: Location, blocks: Blocks
) -> tuple[list[int], list[int]]:
    """Link the entries of a range that have something in common; write which groups that they are tied to have rows."""
    place, key_pieces, group_pieces = task
    keys, there = exchange.read(key_pieces, _KEY), exchange.read(group_pieces, np.uint64)
    of_component = keys["kind"] == _OF_COMPONENT
    keys = keys[np.lexsort((keys["entry"], keys["key"], of_component))]  # by the last of these first
    of_component = keys["kind"] == _OF_COMPONENT
    new = np.ones(len(keys), np.bool_)
    new[1:] = (keys["key"][1:] != keys["key"][:-1]) | (of_component[1:] != of_component[:-1])
    first = keys["entry"][new][np.cumsum(new) - 1] if len(keys) else keys["entry"]
    apart = first != keys["entry"]
    links = connected_rows.write_links(
        folder / f"{place}.links", stars.links(keys["entry"][apart], first[apart]), blocks
    )
    named = keys[(keys["kind"] == _OF_TIE) & np.isin(keys["key"], there)]
    met = np.zeros(len(named), _MET)
    met["entry"], met["group"] = named["entry"], named["key"]
    return links, exchange.write(folder / f"{place}.met", met, blocks.of(met["entry"]), blocks.number)


def write_lots(
    task: tuple[int, Sequence[Piece], Sequence[Piece]], *, folder: Location, blocks: Blocks, lots: int
) -> tuple[list[int], list[int]]:
    """Write the entries of a block, and the groups that they are tied to, by lots of connected entries."""
    block, link_pieces, met_pieces = task
    entries, met = _entries(folder, blocks.shards(block)), exchange.read(met_pieces, _MET)
    first = int(blocks.firsts[block])
    labels = entries["entry"].astype(np.uint64)
    rows, lowest = stars.ends(stars.labels(exchange.read(link_pieces, np.uint64)))
    labels[rows.astype(np.int64) - first] = lowest
    lot = stars.lot_of(labels, lots)
    return (
        exchange.write(folder / f"{block}.to-lots", entries, lot, lots),
        exchange.write(folder / f"{block}.met-to-lots", met, lot[met["entry"].astype(np.int64) - first], lots),
    )


def decide_lot(
    task: tuple[int, Sequence[Piece], Sequence[Piece]], *, folder: Location, decide: Decide
) -> Location | None:
    """Write which groups of a lot are moved; give the file, if there are some."""
    lot, entry_pieces, met_pieces = task
    entries, met = exchange.read(entry_pieces, _ENTRY), exchange.read(met_pieces, _MET)
    entries = entries[np.argsort(entries["entry"])]
    columns = {name: pl.Series(entries[name]) for name in ("group", "rows")}
    for name in ("tied", "component"):
        there = pl.Series(entries[f"has_{name}"], dtype=pl.Boolean)
        columns[name] = pl.Series(entries[name]).zip_with(there, pl.Series([None], dtype=pl.UInt64))
    found = decide(pl.DataFrame(columns), pl.Series(np.unique(met["group"]), dtype=pl.UInt64))
    if not found.height:
        return None
    file = folder / f"{lot}.moved"
    shard_store.write_frame(file, found)
    return file


def put_together(task: tuple[Sequence[Location], Location]) -> Location:
    """Write what was decided of some lots into one file, in the order of the groups."""
    files, whole = task
    shard_store.write_frame(whole, pl.concat([shard_store.read_frame(file) for file in files]).sort("group"))
    return whole


def _entries(folder: Location, shards: Sequence[ShardInBlock]) -> Records:
    """The entries of some shards, numbered."""
    pieces = [Piece(folder / f"{shard.name}.entries", shard.height, 0) for shard in shards if shard.height]
    entries = exchange.read(pieces, _ENTRY)
    entries["entry"] = np.arange(len(entries)) + (shards[0].first if shards else 0)
    return entries


# --- in this process ---------------------------------------------------------------------------------------------


def _written(folder: Location, part: str, names: Iterable[Any], counts: Iterable[Sequence[int]], parts: int) -> Written:
    return exchange.written([folder / f"{name}.{part}" for name in names], counts, parts)


def _remove(*written: Written) -> None:
    for one in written:
        one.remove()

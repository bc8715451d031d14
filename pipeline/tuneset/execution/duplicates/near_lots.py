"""Groups of near duplicates over many machines: each task compares the rows of some components by themselves.

What `near_duplicates.find` does with the rows of whole components is what it does with them among all rows. Which
components a task gets decides nothing; it is drawn by a hash. As on one machine what rows say is read of those in
groups alone: a lot is connected, shards write what its grouped rows say, and then it is settled.

A task holds a row id, the band keys and a few numbers of its rows; their shingle sets lie on its disk. No component is
divided: the largest of them is the least that a task must hold.
"""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tuneset.execution import exchange, shard_store, storage
from tuneset.execution.duplicates import candidate_sets, row_blocks
from tuneset.execution.duplicates.band_files import LABEL, Bands
from tuneset.execution.duplicates.row_blocks import Blocks, ShardInBlock
from tuneset.execution.exchange import Piece, Records, Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.model import Tables
from tuneset.params import Params
from tuneset.similarity import minhash, near_duplicates, stars
from tuneset.similarity.clusters import Edges
from tuneset.similarity.minhash import KEY_BYTES
from tuneset.similarity.near_duplicates import Connected
from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.set_store import SetStore
from tuneset.similarity.told_apart import Said
from tuneset.stages import dedup_keys, near_texts

ROWS_A_LOT = 1 << 17
"""Rows that one task compares, if their components are small: 20 MB of keys, some 100 MB of sets on disk."""

FOUND = np.dtype([("row", np.uint32), ("kept", np.uint32), ("group", np.uint32), ("similarity", np.float64)])
"""A row of a group, as in `near_duplicates.GROUPS_SCHEMA`."""

_GROUPED = np.dtype([("row", np.uint32), ("lot", np.uint32)])
_EDGE = np.dtype([("left", np.int64), ("right", np.int64), ("similarity", np.float64)])
_SIZES = np.dtype([("sizes", np.int64, (candidate_sets.SAID_SETS,))])
_LINKED, _SAYING = "linked", "saying"


def find(
    labels: Written,
    bands: Bands,
    blocks: Blocks,
    source: Location,
    folder: Location,
    params: Params,
    common: Sequence[Hashes],
    executor: Executor,
    lots: int | None = None,
) -> Written:
    """The groups, as `near_duplicates.find` gives them: FOUND by block. The files of `labels` go.

    `common` is boilerplate, by side. By default there are lots of ROWS_A_LOT rows, and more than one a worker.
    """
    lots = lots or max(2 * executor.workers, labels.total // ROWS_A_LOT + 1)
    size = shard_store.size(source)
    write = functools.partial(
        write_rows, source=source, signed=bands.folder, folder=folder, params=params, common=common, lots=lots
    )
    count = len(blocks.names)
    written = list(executor.map(write, _by_shard(blocks, labels), label="dedup: candidates", size=size, count=count))
    labels.remove()
    linked = _kinds(folder, blocks, _LINKED, written, lots)
    connect = functools.partial(write_connected, folder=folder, params=params, blocks=blocks)
    ones = ((lot, [kind.of_part(lot) for kind in linked]) for lot in range(lots))
    counts = executor.map(connect, ones, label=LABEL, size=size, count=lots)
    grouped = exchange.written([folder / f"{lot}.grouped-rows" for lot in range(lots)], counts, blocks.number)
    said: list[Written] = []
    if candidate_sets.are_told_apart(params):
        say = functools.partial(write_said, source=source, folder=folder, params=params, lots=lots)
        tasks = _by_shard(blocks, grouped)
        written = list(executor.map(say, tasks, label="dedup: candidates", size=size, count=count))
        said = _kinds(folder, blocks, _SAYING, written, lots)
    grouped.remove()
    settle = functools.partial(write_found, folder=folder, params=params, blocks=blocks)
    both = ((lot, *([kind.of_part(lot) for kind in kinds] for kinds in (linked, said))) for lot in range(lots))
    counts = executor.map(settle, both, label=LABEL, size=size, count=lots)
    found = exchange.written([folder / f"{lot}.found" for lot in range(lots)], counts, blocks.number)
    for kind in (*linked, *said):
        kind.remove()
    for lot in range(lots):
        for file in _connected_files(folder, lot):
            file.unlink(missing_ok=True)
    return found


def _by_shard(blocks: Blocks, given: Written) -> Iterator[tuple[ShardInBlock, Sequence[Piece]]]:
    """Each shard, with what is given for its block."""
    return ((shard, given.of_part(block)) for block in range(blocks.number) for shard in blocks.shards(block))


def _kinds(folder: Location, blocks: Blocks, part: str, counts: Iterable[list[list[int]]], lots: int) -> list[Written]:
    """What `_write_sets` has written of all shards: rows, and the values of each of their sets."""
    return [
        exchange.written([_file(folder, name, part, kind) for name in blocks.names], one, lots)
        for kind, one in enumerate(zip(*counts, strict=True))
    ]


# --- in workers --------------------------------------------------------------------------------------------------


def write_rows(
    task: tuple[ShardInBlock, Sequence[Piece]],
    *,
    source: Location,
    signed: Location,
    folder: Location,
    params: Params,
    common: Sequence[Hashes],
    lots: int,
) -> list[list[int]]:
    """Write the linked rows of a shard, given the labels of its block, and the values of their shingle sets, by lot.

    Gives how many rows each lot has, and of each side how many values.
    """
    shard, pieces = task
    rows, labels = stars.ends(exchange.read(pieces, np.uint64))
    inside = row_blocks.of_shard(rows, shard)
    rows, labels = rows[inside], labels[inside]
    if not len(rows):
        return [[0] * lots for _ in range(1 + candidate_sets.side_count(params))]
    order = np.argsort(rows)  # they may have come from two ranges
    rows, labels = rows[order], labels[order]
    tables, here = _tables(source, shard, rows)
    sets = candidate_sets.shingles_of(tables, params, common)
    records = np.zeros(len(rows), _record(params))
    records["row"] = rows
    data = storage.read_numbers(signed / f"{shard.name}.bands", np.uint8)
    for band, keys in enumerate(data.reshape(-1, shard.height * KEY_BYTES)):
        records["first"][:, band], records["rest"][:, band] = minhash.halves(minhash.unpacked(keys)[here])
    preferred = dedup_keys.priorities(tables, params.dedup.prefer, params.dedup.prefer_sources)
    if preferred is not None:
        records["source_rank"], records["value"] = preferred["source_rank"], preferred["value"]
    return _write_sets(folder, shard.name, _LINKED, records, sets, stars.lot_of(labels, lots), lots)


def write_connected(
    task: tuple[int, Sequence[Sequence[Piece]]], *, folder: Location, params: Params, blocks: Blocks
) -> list[int]:
    """Compare the rows of a lot, given what `write_rows` wrote; write what is connected, and grouped rows by block."""
    lot, pieces = task
    records = exchange.read(pieces[0], _record(params))
    with _stores(records, pieces[1:]) as sets:
        some = near_duplicates.connected(
            lambda band: minhash.whole(records["first"][:, band], records["rest"][:, band]),
            np.ones(len(records), np.bool_),
            sets,
            near_texts.likeness(params.dedup.near),
            pl.Series(_rank(records)),
        )
    edges = np.zeros(len(some.edges.left), _EDGE)
    for name in _EDGE.names or ():
        edges[name] = getattr(some.edges, name)
    for file, values in zip(_connected_files(folder, lot), (some.labels, edges), strict=True):
        exchange.write(file, values, np.zeros(len(values), np.int64), 1)
    grouped = np.zeros(int(some.grouped.sum()), _GROUPED)
    grouped["row"], grouped["lot"] = records["row"][np.sort(some.rows[some.grouped])], lot
    return exchange.write(folder / f"{lot}.grouped-rows", grouped, blocks.of(grouped["row"]), blocks.number)


def write_said(
    task: tuple[ShardInBlock, Sequence[Piece]], *, source: Location, folder: Location, params: Params, lots: int
) -> list[list[int]]:
    """Write what the grouped rows of a shard say, given those of its block, by lot; gives what `write_rows` gives."""
    shard, pieces = task
    grouped = exchange.read(pieces, _GROUPED)
    grouped = grouped[row_blocks.of_shard(grouped["row"], shard)]
    if not len(grouped):
        return [[0] * lots for _ in range(1 + candidate_sets.SAID_SETS)]
    grouped = grouped[np.argsort(grouped["row"])]
    tables, _ = _tables(source, shard, grouped["row"])
    sets = candidate_sets.said_of(tables, params)
    lot = grouped["lot"].astype(np.int64)
    return _write_sets(folder, shard.name, _SAYING, np.zeros(len(grouped), _SIZES), sets, lot, lots)


def write_found(
    task: tuple[int, Sequence[Sequence[Piece]], Sequence[Sequence[Piece]]],
    *,
    folder: Location,
    params: Params,
    blocks: Blocks,
) -> list[int]:
    """Write the groups among the rows of a lot, by block, given what was written of them, and of what they say."""
    lot, pieces, said_pieces = task
    records = exchange.read(pieces[0], _record(params))
    some = _connected(folder, lot, _rank(records))
    saying = exchange.read(said_pieces[0], _SIZES) if said_pieces else np.zeros(0, _SIZES)
    with _stores(records, pieces[1:]) as sets, _stores(saying, said_pieces[1:]) as said:
        grouped = np.zeros(len(records), np.bool_)
        grouped[some.rows[some.grouped]] = True
        told = (Said(*said), np.cumsum(grouped)[some.rows] - 1) if said else None
        groups = near_duplicates.settled(some, sets, near_texts.likeness(params.dedup.near), told)
    found = np.zeros(groups.height, FOUND)
    found["similarity"] = groups["similarity"]
    for name in ("row", "kept", "group"):
        found[name] = records["row"][groups[name].to_numpy()]
    return exchange.write(folder / f"{lot}.found", found, blocks.of(found["row"]), blocks.number)


def _tables(source: Location, shard: ShardInBlock, rows: Records) -> tuple[Tables, Positions]:
    """The examples of some rows of a shard, which ascend, and their places in it."""
    here = rows.astype(np.int64) - shard.first
    wanted = np.zeros(shard.height, np.bool_)
    wanted[here] = True
    return shard_store.open_tables(source, shard.name).keep(pl.Series(wanted)), here


def _write_sets(
    folder: Location, name: str, part: str, records: Records, sets: Sequence[Ragged], lot: Positions, lots: int
) -> list[list[int]]:
    """Write the rows of a shard with the sizes of their sets, and the values of each; how many each lot has."""
    for side, one in enumerate(sets):
        records["sizes"][:, side] = one.counts
    written = [exchange.write(_file(folder, name, part, 0), records, lot, lots)]
    for side, one in enumerate(sets, start=1):
        values = np.ascontiguousarray(one.values)
        written.append(exchange.write(_file(folder, name, part, side), values, np.repeat(lot, one.counts), lots))
    return written


@contextlib.contextmanager
def _stores(records: Records, pieces: Sequence[Sequence[Piece]]) -> Iterator[list[SetStore]]:
    """Yield the sets of some rows, given where the values of each lie, as stores on this machine's disk."""
    with tempfile.TemporaryDirectory(prefix="tuneset-") as scratch:
        sets = []
        for side, values in enumerate(pieces):
            path = Path(scratch, str(side))
            with path.open("wb") as handle:
                for piece in values:
                    handle.write(exchange.read([piece], np.uint64).data)
            sets.append(SetStore(path, np.cumsum([0, *records["sizes"][:, side]])))
        yield sets


def _rank(records: Records) -> Positions:
    """The place of each row in the order in which rows are preferred."""
    order = np.lexsort([records[name] for name in ("row", "value", "source_rank")])  # by the last of these first
    rank = np.empty(len(records), np.int64)
    rank[order] = np.arange(len(records))
    return rank


def _connected(folder: Location, lot: int, rank: Positions) -> Connected:
    """What `write_connected` wrote."""
    labels_file, edges_file = _connected_files(folder, lot)
    labels = storage.read_numbers(labels_file, np.int64)
    edges = storage.read_numbers(edges_file, np.uint8).view(_EDGE)
    order = np.argsort(rank, kind="stable")
    return Connected(order, order, labels, Edges(edges["left"], edges["right"], edges["similarity"]))


# --- files -------------------------------------------------------------------------------------------------------


def _file(folder: Location, name: str, part: str, kind: int) -> Location:
    """The file of some rows of a shard (kind 0), or of the values of one of their sets (1 and more)."""
    return folder / f"{name}.{part}-{kind}"


def _connected_files(folder: Location, lot: int) -> tuple[Location, Location]:
    """The files of the labels of a lot's rows, and of pairs of them that are alike."""
    return folder / f"{lot}.group-labels", folder / f"{lot}.alike-pairs"


def _record(params: Params) -> np.dtype[np.void]:
    """What is written of a row that is linked to others."""
    bands = near_texts.likeness(params.dedup.near).bands[0]
    return np.dtype(
        [
            ("row", np.uint32),
            ("first", np.uint32, (bands,)),
            ("rest", np.uint8, (bands,)),
            ("sizes", np.int64, (candidate_sets.side_count(params),)),
            ("source_rank", np.int64),
            ("value", np.float64),
        ]
    )

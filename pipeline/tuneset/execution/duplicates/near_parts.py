"""Groups of near duplicates over many machines: each task compares the rows of some components by themselves.

Rows are linked that have a band in common, and connected by `connected_rows.py`. Rows of two components share no band,
so they are never compared: what `near_duplicates.find` does with the rows of whole components is what it does with them
among all rows. Which components a task gets decides nothing; it is drawn by a hash.

A task holds a row id, the band keys and a few numbers of its rows; their shingle sets lie on its disk. No component is
divided: the largest of them is the least that a task must hold.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tuneset.execution import exchange, shard_store, storage
from tuneset.execution.duplicates import band_parts, candidate_sets, connected_rows, row_blocks
from tuneset.execution.duplicates.band_files import LABEL, Bands
from tuneset.execution.duplicates.band_parts import RECORD, Shared
from tuneset.execution.duplicates.connected_rows import Ranges
from tuneset.execution.duplicates.row_blocks import Blocks, ShardInBlock
from tuneset.execution.exchange import Piece, Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.similarity import minhash, near_duplicates, stars
from tuneset.similarity.minhash import KEY_BYTES
from tuneset.similarity.ragged import Hashes
from tuneset.similarity.set_store import SetStore
from tuneset.stages import dedup_keys, near_texts

ROWS_A_RANGE = 1 << 19
"""Rows that share bands, whose links one task rewrites: with 25 bands at most 200 MB."""
ROWS_A_LOT = 1 << 17
"""Rows that one task compares, if their components are small: 15 MB of keys, some 200 MB of sets on disk."""


FOUND = np.dtype([("row", np.uint32), ("kept", np.uint32), ("group", np.uint32), ("similarity", np.float64)])
"""A row of a group, as in `near_duplicates.GROUPS_SCHEMA`."""


def link(shared: Shared, blocks: Blocks, folder: Location, executor: Executor, count: int | None = None) -> Written:
    """Connect the rows that share a band; `shared` has the keys of those that can, and its files go.

    Gives rows that are in a component with others, each with the lowest of its component, by block. By default there
    are ranges of ROWS_A_RANGE shared rows. Files lie in `folder`.
    """
    among = connected_rows.ranges(blocks.rows, count or shared.total // ROWS_A_RANGE + 1)
    size = shared.keys.total * RECORD.itemsize
    write = functools.partial(write_links, among=among)
    files = [folder / f"{part}.band-links" for part in range(shared.parts)]
    ones = ((shared.keys.of_part(part), file) for part, file in enumerate(files))
    counts = executor.map(write, ones, label=LABEL, size=size, count=len(files))
    links = exchange.written(files, counts, among.number)
    shared.keys.remove()
    links = connected_rows.connect(links, folder, among, executor, name="near", label=LABEL)
    route = functools.partial(write_labels, blocks=blocks)
    files = [folder / f"{place}.near-labels" for place in range(among.number)]
    tasks = ((links.of_part(place), file) for place, file in enumerate(files))
    counts = executor.map(route, tasks, label=LABEL, size=size, count=len(files))
    labels = exchange.written(files, counts, blocks.number)
    links.remove()
    return labels


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
    tasks = ((shard, labels.of_part(block)) for block in range(blocks.number) for shard in blocks.shards(block))
    write = functools.partial(
        write_rows, source=source, signed=bands.folder, folder=folder, params=params, common=common, lots=lots
    )
    written = list(executor.map(write, tasks, label="dedup: candidates", size=size, count=len(blocks.names)))
    labels.remove()
    kinds = [
        exchange.written([folder / file_name(name, kind) for name in blocks.names], counts, lots)
        for kind, counts in enumerate(zip(*written, strict=True))
    ]
    compare = functools.partial(write_found, params=params, blocks=blocks)
    files = [folder / f"{lot}.found" for lot in range(lots)]
    ones = (([kind.of_part(lot) for kind in kinds], file) for lot, file in enumerate(files))
    found = exchange.written(
        files, executor.map(compare, ones, label=LABEL, size=size, count=len(files)), blocks.number
    )
    for kind in kinds:
        kind.remove()
    return found


# --- in workers --------------------------------------------------------------------------------------------------


def write_links(task: tuple[Sequence[Piece], Location], *, among: Ranges) -> list[int]:
    """Link the shared rows that have the same key of a part, each with the first of them."""
    pieces, file = task
    given = exchange.read(pieces, RECORD)
    keys = band_parts.whole_keys(given)
    order = np.lexsort((given["row"], keys))  # by the last of these first
    rows, keys = given["row"][order], keys[order]
    new = np.ones(len(keys), np.bool_)
    new[1:] = keys[1:] != keys[:-1]
    first = rows[np.flatnonzero(new)][np.cumsum(new) - 1] if len(rows) else rows
    return connected_rows.write_links(file, stars.links(rows[~new], first[~new]), among)


def write_labels(task: tuple[Sequence[Piece], Location], *, blocks: Blocks) -> list[int]:
    """Write the labels of the rows of a range by block."""
    pieces, file = task
    labels = stars.labels(exchange.read(pieces, np.uint64))
    return exchange.write(file, labels, blocks.of(stars.ends(labels)[0]), blocks.number)


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
    """Write the linked rows of a shard, given the labels of its block, and the values of their sets, by lot.

    Gives how many rows each lot has, and of each side how many values.
    """
    shard, pieces = task
    rows, labels = stars.ends(exchange.read(pieces, np.uint64))
    inside = row_blocks.of_shard(rows, shard)
    rows, labels = rows[inside], labels[inside]
    if not len(rows):
        return [[0] * lots for _ in range(1 + candidate_sets.set_count(params))]
    order = np.argsort(rows)  # they may have come from two ranges
    rows, labels = rows[order], labels[order]
    name, here = shard.name, rows.astype(np.int64) - shard.first
    tables = shard_store.open_tables(source, name)
    height = tables.examples.height
    wanted = np.zeros(height, np.bool_)
    wanted[here] = True
    tables = tables.keep(pl.Series(wanted))
    sets = [*candidate_sets.shingles_of(tables, params, common), *candidate_sets.said_of(tables, params)]
    records = np.zeros(len(rows), _record(params))
    records["row"] = rows
    of_bands = storage.read_numbers(signed / f"{name}.bands", np.uint8).reshape(-1, height * KEY_BYTES)
    for band, data in enumerate(of_bands):
        records["first"][:, band], records["rest"][:, band] = minhash.halves(minhash.unpacked(data)[here])
    for side, one in enumerate(sets):
        records["sizes"][:, side] = one.counts
    preferred = dedup_keys.priorities(tables, params.dedup.prefer, params.dedup.prefer_sources)
    if preferred is not None:
        records["source_rank"], records["value"] = preferred["source_rank"], preferred["value"]
    lot = stars.lot_of(labels, lots)
    written = [exchange.write(folder / file_name(name, 0), records, lot, lots)]
    for side, one in enumerate(sets):
        values = np.ascontiguousarray(one.values)
        written.append(exchange.write(folder / file_name(name, side + 1), values, np.repeat(lot, one.counts), lots))
    return written


def write_found(task: tuple[Sequence[Sequence[Piece]], Location], *, params: Params, blocks: Blocks) -> list[int]:
    """Write the groups among the rows of a lot, by block, given what `compare_rows` takes."""
    pieces, file = task
    if not pieces[0]:
        return [0] * blocks.number
    groups = compare_rows(pieces, params)
    records = np.zeros(groups.height, FOUND)
    for name in FOUND.names or ():
        records[name] = groups[name]
    return exchange.write(file, records, blocks.of(records["row"]), blocks.number)


def compare_rows(pieces: Sequence[Sequence[Piece]], params: Params) -> pl.DataFrame:
    """The groups among the rows of a lot, given where its records lie, and of each side the values of its sets."""
    records = exchange.read(pieces[0], _record(params))
    order = np.lexsort([records[name] for name in ("row", "value", "source_rank")])  # by the last of these first
    rank = np.empty(len(records), np.int64)
    rank[order] = np.arange(len(records))
    with tempfile.TemporaryDirectory(prefix="tuneset-") as scratch:
        sets = []
        for side, values in enumerate(pieces[1:]):
            path = Path(scratch, str(side))
            with path.open("wb") as handle:
                for piece in values:
                    handle.write(exchange.read([piece], np.uint64).data)
            sets.append(SetStore(path, np.cumsum([0, *records["sizes"][:, side]])))
        shingles, said = candidate_sets.divided(sets)
        groups = near_duplicates.find(
            lambda band: minhash.whole(records["first"][:, band], records["rest"][:, band]),
            np.ones(len(records), np.bool_),
            shingles,
            near_texts.likeness(params.dedup.near),
            pl.Series(rank),
            said,
        )
    rows = pl.Series(records["row"])
    return groups.with_columns(rows.gather(groups[name]).alias(name) for name in ("row", "kept", "group"))


def file_name(name: str, kind: int) -> str:
    """The file of the linked rows of a shard (kind 0), or of the values of one side of their sets (1 and more)."""
    return f"{name}.linked-{kind}"


def _record(params: Params) -> np.dtype[np.void]:
    """What is written of a row that is linked to others."""
    near = params.dedup.near
    return np.dtype(
        [
            ("row", np.uint32),
            ("first", np.uint32, (near_texts.likeness(near).bands[0],)),
            ("rest", np.uint8, (near_texts.likeness(near).bands[0],)),
            ("sizes", np.int64, (candidate_sets.set_count(params),)),
            ("source_rank", np.int64),
            ("value", np.float64),
        ]
    )

"""Links of rows that share bands, over many machines: each task has the keys of a range, or the links of some rows.

Rows are linked that have a band in common, and connected by `connected_rows.py`. Rows of two components share no band,
so they are never compared: `near_lots.py` does with the rows of whole components what is done with them among all rows.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from tuneset.execution import exchange
from tuneset.execution.duplicates import band_parts, connected_rows
from tuneset.execution.duplicates.band_files import LABEL
from tuneset.execution.duplicates.band_parts import RECORD, Shared
from tuneset.execution.duplicates.connected_rows import Ranges
from tuneset.execution.duplicates.row_blocks import Blocks
from tuneset.execution.exchange import Piece, Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.similarity import stars

ROWS_A_RANGE = 1 << 19
"""Rows that share bands, whose links one task rewrites: with 25 bands at most 200 MB."""


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

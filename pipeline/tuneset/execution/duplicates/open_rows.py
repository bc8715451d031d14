"""Which rows may be near duplicates of others, over many machines: a bit a row, in a file for each block.

Those may that repeat no other one and are no beginning that goes. By a hash of their content some of them are drawn, by
which boilerplate is known. This process holds the rows that were drawn.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from tuneset.execution import exchange
from tuneset.execution.duplicates import boilerplate_rows, conversation_parts, row_blocks
from tuneset.execution.duplicates.conversation_parts import Talks
from tuneset.execution.duplicates.exact_keys import Repeats
from tuneset.execution.duplicates.row_blocks import Blocks
from tuneset.execution.exchange import Piece
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.similarity import boilerplate, stars
from tuneset.similarity.ragged import Hashes, Positions

LABEL = "dedup: boilerplate"


class Drawn(NamedTuple):
    """Open rows of the lowest hashes, more than are drawn by one; and how many are open.

    Args:
        total: how many rows are open.
        hashes: of the lowest ones, ascending.
        rows: the place of each.
    """

    total: int
    hashes: Hashes
    rows: Positions

    def chosen(self) -> Positions:
        """The rows that are drawn, as `boilerplate_rows.drawn` draws them."""
        if self.total <= boilerplate.SAMPLE_ROWS:
            return np.sort(self.rows)
        return np.sort(self.rows[self.hashes < self.hashes[boilerplate.SAMPLE_ROWS]])


class Open(NamedTuple):
    """Which rows are open.

    Args:
        files: of bits, for `row_blocks.read_bits`.
        drawn: the rows that were drawn, ascending.
    """

    files: Sequence[Location]
    drawn: Positions


def find(
    source: Location, folder: Location, repeats: Repeats, leave: Talks | None, params: Params, executor: Executor
) -> Open:
    """Look at all rows but those that `repeats` says and, where they are given, beginnings of conversations."""
    blocks = repeats.blocks
    files = [folder / f"{block}.open-rows" for block in range(blocks.number)]
    tasks = (
        (block, file, repeats.links.of_part(block), [] if leave is None else [one.of_part(block) for one in leave])
        for block, file in enumerate(files)
    )
    write = functools.partial(write_open, source=source, blocks=blocks, params=params)
    found = Drawn(0, np.zeros(0, np.uint64), np.zeros(0, np.int64))
    for one in executor.map(write, tasks, label=LABEL, size=0, count=len(files)):
        both = (np.concatenate(columns) for columns in zip(found[1:], one[1:], strict=True))
        found = _lowest(found.total + one.total, *both)
    return Open(files, found.chosen())


def write_open(
    task: tuple[int, Location, Sequence[Piece], Sequence[Sequence[Piece]]],
    *,
    source: Location,
    blocks: Blocks,
    params: Params,
) -> Drawn:
    """Write which rows of a block are open; give how many, and those of the lowest hashes. In a worker."""
    block, file, repeated, leave = task
    first, end = blocks.firsts[block : block + 2].tolist()
    found = np.ones(end - first, np.bool_)
    found[stars.ends(exchange.read(repeated, np.uint64))[0].astype(np.int64) - first] = False
    if leave:
        named, held = exchange.read(leave[0], conversation_parts.NAMED), exchange.read(leave[1], np.uint64)
        grown = conversation_parts.chains(named, held)
        found[grown.rows[grown.kept != grown.rows] - first] = False
    row_blocks.write_bits(file, found)
    keys = [boilerplate_rows.hashes(shard.name, source, params) for shard in blocks.shards(block)]
    rows = np.flatnonzero(found)
    return _lowest(len(rows), pl.concat([pl.Series([], dtype=pl.UInt64), *keys]).to_numpy()[rows], rows + first)


def _lowest(total: int, hashes: Hashes, rows: Positions) -> Drawn:
    order = np.argsort(hashes, kind="stable")[: boilerplate.SAMPLE_ROWS + 1]
    return Drawn(total, hashes[order], rows[order])


def spans(
    source: Location, drawn: Positions, blocks: Blocks, params: Params, executor: Executor, size: int
) -> list[list[boilerplate.Spans]]:
    """The spans of the drawn rows, as `boilerplate_rows.spans` gives them of each shard that has some."""
    tasks = []
    places = np.searchsorted(np.cumsum(blocks.heights), drawn, side="right")
    firsts = np.cumsum([0, *blocks.heights]).tolist()
    for shard in np.unique(places).tolist():
        chosen = np.zeros(blocks.heights[shard], np.bool_)
        chosen[drawn[places == shard] - firsts[shard]] = True
        tasks.append((blocks.names[shard], chosen))
    look = functools.partial(boilerplate_rows.spans, source=source, params=params)
    return list(executor.map(look, tasks, label=LABEL, size=size))

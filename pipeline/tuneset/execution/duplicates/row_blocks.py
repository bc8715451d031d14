"""All rows by blocks of consecutive shards: what is known of the rows of a block lies together, in files.

Where the blocks are cut decides nothing. The process between the steps knows how many rows each shard has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.errors import InputError
from tuneset.execution import storage
from tuneset.execution.stores.location import Location
from tuneset.similarity.ragged import Positions

MOST_ROWS = (1 << 32) - 1
"""Numbers of rows have 32 bits, here and in polars."""
ROWS_A_BLOCK = 1 << 19
"""So that a process that holds a hundred bytes of each row of a block has 50 MB of them."""


class ShardInBlock(NamedTuple):
    """A shard in its block: the place of its first row among all rows, and how many it has."""

    name: str
    first: int
    height: int


class Blocks(NamedTuple):
    """All shards, divided.

    Args:
        names: of the shards, in order.
        heights: how many rows each has.
        cuts: the shard at which each block begins and, last, how many shards there are; at least one block.
    """

    names: Sequence[str]
    heights: Sequence[int]
    cuts: Sequence[int]

    @property
    def number(self) -> int:
        """How many blocks there are."""
        return len(self.cuts) - 1

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(self.heights)

    @property
    def firsts(self) -> Positions:
        """The row at which each block begins and, last, how many rows there are."""
        return np.cumsum([0, *self.heights])[list(self.cuts)]

    def of(self, rows: npt.NDArray[np.integer]) -> Positions:
        """The block into which each row falls."""
        found: Positions = np.searchsorted(self.firsts[1:-1], rows.astype(np.int64), side="right").astype(np.int64)
        return found

    def shards(self, block: int) -> list[ShardInBlock]:
        """The shards of a block."""
        start, end = self.cuts[block : block + 2]
        heights = self.heights[start:end]
        firsts = (sum(self.heights[:start]) + np.cumsum([0, *heights])).tolist()
        return [ShardInBlock(*one) for one in zip(self.names[start:end], firsts[: len(heights)], heights, strict=True)]


def blocks(names: Sequence[str], heights: Sequence[int], count: int) -> Blocks:
    """At most so many blocks, of about equal numbers of rows. Raises InputError for more than MOST_ROWS.

    >>> cut = blocks("abcd", [3, 3, 1, 5], 2)
    >>> cut.cuts, cut.of(np.array([0, 5, 6, 11])).tolist(), cut.shards(1)
    ([0, 2, 4], [0, 0, 1, 1], [ShardInBlock(name='c', first=6, height=1), ShardInBlock(name='d', first=7, height=5)])
    >>> blocks([], [], 2).number
    1
    """
    if sum(heights) > MOST_ROWS:
        raise InputError(
            f"dedup: {sum(heights):,} rows are left after validation",
            allowed=f"at most {MOST_ROWS:,}",
            hint="prepare the raw data in parts, and leave rows out of one that others have",
        )
    wide = max(-(-sum(heights) // count), 1)
    places = (np.cumsum([0, *heights])[:-1] // wide).tolist()
    inner = [shard for shard in range(1, len(names)) if places[shard] != places[shard - 1]]
    return Blocks(list(names), list(heights), [0, *inner, len(names)])


def write_bits(file: Location, bits: npt.NDArray[np.bool_]) -> None:
    """Write a bit for each row of a block."""
    storage.write(file, np.packbits(bits).data)


def read_bits(files: Sequence[Location], among: Blocks) -> npt.NDArray[np.bool_]:
    """The bit of each of all rows, of a file for each block."""
    found = storage.read_each([(file, -1, 0) for file in files], np.uint8)
    counts = np.diff(among.firsts).tolist()
    every = [np.unpackbits(bits, count=count) for bits, count in zip(found, counts, strict=True)]
    return np.concatenate(every).astype(np.bool_)


def of_shard(rows: npt.NDArray[np.integer], shard: ShardInBlock) -> npt.NDArray[np.bool_]:
    """Which rows stand in a shard."""
    found: npt.NDArray[np.bool_] = (rows >= shard.first) & (rows < shard.first + shard.height)
    return found

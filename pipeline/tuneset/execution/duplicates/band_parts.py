"""Which rows share bands, over many machines: each task has a range of the keys of one band.

Keys that repeat in a band are found range by range. They go to the blocks of their rows, where it is counted in how
many bands each row stands beside others; the keys of rows that do so in enough bands come back to their ranges, so that
those that share a band can be linked. Equal keys fall into one range, whatever the number of ranges, which decides
nothing.

Up to KEYS_A_RANGE rows a band is one range, and its keys are read where they lie; of more rows all keys are written
once more, by range. This process holds how many keys each block has for each range.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.execution import exchange, storage
from tuneset.execution.duplicates.band_files import LABEL, Bands
from tuneset.execution.duplicates.row_blocks import Blocks
from tuneset.execution.exchange import Piece, Records, Written
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.similarity import minhash, near_duplicates
from tuneset.similarity.minhash import NO_KEY, Keys, Likeness

KEYS_A_RANGE = 1 << 24
"""Of one band: 150 MB, and twice that while those that repeat are found."""

RECORD = np.dtype([("row", np.uint32), ("first", np.uint32), ("rest", np.uint8)])
"""A row and the `minhash.halves` of its key in one band."""


class Shared(NamedTuple):
    """The rows that share enough bands with others.

    Args:
        total: how many there are.
        keys: RECORD of these rows, for each band in which their key repeats, by the part of the key.
            Parts are all ranges of the first band, then all of the next.
    """

    total: int
    keys: Written

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return int(self.keys.counts.shape[1])


def candidates(
    bands: Bands,
    open_rows: Sequence[Location],
    blocks: Blocks,
    likeness: Likeness,
    folder: Location,
    executor: Executor,
    size: int,
    ranges: int | None = None,
) -> Shared:
    """Which rows share enough bands with others, as `near_duplicates.candidates` says; `open_rows` has bits.

    By default there are ranges of KEYS_A_RANGE rows.
    """
    count = likeness.bands[0]
    ranges = ranges or blocks.rows // KEYS_A_RANGE + 1
    parts = count * ranges
    numbers = range(blocks.number)
    given: Written | None = None
    if ranges > 1:
        divide = functools.partial(
            write_ranges, bands=bands, open_rows=open_rows, blocks=blocks, folder=folder, count=count, ranges=ranges
        )
        counts = executor.map(divide, numbers, label=LABEL, size=size)
        given = exchange.written([folder / f"{block}.band-keys" for block in numbers], counts, parts)
    look = functools.partial(write_repeated, bands=bands, open_rows=open_rows, blocks=blocks, folder=folder)
    tasks = ((part, given and given.of_part(part)) for part in range(parts))
    counts = executor.map(look, tasks, label=LABEL, size=size, count=parts)
    repeated = exchange.written([folder / f"{part}.repeated" for part in range(parts)], counts, blocks.number)
    if given is not None:
        given.remove()
    choose = functools.partial(write_shared, blocks=blocks, folder=folder, parts=parts, enough=likeness.enough_bands)
    ones = ((block, np.flatnonzero(repeated.counts[:, block]), repeated.of_part(block)) for block in numbers)
    found = list(executor.map(choose, ones, label=LABEL, size=size, count=blocks.number))
    repeated.remove()
    keys = exchange.written([folder / f"{block}.shared" for block in numbers], [one for _, one in found], parts)
    return Shared(sum(total for total, _ in found), keys)


# --- in workers --------------------------------------------------------------------------------------------------


def write_ranges(
    block: int,
    *,
    bands: Bands,
    open_rows: Sequence[Location],
    blocks: Blocks,
    folder: Location,
    count: int,
    ranges: int,
) -> list[int]:
    """Write the keys of the open rows of a block, in all bands, by part; give how many each part has.

    Parts of a band stand together, so that it is one band at a time that is put in order.
    """
    first, end = blocks.firsts[block : block + 2].tolist()
    written, counts = np.empty(count * (end - first), RECORD), np.zeros((count, ranges), np.int64)
    filled = 0
    for band in range(count):
        keys = _open_keys(bands, band, open_rows, blocks, block)
        part_of = range_of(keys["first"], ranges)
        counts[band] = np.bincount(part_of, minlength=ranges)
        written[filled : filled + len(keys)] = exchange.in_order(keys, part_of, ranges)
        filled += len(keys)
    storage.write(folder / f"{block}.band-keys", written[:filled].view(np.uint8).data)
    by_part: list[int] = counts.ravel().tolist()
    return by_part


def write_repeated(
    task: tuple[int, Sequence[Piece] | None],
    *,
    bands: Bands,
    open_rows: Sequence[Location],
    blocks: Blocks,
    folder: Location,
) -> list[int]:
    """Write which rows share a key of a part with others, and the key, by block; give how many each block has."""
    part, pieces = task
    if pieces is None:  # one range a band
        given = np.concatenate([_open_keys(bands, part, open_rows, blocks, block) for block in range(blocks.number)])
    else:
        given = exchange.read(pieces, RECORD)
    repeated = given[near_duplicates.repeated_keys(given["first"], given["rest"])]
    return exchange.write(folder / f"{part}.repeated", repeated, blocks.of(repeated["row"]), blocks.number)


def write_shared(
    task: tuple[int, Sequence[int], Sequence[Piece]], *, blocks: Blocks, folder: Location, parts: int, enough: int
) -> tuple[int, list[int]]:
    """Write the keys of the rows of a block that stand beside others in enough bands, by part.

    Given are the parts that have something of the block, and where that lies. Gives how many such rows there are, and
    how many keys each part has.
    """
    block, given, pieces = task
    first, end = blocks.firsts[block : block + 2].tolist()
    keys = exchange.read(pieces, RECORD)
    part_of = np.repeat(np.array(given, np.int64), [piece.records for piece in pieces])
    places = keys["row"].astype(np.int64) - first
    shared = np.bincount(places, minlength=end - first) >= enough
    chosen = shared[places]
    return int(shared.sum()), exchange.write(folder / f"{block}.shared", keys[chosen], part_of[chosen], parts)


def range_of(first: npt.NDArray[np.uint32], ranges: int) -> npt.NDArray[np.int64]:
    """Which of so many ranges of equal width keys fall into, by their first halves.

    >>> range_of(np.array([0, 1 << 31, 2**32 - 1], np.uint32), 3).tolist()
    [0, 1, 2]
    """
    return (first.astype(np.int64) * ranges) >> minhash.FIRST_BITS


def whole_keys(records: Records) -> Keys:
    """The keys of records."""
    return minhash.whole(records["first"], records["rest"])


def _open_keys(bands: Bands, band: int, open_rows: Sequence[Location], blocks: Blocks, block: int) -> Records:
    """The keys of the open rows of a block in one band, but for those that have none."""
    shards = blocks.shards(block)
    keys = bands.of_shards(band, ((shard.name, shard.height) for shard in shards))
    bits = storage.read_numbers(open_rows[block], np.uint8)
    there = np.flatnonzero(np.unpackbits(bits, count=len(keys)).astype(np.bool_) & (keys != NO_KEY))
    records = np.zeros(len(there), RECORD)
    records["row"] = there + blocks.firsts[block]
    records["first"], records["rest"] = minhash.halves(keys[there])
    return records

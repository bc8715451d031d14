"""The band keys of all rows, as they lie: one file a shard, band after band. One band is read at a time.

On many machines each band is a task of its own: of it comes a bit a row, and those of all bands are counted by blocks
of rows.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.execution import shard_tasks, storage
from tuneset.execution.duplicates import row_blocks
from tuneset.execution.duplicates.row_blocks import Blocks
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.similarity import near_duplicates
from tuneset.similarity.minhash import NO_KEY, Keys, Likeness

KEY_BYTES = NO_KEY.itemsize
LABEL = "dedup: near duplicates"


class Bands(NamedTuple):
    """Where the keys of all rows lie.

    Args:
        folder: of the files `NAME.bands`.
        names: of the shards, in order.
        heights: how many rows each has.
    """

    folder: Location
    names: Sequence[str]
    heights: Sequence[int]

    def read(self, band: int, taking_part: npt.NDArray[np.bool_]) -> Keys:
        """The keys of all rows in one band; NO_KEY for a row that takes no part."""
        pieces = [
            (self.folder / f"{name}.bands", height, band * height * KEY_BYTES)
            for name, height in zip(self.names, self.heights, strict=True)
        ]
        keys: Keys = np.concatenate([np.zeros(0, np.uint32), *storage.read_each(pieces, np.uint32)])
        keys[~taking_part] = NO_KEY
        return keys


class Shared(NamedTuple):
    """Which rows share enough bands with others.

    Args:
        files: of bits, for `row_blocks.read_bits`.
        total: how many do.
    """

    files: Sequence[Location]
    total: int


def have(
    source: Location, folder: Location, shards: Mapping[str, str], params: Params, executor: Executor, size: int
) -> Location:
    """Have the keys of all shards made, where nobody has; give the folder in which they lie."""
    if all((source / f"{name}.bands").is_file() for name in shards):
        return source
    sign = functools.partial(shard_tasks.sign_shard, source=source, folder=folder, params=params)
    for _ in executor.map(sign, list(shards.items()), label="dedup: signatures", size=size):
        pass
    return folder


def candidates(
    bands: Bands,
    open_rows: Sequence[Location],
    blocks: Blocks,
    likeness: Likeness,
    folder: Location,
    executor: Executor,
    size: int,
) -> Shared:
    """Which rows share enough bands with others, as `near_duplicates.candidates` says; `open_rows` has bits."""
    repeated = [folder / f"{band}.repeated" for band in range(likeness.bands[0])]
    write = functools.partial(write_repeated, bands=bands, open_rows=open_rows, blocks=blocks)
    for _ in executor.map(write, list(enumerate(repeated)), label=LABEL, size=size):
        pass
    files = [folder / f"{block}.shared" for block in range(blocks.number)]
    count = functools.partial(write_shared, repeated=repeated, blocks=blocks, enough=likeness.enough_bands)
    found = Shared(files, sum(executor.map(count, list(enumerate(files)), label=LABEL, size=size)))
    for file in repeated:
        file.unlink(missing_ok=True)
    return found


def write_repeated(task: tuple[int, Location], *, bands: Bands, open_rows: Sequence[Location], blocks: Blocks) -> None:
    """Write which rows share one band with others, a bit each. In a worker."""
    band, file = task
    taking_part = row_blocks.read_bits(open_rows, blocks)
    found = near_duplicates.repeated_in(lambda one: bands.read(one, taking_part), band)
    row_blocks.write_bits(file, found)


def write_shared(task: tuple[int, Location], *, repeated: Sequence[Location], blocks: Blocks, enough: int) -> int:
    """Write which rows of a block share enough bands with others; give how many do. In a worker."""
    block, file = task
    first, end = blocks.firsts[block : block + 2].tolist()
    start, bits_before = divmod(first, 8)
    size = -(-end // 8) - start
    counts = np.zeros(end - first, np.uint16)
    for bits in storage.read_each([(one, size, start) for one in repeated], np.uint8):
        counts += np.unpackbits(bits)[bits_before : bits_before + len(counts)]
    found = counts >= enough
    row_blocks.write_bits(file, found)
    return int(found.sum())

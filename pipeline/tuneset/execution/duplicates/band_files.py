"""The band keys of all rows, as they lie: one file a shard, band after band. One band is read at a time.

On many machines each band is a task of its own: of it comes a bit a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.execution import storage
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
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
        taking_part: which rows can be near duplicates, a bit each.
    """

    folder: Location
    names: Sequence[str]
    heights: Sequence[int]
    taking_part: npt.NDArray[np.uint8]

    def read(self, band: int) -> Keys:
        """The keys of all rows in one band; NO_KEY for a row that takes no part."""
        pieces = [
            (self.folder / f"{name}.bands", height, band * height * KEY_BYTES)
            for name, height in zip(self.names, self.heights, strict=True)
        ]
        keys: Keys = np.concatenate([np.zeros(0, np.uint32), *storage.read_each(pieces, np.uint32)])
        keys[np.unpackbits(self.taking_part, count=len(keys)) == 0] = NO_KEY
        return keys


def candidates(bands: Bands, likeness: Likeness, executor: Executor, size: int) -> npt.NDArray[np.bool_]:
    """Which rows share enough bands with others, as `near_duplicates.candidates` says."""
    if not executor.repeats:
        look = near_duplicates.candidates
        return executor.over_all(lambda: look(bands.read, likeness), label=LABEL)
    tasks = [(bands, band) for band in range(likeness.bands[0])]
    rows = sum(bands.heights)
    counts = np.zeros(rows, np.uint16)
    for bits in executor.map(repeated, tasks, label=LABEL, size=size):
        counts += np.unpackbits(bits, count=rows)
    shared: npt.NDArray[np.bool_] = counts >= likeness.enough_bands
    return shared


def repeated(task: tuple[Bands, int]) -> npt.NDArray[np.uint8]:
    """Which rows share one band with others, a bit each. In a worker."""
    bands, band = task
    return np.packbits(near_duplicates.repeated_in(bands.read, band))

"""The band keys of all rows, as they lie: one file a shard, band after band. One band is read at a time."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.execution import shard_tasks, storage
from tuneset.execution.executor import Executor
from tuneset.execution.stores.location import Location
from tuneset.params import Params
from tuneset.similarity import minhash
from tuneset.similarity.minhash import KEY_BYTES, NO_KEY, Keys

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
        keys = self.of_shards(band, zip(self.names, self.heights, strict=True))
        keys[~taking_part] = NO_KEY
        return keys

    def of_shards(self, band: int, shards: Iterable[tuple[str, int]]) -> Keys:
        """The keys of all rows of some shards in one band, given the names of the shards and how many rows each has."""
        pieces = [
            (self.folder / f"{name}.bands", height * KEY_BYTES, band * height * KEY_BYTES) for name, height in shards
        ]
        found = (minhash.unpacked(data) for data in storage.read_each(pieces, np.uint8))
        return np.concatenate([np.zeros(0, np.uint64), *found])


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

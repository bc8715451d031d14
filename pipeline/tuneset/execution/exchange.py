"""Records on their way from the tasks of one step to those of the next, each of which is about a part of all rows.

A task writes one file, in the order of the parts; a task of the next step reads its part of each file. Neither holds
more than its own records, and the process between them holds how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.execution import storage
from tuneset.execution.stores.location import Location

_FEW_PARTS = 1 << 16
"""Numbers of 16 bits are sorted in a tenth of the time, by their bytes."""

Records = npt.NDArray[Any]
"""Numbers, or records of numbers."""


class Piece(NamedTuple):
    """What a file has for a part: how many records, after how many others."""

    file: Location
    records: int
    first: int


class Written(NamedTuple):
    """Files of one step, and how many records each has for each part: a row a file, a column a part."""

    files: Sequence[Location]
    counts: npt.NDArray[np.int64]

    def of_part(self, part: int) -> list[Piece]:
        """Where the records of a part lie, in the order of the files."""
        firsts = self.counts[:, :part].sum(axis=1)
        return [
            Piece(file, count, first)
            for file, count, first in zip(self.files, self.counts[:, part].tolist(), firsts.tolist(), strict=True)
            if count
        ]

    @property
    def total(self) -> int:
        """How many records there are."""
        return int(self.counts.sum())

    def remove(self) -> None:
        """Remove the files, once nobody reads them any more."""
        for file in self.files:
            file.unlink(missing_ok=True)


def written(files: Sequence[Location], counts: Iterable[Sequence[int]], parts: int) -> Written:
    """Files, given what `write` gave of each."""
    return Written(files, np.array([np.array(one, np.int64) for one in counts], np.int64).reshape(-1, parts))


def write(file: Location, records: Records, part_of: npt.NDArray[np.int64], parts: int) -> list[int]:
    """Write records in the order of their parts, those of a part as they come; give how many each part has."""
    storage.write(file, np.ascontiguousarray(in_order(records, part_of, parts)).view(np.uint8).data)
    counts: list[int] = np.bincount(part_of, minlength=parts).tolist()
    return counts


def in_order(records: Records, part_of: npt.NDArray[np.int64], parts: int) -> Records:
    """Records in the order of their parts, those of a part as they come.

    >>> in_order(np.array([7, 8, 9]), np.array([1, 0, 1]), 2).tolist()
    [8, 7, 9]
    """
    few = part_of.astype(np.uint16) if parts <= _FEW_PARTS else part_of
    return records[np.argsort(few, kind="stable")]


def read(pieces: Sequence[Piece], dtype: npt.DTypeLike) -> Records:
    """The records of some pieces, one piece after the other."""
    kind = np.dtype(dtype)
    return np.concatenate([np.zeros(0, kind), *read_each(pieces, kind)])


def read_each(pieces: Sequence[Piece], dtype: npt.DTypeLike) -> list[Records]:
    """The records of each piece."""
    kind = np.dtype(dtype)
    places = [(piece.file, piece.records * kind.itemsize, piece.first * kind.itemsize) for piece in pieces]
    return [data.view(kind) for data in storage.read_each(places, np.uint8)]

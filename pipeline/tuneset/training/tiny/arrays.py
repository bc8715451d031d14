"""The arrays that the tiny model is made of, and two things that are done with them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Ids: TypeAlias = npt.NDArray[np.int64]
Hits: TypeAlias = npt.NDArray[np.bool_]
Parameters: TypeAlias = dict[str, Floats]


def normal(random: np.random.Generator, shape: tuple[int, int], scale: float) -> Floats:
    """Numbers drawn around zero, with this standard deviation."""
    return random.standard_normal(shape, dtype=np.float32) * np.float32(scale)


def sum_by_id(ids: Ids, rows: Floats, pieces: int) -> Floats:
    """Add up the rows that belong to one piece, always in the same order, so that equal runs give equal bits.

    >>> sum_by_id(np.array([2, 0, 2]), np.array([[1], [2], [3]], np.float32), 3).tolist()
    [[2.0], [0.0], [4.0]]
    """
    flat = ids.ravel()
    table = rows.reshape(len(flat), -1)
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    total = np.zeros((pieces, table.shape[1]), np.float32)
    total[ordered[starts]] = np.add.reduceat(table[order], starts, axis=0)
    return total

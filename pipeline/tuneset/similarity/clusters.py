"""Groups of near duplicates, and which row of each is kept.

Rows are numbered here in the order in which they are preferred: row 0 is the first to be kept. `connect` joins rows
into groups, `representatives` decides within them. What was compared, and why, is the business of `near_duplicates`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.similarity.ragged import Positions
from tuneset.similarity.set_store import Similarities

MOST_ROUNDS, MOST_TOLD_ROUNDS = 64, 16
"""Representatives per group that are compared with all of its other rows, by themselves and where rows are told apart;
only groups of long chains have more, and forms that were filled in many times."""

Compare = Callable[[Positions, Positions], Similarities]
"""The exact similarity of pairs of rows."""
Apart = Callable[[Positions, Positions], npt.NDArray[np.bool_]]
"""Which pairs of alike rows say something else, so that neither stands for the other."""
Likely = Callable[[Positions], tuple[Positions, Positions]]
"""Pairs among some rows that are worth a comparison."""


class Telling(NamedTuple):
    """How alike rows are told apart, and which of many rows of a group may be no others."""

    apart: Apart
    likely: Likely


@dataclasses.dataclass(frozen=True)
class Edges:
    """Pairs of rows whose exact similarity reaches the threshold."""

    left: Positions
    right: Positions
    similarity: Similarities


def connect(labels: Positions, left: Positions, right: Positions) -> Positions:
    """Join the groups of each pair of rows. `labels[i]` is the first row of the group of row i.

    >>> connect(np.arange(6), np.array([4, 1, 2]), np.array([2, 3, 5])).tolist()
    [0, 1, 2, 1, 2, 2]
    """
    labels = labels.copy()
    while True:
        first, second = labels[left], labels[right]
        apart = first != second
        if not apart.any():
            return labels
        np.minimum.at(labels, np.maximum(first, second)[apart], np.minimum(first, second)[apart])
        while True:
            flat = labels[labels]
            if np.array_equal(flat, labels):
                break
            labels = flat


def representatives(
    labels: Positions, edges: Edges, compare: Compare, threshold: float, telling: Telling | None = None
) -> tuple[Positions, Similarities]:
    """Which row each row is represented by (itself, if it is kept), and its similarity to that row.

    In each group the first row represents every row whose similarity to it, compared now, reaches the threshold. Of
    the rest, again the first represents, until none is left. A row that is in the group only through a chain of
    others, and unlike the representative, is therefore kept or represented by a row that it is like. So is one that
    `telling` tells from it. Of a group in which too many are told apart for that, likely pairs are compared.
    """
    apart = telling.apart if telling else None
    kept = np.arange(len(labels))
    similarity = np.ones(len(labels))
    open_rows = np.flatnonzero(np.bincount(labels, minlength=len(labels))[labels] > 1)
    for _ in range(MOST_TOLD_ROUNDS if telling else MOST_ROUNDS):
        first = np.full(len(labels), len(labels))
        np.minimum.at(first, labels[open_rows], open_rows)
        leaders = first[labels[open_rows]]
        others = leaders != open_rows
        open_rows, leaders = open_rows[others], leaders[others]
        if not len(open_rows):
            return kept, similarity
        found = compare(leaders, open_rows)
        alike = found >= threshold
        if apart is not None:
            places = np.flatnonzero(alike)
            alike[places[apart(leaders[places], open_rows[places])]] = False
        kept[open_rows[alike]] = leaders[alike]
        similarity[open_rows[alike]] = found[alike]
        open_rows = open_rows[~alike]
    if telling:
        left, right = telling.likely(open_rows)
        found = compare(left, right)
        alike = found >= threshold
        edges = Edges(
            np.concatenate([edges.left, left[alike]]),
            np.concatenate([edges.right, right[alike]]),
            np.concatenate([edges.similarity, found[alike]]),
        )
    _settle(kept, similarity, open_rows, edges, apart)
    return kept, similarity


def _settle(kept: Positions, similarity: Similarities, open_rows: Positions, edges: Edges, apart: Apart | None) -> None:
    """Decide over the rows still open by the pairs already known to be alike, in place: any number of rows."""
    is_open = np.zeros(len(kept), np.bool_)
    is_open[open_rows] = True
    among = is_open[edges.left] & is_open[edges.right]
    if apart is not None:
        places = np.flatnonzero(among)
        among[places[apart(edges.left[places], edges.right[places])]] = False
    earlier, later = np.minimum(edges.left, edges.right)[among], np.maximum(edges.left, edges.right)[among]
    order = np.lexsort((earlier, later))
    columns = (earlier[order].tolist(), later[order].tolist(), edges.similarity[among][order].tolist())
    # By the time that a row is looked at, all rows before it are decided.
    for before, row, value in zip(*columns, strict=True):
        if kept[before] == before and kept[row] == row:
            kept[row], similarity[row] = before, value

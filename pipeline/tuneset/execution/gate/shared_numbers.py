"""What ranges of the training file have that validation has too, put together: who has it, and how often.

Whatever is looked for has a number: a set of shingles, a run of words, a piece of text. Here a number is given by its
place among all that validation has, so that what is kept grows with validation and not with what is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.similarity.ragged import Positions

_ROW_BITS = 32
_NOWHERE = np.uint32((1 << 32) - 1)

Small = npt.NDArray[np.uint32]


class Found(NamedTuple):
    """What a range of the training file has: one entry a place, ascending.

    Args:
        places: of what was found.
        rows: the first row that has it, from 0.
        counts: how many rows have it.
    """

    places: Small
    rows: Small
    counts: Small


_NOTHING = Found(*(np.zeros(0, np.uint32) for _ in Found._fields))


def counted(rows: Positions, places: Positions) -> Found:
    """What pairs of a row and a place say; a pair counts once.

    >>> found = counted(np.array([4, 2, 4]), np.array([7, 7, 7]))
    >>> found.places.tolist(), found.rows.tolist(), found.counts.tolist()
    ([7], [2], [2])
    """
    if not len(places):
        return _NOTHING
    pairs = places << _ROW_BITS | rows
    pairs.sort()
    new = np.ones(len(pairs), np.bool_)
    new[1:] = pairs[1:] != pairs[:-1]
    pairs = pairs[new]
    places = pairs >> _ROW_BITS
    firsts = np.flatnonzero(np.append(True, places[1:] != places[:-1]))
    rows = pairs[firsts] & ((1 << _ROW_BITS) - 1)
    counts = np.diff(np.append(firsts, len(pairs)))
    return Found(places[firsts].astype(np.uint32), rows.astype(np.uint32), counts.astype(np.uint32))


class Tally:
    """What all ranges of the training file have that were added so far, of so many places.

    >>> tally = Tally(9)
    >>> for start in (0, 10):
    ...     tally.add(counted(np.array([3, 2]), np.array([7, 7])), start)
    >>> tally.rows[7], tally.counts[7]
    (np.uint32(2), np.uint32(4))
    """

    def __init__(self, size: int) -> None:
        self.rows: Small = np.full(size, _NOWHERE, np.uint32)
        self.counts: Small = np.zeros(size, np.uint32)

    @classmethod
    def joined(cls, parts: Sequence[tuple[Small, Small]]) -> Tally:
        """What several parts have found, one after the other: rows and counts by place, as `at` gives them."""
        found = cls(0)
        found.rows, found.counts = (
            np.concatenate([np.zeros(0, np.uint32), *side]) for side in zip(*parts, strict=True)
        )
        return found

    def at(self, places: Small) -> tuple[Small, Small]:
        """The rows and counts at some places.

        >>> tally = Tally(9)
        >>> tally.add(counted(np.array([3, 2]), np.array([7, 8])), 0)
        >>> Tally.joined([tally.at(np.array([8])), tally.at(np.array([7, 6]))]).counts.tolist()
        [1, 1, 0]
        """
        return self.rows[places], self.counts[places]

    def add(self, found: Found, start: int) -> None:
        """Add what the next range has, which begins with this row."""
        new = self.counts[found.places] == 0
        self.rows[found.places[new]] = found.rows[new] + np.uint32(start)
        self.counts[found.places] += found.counts


def lines(
    tally: Tally, places: Positions | Small, examples: Positions | Small, size: int, most_rows: int | None = None
) -> dict[int, int]:
    """The lines of validation, of `size`, that have something which was found, each with one line of training; from 1.

    `places` are what examples have, `examples` whose it is. What more than `most_rows` rows of training have is told
    apart. Of several lines of training the last counts.

    >>> tally = Tally(9)
    >>> tally.add(counted(np.array([2, *range(40)]), np.array([7] + [8] * 40)), 0)
    >>> lines(tally, np.array([8, 7, 6]), np.array([0, 5, 5]), 9, 10)
    {6: 3}
    """
    counts = tally.counts[places]
    hits = counts > 0
    if most_rows is not None:
        hits &= counts <= most_rows
    found = np.zeros(size, np.int64)
    np.maximum.at(found, examples[hits], tally.rows[places[hits]].astype(np.int64) + 1)
    held = np.flatnonzero(found)
    return dict(zip((held + 1).tolist(), found[held].tolist(), strict=True))

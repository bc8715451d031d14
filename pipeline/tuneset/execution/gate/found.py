"""What ranges of the training file have that validation has too, put together: who has it, and how often.

Whatever is looked for has a number: a set of shingles, a run of words, a piece of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tuneset.similarity.ragged import Hashes, Positions

_ROW_BITS = 32


class Found(NamedTuple):
    """One entry a number, ascending.

    Args:
        numbers: what was found.
        rows: the first row that has it, from 0.
        counts: how many rows have it.
    """

    numbers: Hashes
    rows: Positions
    counts: Positions


def counted(rows: Positions, numbers: Hashes) -> Found:
    """What pairs of a row and a number say; a pair counts once.

    >>> found = counted(np.array([4, 2, 4]), np.array([7, 7, 7], np.uint64))
    >>> found.rows.tolist(), found.counts.tolist()
    ([2], [2])
    """
    order = np.lexsort((rows, numbers))
    return _runs(rows[order], numbers[order])


def placed(rows: Positions, places: Positions, known: Hashes) -> Found:
    """The same, where numbers are given by their places among the known ones, which ascend: one sort does.

    >>> found = placed(np.array([4, 2, 4]), np.array([1, 1, 1]), np.array([5, 7], np.uint64))
    >>> found.numbers.tolist(), found.rows.tolist(), found.counts.tolist()
    ([7], [2], [2])
    """
    pairs = places << _ROW_BITS | rows
    pairs.sort()
    rows, places = pairs & ((1 << _ROW_BITS) - 1), pairs >> _ROW_BITS
    found = _runs(rows, places.astype(np.uint64))
    return found._replace(numbers=known[found.numbers.astype(np.int64)])


def _runs(rows: Positions, numbers: Hashes) -> Found:
    """What pairs say that ascend by number, then row."""
    new = np.ones(len(numbers), np.bool_)
    new[1:] = (numbers[1:] != numbers[:-1]) | (rows[1:] != rows[:-1])
    rows, numbers = rows[new], numbers[new]
    firsts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]) if len(numbers) else np.zeros(0, np.bool_))
    return Found(numbers[firsts], rows[firsts], np.diff(np.append(firsts, len(numbers))))


def merged(found: Sequence[Found], sizes: Sequence[int]) -> Found:
    """What all ranges of a file have, whose rows are so many.

    >>> one = Found(np.array([7], np.uint64), np.array([2]), np.array([3]))
    >>> both = merged([one, one], [10, 10])
    >>> both.rows.tolist(), both.counts.tolist()
    ([2], [6])
    """
    before = np.cumsum([0, *sizes])
    none = np.zeros(0, np.int64)
    numbers = np.concatenate([none.astype(np.uint64), *(one.numbers for one in found)])
    rows = np.concatenate([none, *(one.rows + start for one, start in zip(found, before, strict=False))])
    counts = np.concatenate([none, *(one.counts for one in found)])
    values, firsts, places = np.unique(numbers, return_index=True, return_inverse=True)
    sums = np.zeros(len(values), np.int64)
    np.add.at(sums, places, counts)
    return Found(values, rows[firsts], sums)


def lines(found: Found, numbers: Hashes, examples: Positions, most_rows: int | None = None) -> dict[int, int]:
    """The lines of validation that have a number which was found, each with one line of training; from 1.

    `numbers` are those of validation, `examples` whose they are. What more than `most_rows` rows of training have is
    told apart.

    >>> found = Found(np.array([7, 9], np.uint64), np.array([2, 0]), np.array([3, 40]))
    >>> lines(found, np.array([9, 7, 8], np.uint64), np.array([0, 5, 6]), 10)
    {6: 3}
    """
    if not len(found.numbers):
        return {}
    places = np.minimum(np.searchsorted(found.numbers, numbers), len(found.numbers) - 1)
    hits = found.numbers[places] == numbers
    if most_rows is not None:
        hits &= found.counts[places] <= most_rows
    pairs = zip(examples[hits].tolist(), found.rows[places[hits]].tolist(), strict=True)
    return dict(sorted((example + 1, row + 1) for example, row in pairs))

"""Which of many numbers are known, and where they stand among the known ones; as good as random numbers are asked for.

A binary search of a million numbers takes twenty looks, each somewhere else in memory. Here most strange numbers fail
by one look at their leading bits, and of the others the few that begin alike are compared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.similarity.ragged import Hashes, Positions

_SLOTS_PER_NUMBER_BITS, _LEAST_SLOT_BITS, _MOST_SLOT_BITS = 4, 16, 24
"""So few strange numbers pass: one in twenty. At most 16 MB, and so have the starts of buckets."""
_MOST_BUCKET_BITS = 22


class Buckets(NamedTuple):
    """Known numbers, for numbers of which most are known.

    Args:
        numbers: ascending; one may stand there several times.
        starts: where the numbers begin that have some leading bits.
    """

    numbers: Hashes
    starts: npt.NDArray[np.uint32]

    def among(self, values: Hashes) -> tuple[Positions, Positions]:
        """The entries of known numbers that are among some values: the place of the value, and that of the entry.

        >>> known = buckets(np.array([5, 5, 1 << 63], np.uint64))
        >>> [side.tolist() for side in known.among(np.array([1 << 63, 4, 5], np.uint64))]
        [[0, 2, 2], [2, 0, 1]]
        """
        of = _leading(values, len(self.starts) - 1)
        low = self.starts[of].astype(np.int64)
        counts = self.starts[of + 1] - low
        ends = np.cumsum(counts)
        entries = np.arange(ends[-1] if len(ends) else 0) + np.repeat(low - ends + counts, counts)
        hits = np.flatnonzero(self.numbers[entries] == np.repeat(values, counts))
        return np.repeat(np.arange(len(values)), counts)[hits], entries[hits]


class Lookup(NamedTuple):
    """Known numbers, for numbers of which most are strange.

    Args:
        slots: which leading bits of a number occur at all.
        buckets: the numbers.
    """

    slots: npt.NDArray[np.bool_]
    buckets: Buckets

    def among(self, values: Hashes) -> tuple[Positions, Positions]:
        """The entries of known numbers that are among some values: the place of the value, and that of the entry.

        >>> known = build(np.array([5, 5, 1 << 63], np.uint64))
        >>> [side.tolist() for side in known.among(np.array([1 << 63, 4, 5], np.uint64))]
        [[0, 2, 2], [2, 0, 1]]
        """
        perhaps = np.flatnonzero(self.slots.take(_leading(values, len(self.slots)), mode="clip"))
        places, entries = self.buckets.among(values[perhaps])
        return perhaps[places], entries


def build(numbers: Hashes) -> Lookup:
    """Numbers to be looked up, given ascending."""
    slot_bits = min(max(len(numbers).bit_length() + _SLOTS_PER_NUMBER_BITS, _LEAST_SLOT_BITS), _MOST_SLOT_BITS)
    slots = np.zeros(1 << slot_bits, np.bool_)
    slots[_leading(numbers, len(slots))] = True
    return Lookup(slots, buckets(numbers))


def buckets(numbers: Hashes) -> Buckets:
    """The same without a look at their leading bits first."""
    size = 1 << min(len(numbers).bit_length(), _MOST_BUCKET_BITS)
    starts = np.zeros(size + 1, np.uint32)
    np.cumsum(np.bincount(_leading(numbers, size), minlength=size), dtype=np.uint32, out=starts[1:])
    return Buckets(numbers, starts)


def _leading(values: Hashes, size: int) -> Positions:
    """The leading bits of values by which a table of this size is asked; the size is a power of two.

    >>> _leading(np.array([0, 3 << 62], np.uint64), 4).tolist()
    [0, 3]
    """
    return (values >> np.uint64(65 - size.bit_length())).view(np.int64)

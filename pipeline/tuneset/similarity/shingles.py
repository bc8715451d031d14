"""Shingles: every n units in a row, as 64-bit hashes; the set of them is what two texts are compared by.

A text of fewer than n units has one shingle, the whole of it; a text without a unit has none and is like no other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tuneset.similarity.message_text import set_apart
from tuneset.similarity.ragged import Hashes, Positions, Ragged, Texts
from tuneset.similarity.words import chain, mix, unit_batches

SET_BITS = 52
"""Bits of a hash in a set; the other 12 of a word number the texts, or pairs of them, that are sorted together."""
_SETS_AT_ONCE = 512  # as many texts could be numbered as 1 << (64 - SET_BITS)


class Runs:
    """What `chain` makes of values in a row; runs of one length are made of shorter ones, which are kept.

    >>> values = np.arange(1, 5, dtype=np.uint64)
    >>> bool(Runs(values).of(3)[1] == chain(chain(values[1:2], values[2:3]), values[3:])[0])
    True
    """

    def __init__(self, values: Hashes) -> None:
        self._known = {1: values}

    def of(self, n: int) -> Hashes:
        """A number for every n values in a row, not mixed; none where there are fewer."""
        if n not in self._known:
            first = 1 << (n - 1).bit_length() - 1
            heads, tails = self.of(first), self.of(n - first)
            count = max(len(self._known[1]) - n + 1, 0)
            self._known[n] = chain(heads[:count], tails[first : first + count], n - first)
        return self._known[n]


def shingle_hashes(units: Ragged, n: int) -> Ragged:
    """Hash every n units in a row of each text, in their order, repetitions included.

    >>> from tuneset.similarity.words import unit_hashes
    >>> units = unit_hashes([b"a b c d", b"a b c", b"b c d", b"a b", b""])
    >>> shingles = shingle_hashes(units, 3)
    >>> shingles.counts.tolist(), shingles.values[1] == shingles.values[3]
    ([2, 1, 1, 1, 0], np.True_)
    """
    counts = units.counts
    total = len(units.values)
    hashes = np.zeros(total, np.uint64)
    if total >= n:
        hashes[: total - n + 1] = Runs(units.values).of(n)
    _hash_short(hashes, units, n)
    kept_counts = np.maximum(counts - n + 1, np.minimum(counts, 1))
    # The last n - 1 units of a text begin no shingle of it.
    keep = np.ones(total, np.bool_)
    for offset in range(n - 1):
        rows = counts - kept_counts > offset
        keep[units.starts[1:][rows] - 1 - offset] = False
    starts = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(kept_counts, out=starts[1:])
    return Ragged(mix(hashes[keep]), starts)


def shingle_sets(texts: Texts, n: int, prepare: Callable[[Ragged], Ragged] | None = None) -> Ragged:
    """The distinct shingles of each text, ascending, as hashes of SET_BITS bits; of its units as `prepare` leaves them.

    That two of the k shingles of a pair of texts share a hash has a chance of about k * k / 2**53: for texts of 500
    shingles 1e-10 a pair, and then the similarity is off by 0.001.

    >>> import polars as pl
    >>> shingle_sets(Texts.whole(pl.Series(["a b a b a b", "", "a b c"])), 2).counts.tolist()
    [2, 0, 2]
    """
    parts = []
    for batch, units in unit_batches(texts, _SETS_AT_ONCE):
        left = units if prepare is None else prepare(units)
        parts.append(_batch_sets(left if texts.beside is None else set_apart(left, texts.beside[batch]), n))
    values = [np.zeros(0, np.uint64), *(part.values for part in parts)]
    counts = [np.zeros(1, np.int64), *(part.counts for part in parts)]
    return Ragged(np.concatenate(values), np.cumsum(np.concatenate(counts)))


def _batch_sets(units: Ragged, n: int) -> Ragged:
    """The sets of so few texts that the text's number and the hash share 64 bits: one sort does for all."""
    shingles = shingle_hashes(units, n)
    firsts = np.arange(len(units.starts) - 1, dtype=np.uint64) << np.uint64(SET_BITS)
    keys = np.repeat(firsts, shingles.counts)
    keys |= shingles.values >> np.uint64(64 - SET_BITS)
    keys.sort()
    new = np.ones(len(keys), np.bool_)
    new[1:] = keys[1:] != keys[:-1]
    keys = keys[new]
    starts = np.append(np.searchsorted(keys, firsts), len(keys))
    keys &= np.uint64((1 << SET_BITS) - 1)
    return Ragged(keys, starts)


def _hash_short(hashes: Hashes, units: Ragged, n: int) -> None:
    """Enter the one shingle of each text of fewer than n units at the place of its first unit."""
    counts = units.counts
    for size in range(1, n):
        first: Positions = units.starts[:-1][counts == size]
        if not len(first):
            continue
        whole = units.values[first]
        for offset in range(1, size):
            whole = chain(whole, units.values[first + offset])
        hashes[first] = whole

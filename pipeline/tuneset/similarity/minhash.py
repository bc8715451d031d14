"""MinHash band keys: texts with a key in common are probably alike, and worth comparing.

One permutation hashing: each shingle falls into one of `permutations` bins by its hash, a bin keeps its least one, and
an empty bin borrows from the first full one on a walk of its own through the bins (optimal densification, Shrivastava
2017). Two texts agree in a bin with a probability of their Jaccard similarity, as under full permutations, for a
small part of the work. Nothing is decided here: equal keys make candidates, `verify` compares.
"""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np
import numpy.typing as npt

from tuneset.similarity.message_text import set_apart
from tuneset.similarity.ragged import Hashes, Positions, Ragged, Texts
from tuneset.similarity.shingles import shingle_hashes
from tuneset.similarity.words import chain, mix, unit_batches

TARGET_RECALL = 0.999
"""Least share of the pairs at the threshold itself that share enough bands; above the threshold it is higher."""
ENOUGH_BANDS = 2
"""Bands in which a row must stand beside another one to be compared at all. Pairs far below the threshold share one
by chance; with two asked for, half as many rows are compared, and of a pair at 0.8 it costs 6 in 10,000."""
BATCH_TEXTS = 384
"""Texts worked on at a time: few enough that the allocator hands the same warm pages out again (measured)."""

FEW_SHINGLES = 8
"""Texts of so few shingles borrow by another, equal way: about where the two cost the same (128 bins, measured)."""

_SINGLE_STEPS, _STEPS_AT_ONCE = 6, 32  # of a walk through the bins; measured

KEY_BITS, FIRST_BITS = 40, 32
"""Of a band key. Rows have numbers of 32 bits, and of so many rows 0.4 % share two bands with strangers by chance.
The first bits tell most rows from all others, so that the rest is looked at of few."""

Keys = npt.NDArray[np.uint64]
"""Below 1 << KEY_BITS."""
KEY_BYTES = KEY_BITS // 8
"""Of a key in a file."""

NO_KEY = np.uint64(0)
"""The key of a text that takes no part. Of a text that has it by chance that one band does not count."""

_EMPTY = np.uint64(2**64 - 1)
_HALF = np.uint64(32)
_DROPPED = np.uint64(64 - KEY_BITS)
_REST = np.uint64(KEY_BITS - FIRST_BITS)


@dataclasses.dataclass(frozen=True)
class Likeness:
    """When two texts are near duplicates.

    Args:
        threshold: least Jaccard similarity of their sets of shingles, above 0 and up to 1.
        n: units (words, or characters of scripts without spaces) in a shingle.
        permutations: length of a MinHash signature; more find more pairs below a high threshold, and cost more.
        reach: the least similarity of whole texts that are to be compared, where that is not the threshold.
    """

    threshold: float = 0.8
    n: int = 5
    permutations: int = 128
    reach: float | None = None

    @property
    def bands(self) -> tuple[int, int]:
        """How many bands, and rows in each: the widest bands that still find TARGET_RECALL at the threshold.

        >>> Likeness(0.8).bands, Likeness(0.9).bands, Likeness(0.5).bands
        ((25, 5), (18, 7), (64, 2))
        """
        for rows in range(self.permutations, 1, -1):
            count = self.permutations // rows
            if recall(self._reach, count, rows, ENOUGH_BANDS) >= TARGET_RECALL:
                return count, rows
        return self.permutations, 1

    @property
    def enough_bands(self) -> int:
        """How many bands two texts must share to be compared: ENOUGH_BANDS, or one where so many find too few.

        >>> Likeness(0.8).enough_bands, Likeness(0.1, permutations=16).enough_bands
        (2, 1)
        """
        return ENOUGH_BANDS if recall(self._reach, *self.bands, ENOUGH_BANDS) >= TARGET_RECALL else 1

    @property
    def _reach(self) -> float:
        return self.threshold if self.reach is None else self.reach


def recall(similarity: float, count: int, rows: int, enough: int) -> float:
    """The chance that two texts of a similarity agree in `enough` of `count` bands of `rows` values.

    >>> round(recall(0.8, 25, 5, 1), 5), round(recall(0.8, 25, 5, 2), 5)
    (0.99995, 0.99936)
    """
    band = similarity**rows
    return 1 - sum(math.comb(count, shared) * band**shared * (1 - band) ** (count - shared) for shared in range(enough))


def band_keys(texts: Texts, likeness: Likeness) -> Keys:
    """The band keys of each text: one row a band, one column a text.

    They have KEY_BITS bits: of a million texts two share one by chance in every other band, which makes candidates and
    decides nothing.
    A text without a unit (null, empty, nothing but punctuation) has NO_KEY in all bands: it is like no other.
    """
    count, rows = likeness.bands
    keys = np.empty((count, len(texts.starts) - 1), np.uint64)
    for batch, units in unit_batches(texts, BATCH_TEXTS):
        apart = units if texts.beside is None else set_apart(units, texts.beside[batch])
        shingles = shingle_hashes(apart, likeness.n)
        keys[:, batch] = _fold_bands(signatures(shingles, likeness.permutations), count, rows) >> _DROPPED
        keys[:, batch][:, shingles.counts == 0] = NO_KEY
    return keys


def halves(keys: Keys) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """The first FIRST_BITS of keys, and the rest of each: five bytes a key, as they lie in files.

    >>> [half.tolist() for half in halves(np.array([0x0123456789], np.uint64))] == [[0x01234567], [0x89]]
    True
    """
    return (keys >> _REST).astype(np.uint32), keys.astype(np.uint8)


def whole(first: npt.NDArray[np.uint32], rest: npt.NDArray[np.uint8]) -> Keys:
    """The keys of which these are the `halves`.

    >>> f"{whole(np.array([0x01234567], np.uint32), np.array([0x89], np.uint8))[0]:x}"
    '123456789'
    """
    keys: Keys = first.astype(np.uint64) << _REST
    keys |= rest
    return keys


def packed(keys: Keys) -> npt.NDArray[np.uint8]:
    """Keys as they lie in files: of each band the first halves of all texts, and then the others."""
    return np.hstack([half.view(np.uint8) for half in halves(np.ascontiguousarray(keys))])


def unpacked(band: npt.NDArray[np.uint8]) -> Keys:
    """The keys of a band that was `packed`.

    >>> [f"{key:x}" for key in unpacked(packed(np.array([[5, 0x0123456789]], np.uint64))[0]).tolist()]
    ['5', '123456789']
    """
    texts = len(band) // KEY_BYTES
    return whole(band[: -texts or None].view(np.uint32), band[len(band) - texts :])


def signatures(shingles: Ragged, permutations: int) -> Hashes:
    """MinHash signatures: one row a text, one column a permutation; rows of texts without shingles mean nothing."""
    texts = len(shingles.starts) - 1
    evenly = shingles.values >> _HALF
    evenly *= np.uint64(permutations)
    evenly >>= _HALF
    bins = evenly.view(np.int64)  # from 0
    first = np.repeat(np.arange(texts, dtype=np.int64) * permutations, shingles.counts)
    first += bins
    least = np.full(texts * permutations, _EMPTY)
    np.minimum.at(least, first, shingles.values)
    signature = least.reshape(texts, permutations)
    few = shingles.counts <= FEW_SHINGLES
    if not few.any():
        return _borrow(signature)
    signature[few] = _borrow_few(shingles, bins, few, permutations)
    signature[~few] = _borrow(signature[~few])
    return signature


def _borrow(least: Hashes) -> Hashes:
    """Give each empty bin the value of the first full bin on its walk; every row has a full bin.

    The first steps are taken one by one, since each finds most of what is left; then the few bins that are left look at
    many of theirs at once, as a step by itself takes numpy as long for ten bins as for a thousand.
    """
    texts, permutations = least.shape
    steps = _walk_steps(permutations)
    flat = least.reshape(-1)
    filled = flat.copy()
    empty: Positions = (flat == _EMPTY).nonzero()[0]
    # A power of two, as it is by default, needs no division, which takes numpy half as long as a step.
    bins = empty & (permutations - 1) if permutations & (permutations - 1) == 0 else empty % permutations
    step = 1
    while len(empty) and step < permutations:
        if step <= _SINGLE_STEPS:
            found = flat.take(empty + steps[step].take(bins))
            step += 1
        else:
            met = flat.take(empty + steps[step : step + _STEPS_AT_ONCE].take(bins, axis=1))
            found = met.take((met != _EMPTY).argmax(axis=0) * len(empty) + np.arange(len(empty)))
            step += _STEPS_AT_ONCE
        filled[empty] = found
        open_still = (found == _EMPTY).nonzero()[0]
        empty, bins = empty.take(open_still), bins.take(open_still)
    return filled.reshape(texts, permutations)


def _borrow_few(shingles: Ragged, bins: Positions, few: npt.NDArray[np.bool_], permutations: int) -> Hashes:
    """What `_borrow` gives, for the texts with few shingles: each shingle is asked how soon each walk reaches it.

    With so many empty bins that is far shorter than walking.
    """
    steps = _steps(permutations)
    starts, counts = shingles.starts[:-1][few], shingles.counts[few]
    soonest = np.full((len(starts), permutations), permutations)
    signature = np.full((len(starts), permutations), _EMPTY)
    for offset in range(FEW_SHINGLES):
        rows = np.flatnonzero(counts > offset)
        if not len(rows):
            break
        shingle = starts[rows] + offset
        reached = steps[bins[shingle]]
        value = np.broadcast_to(shingles.values[shingle][:, None], reached.shape)
        before, least = soonest[rows], signature[rows]
        better = (reached < before) | ((reached == before) & (value < least))
        soonest[rows] = np.where(better, reached, before)
        signature[rows] = np.where(better, value, least)
    return signature


@functools.cache
def _walks(permutations: int) -> Positions:
    """For each bin (column) an order of its own in which it visits all bins (rows), beginning with itself.

    Bins are ordered by a hash of both numbers, so that it is the same on every machine and in every version.

    >>> _walks(4)[0].tolist(), sorted(_walks(4)[:, 1].tolist())
    ([0, 1, 2, 3], [0, 1, 2, 3])
    """
    order = mix(mix(np.arange(1, permutations * permutations + 1, dtype=np.uint64))).reshape(permutations, permutations)
    np.fill_diagonal(order, 0)
    return np.argsort(order, axis=0, kind="stable").astype(np.int64)


@functools.cache
def _walk_steps(permutations: int) -> Positions:
    """How far from itself each bin (column) looks at each step (row): `_walks`, for an index into many rows of bins.

    >>> int(_walk_steps(4)[2, 3]) + 3 == int(_walks(4)[2, 3])
    True
    """
    return _walks(permutations) - np.arange(permutations)


@functools.cache
def _steps(permutations: int) -> Positions:
    """At which step the walk of each bin (column) reaches each bin (row): `_walks` the other way round.

    >>> int(_steps(4)[_walks(4)[2, 3], 3])
    2
    """
    return np.argsort(_walks(permutations), axis=0)


def _fold_bands(signature: Hashes, count: int, rows: int) -> Hashes:
    """One key a band: a hash of its `rows` values. One row a band, one column a text."""
    values = signature[:, : count * rows].reshape(len(signature), count, rows)
    keys = values[:, :, 0].copy()
    for row in range(1, rows):
        keys = chain(keys, values[:, :, row])
    return mix(keys).T

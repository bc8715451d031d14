"""Pairs of texts of two sets that are alike, found exactly: another way than signatures, to judge what those found.

A set similarity join by prefix filter (Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007): put all
shingles of all texts into one order. Two texts of which the shared shingles are at least a share `t` of all share one
of the first |x| - ceil(t |x|) + 1 of each. Those alone are indexed and looked up. Of what has one in common outlines
are compared first, which tell most others apart for certain (Sandes, Teodoro and Melo 2020, "Bitmap filter", arXiv
1711.07295), and of what is left the sets, shingle by shingle. The order is by how popular a shingle is in a sample,
the rarest first, so that few have one in common by chance. Nothing here knows of bands, signatures or groups.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tuneset.similarity.ragged import Hashes, Positions, Ragged, distinct
from tuneset.similarity.shingles import Runs
from tuneset.similarity.words import mix

HASH_BITS, POPULARITY_BITS = 44, 8
VALUE_BITS = HASH_BITS + POPULARITY_BITS
"""A shingle is its popularity and then its hash. That two of a pair of texts of 500 shingles share a hash has a chance
of 3e-8, and then the similarity is off by 0.001."""
TEXTS_AT_ONCE = 1 << (64 - VALUE_BITS)
"""So few texts that a text's number and a shingle share 64 bits: one sort does for all."""
MOST_OWNERS = 64
"""A shingle in the beginnings of more texts than this is left out; texts that are equal are counted once."""
PAIRS_AT_ONCE = TEXTS_AT_ONCE
_SHINGLES_AT_ONCE = 1 << 20  # of both sides of the pairs that are compared together: 8 MB
_WHOLE = np.uint64(1 << 63)  # no shingle has this bit
OUTLINE_BITS = 512  # eight words, as many as a processor fetches together
_OUTLINES_AT_ONCE = 1024
_TABLE_BITS = 18
_LAST = np.uint64((1 << 64) - 1)
_MOST_POPULAR = (1 << POPULARITY_BITS) - 1

Popularity = npt.NDArray[np.uint8]
"""By the first bits of a hash, in how many texts of a sample shingles with these stand; _MOST_POPULAR for more."""


def popularity(units: Ragged, n: int) -> Popularity:
    """How popular shingles are in a sample of texts, given their units.

    >>> table = popularity(Ragged(np.array([1 << 60, 1 << 60, 1 << 61], np.uint64), np.array([0, 1, 3])), 1)
    >>> sorted(table[table > 0].tolist())
    [1, 2]
    """
    counts = np.zeros(1 << _TABLE_BITS, np.int64)
    values, none = _shingles(units, Runs(units.values), (n,))
    texts = np.repeat(np.arange(len(units.counts)), units.counts)
    places = (values >> np.uint64(64 - _TABLE_BITS)).view(np.int64)
    once = distinct((texts << _TABLE_BITS | places)[~none]) & ((1 << _TABLE_BITS) - 1)
    np.add.at(counts, once, 1)
    return np.minimum(counts, _MOST_POPULAR).astype(np.uint8)


def ordered_sets(units: Ragged, runs: Runs, n: Sequence[int], popular: Popularity) -> list[Ragged]:
    """The distinct shingles of up to TEXTS_AT_ONCE texts, the rarest first, given their units and runs of these.

    The first `n` is for the first text, the next for the next, and so in turn; `popular` are their tables one after the
    other. The sets of texts with one `n` stand together.

    >>> units = Ragged(np.array([7, 5, 7, 5], np.uint64) << np.uint64(60), np.array([0, 3, 4]))
    >>> popular = popularity(Ragged(units.values[:1].repeat(3), np.array([0, 1, 2, 3])), 1)
    >>> (sets,) = ordered_sets(units, Runs(units.values), (1,), popular)
    >>> sets.counts.tolist(), sets.values[0] == sets.values[2], sets.values[1] > sets.values[0]
    ([2, 1], np.True_, np.True_)
    """
    keys, none = _shingles(units, runs, n)
    kinds, counts = np.arange(len(units.counts)) % len(n), units.counts
    places = (keys >> np.uint64(64 - _TABLE_BITS)).view(np.int64)
    if len(n) > 1:
        places += np.repeat(kinds << _TABLE_BITS, counts)
    keys >>= np.uint64(64 - HASH_BITS)
    keys |= popular.take(places).astype(np.uint64) << np.uint64(HASH_BITS)
    of_kind = len(kinds) // len(n)
    numbers = kinds * of_kind + np.arange(len(kinds)) // len(n)
    keys |= np.repeat(numbers.astype(np.uint64) << np.uint64(VALUE_BITS), counts)
    keys[none] = _LAST
    keys.sort()
    keys = keys[: len(keys) - int(np.count_nonzero(none))]
    new = np.ones(len(keys), np.bool_)
    new[1:] = keys[1:] != keys[:-1]
    keys = keys[new]
    firsts = np.arange(len(kinds), dtype=np.uint64) << np.uint64(VALUE_BITS)
    starts = np.append(np.searchsorted(keys, firsts), len(keys))
    keys &= np.uint64((1 << VALUE_BITS) - 1)
    cuts = (starts[kind * of_kind : (kind + 1) * of_kind + 1] for kind in range(len(n)))
    return [Ragged(keys[cut[0] : cut[-1]], cut - cut[0]) for cut in cuts]


def _shingles(units: Ragged, runs: Runs, n: Sequence[int]) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """The shingle that begins with each unit, and where there is none; of texts with these `n` in turn.

    A text of fewer units has one shingle, the whole of it.

    >>> units = Ragged(np.arange(6, dtype=np.uint64), np.array([0, 3, 4, 6]))
    >>> values, none = _shingles(units, Runs(units.values), (2, 1, 3))
    >>> none.tolist()
    [False, False, True, False, False, True]
    """
    counts, starts = units.counts, units.starts
    kinds = np.arange(len(counts)) % len(n)
    sizes = np.array(n)[kinds]
    values = np.zeros(len(units.values), np.uint64)
    for kind, size in enumerate(n):
        found = runs.of(size)
        if kind == 0:
            values[: len(found)] = found
        else:
            np.copyto(values[: len(found)], found, where=np.repeat(kinds == kind, counts)[: len(found)])
    none = np.zeros(len(values), np.bool_)
    for offset in range(max(n) - 1):
        none[starts[1:][(counts > offset) & (sizes - 1 > offset)] - 1 - offset] = True
    for size in range(1, max(n)):
        whole = starts[:-1][(counts == size) & (sizes > size)]
        if len(whole):
            values[whole] = runs.of(size)[whole]
            none[whole] = False
    return values, none


def prefixes(sets: Ragged, threshold: float) -> tuple[Hashes, Positions]:
    """The keys of each text of which two alike texts share one, and the text of each: first shingles, and the whole.

    By the whole equal texts are found even where all their shingles are too popular to be indexed.

    >>> keys, owners = prefixes(Ragged(np.arange(10, dtype=np.uint64), np.array([0, 10, 10])), 0.8)
    >>> keys[:3].tolist(), owners.tolist()
    ([0, 1, 2], [0, 0, 0, 0])
    """
    counts = sets.counts
    taken = np.minimum(counts, counts - np.ceil(threshold * counts - 1e-9).astype(np.int64) + 1)
    owners = np.repeat(np.arange(len(counts)), taken)
    steps = np.arange(len(owners)) - np.repeat(np.cumsum(taken) - taken, taken)
    whole = np.flatnonzero(counts)
    keys = np.concatenate([sets.values[sets.starts[owners] + steps], equal_sets(sets)[whole] | _WHOLE])
    return keys, np.concatenate([owners, whole])


def outlines(sets: Ragged) -> Hashes:
    """Which of OUTLINE_BITS kinds of shingles each text has, as words of bits, one row a text.

    A bit in which two texts differ is for one shingle at least that only one of them has.

    >>> rows = outlines(Ragged(np.array([7, 8, 7], np.uint64), np.array([0, 2, 3])))
    >>> rows.shape, int(np.bitwise_count(rows[0] ^ rows[1]).sum())
    ((2, 8), 1)
    """
    count = len(sets.counts)
    found = np.zeros((count, OUTLINE_BITS // 64), np.uint64)
    kinds = (sets.values & np.uint64(OUTLINE_BITS - 1)).view(np.int64)
    for first in range(0, count, _OUTLINES_AT_ONCE):
        stop = min(first + _OUTLINES_AT_ONCE, count)
        table = np.zeros((stop - first, OUTLINE_BITS), np.bool_)
        texts = np.repeat(np.arange(stop - first) * OUTLINE_BITS, sets.counts[first:stop])
        table.ravel()[texts + kinds[sets.starts[first] : sets.starts[stop]]] = True
        found[first:stop] = np.packbits(table, axis=1).view(np.uint64)
    return found


def telling(keys: Hashes, owners: Positions) -> tuple[Hashes, Positions]:
    """Keys of texts as they are looked up, and the text of each: mixed, and ascending.

    The first shingles of texts have small hashes, so that keys by themselves begin alike.
    One entry of `keys` and `owners` a shingle and text. Those of more than MOST_OWNERS texts are left out.
    """
    keys = mix(keys)
    order = np.argsort(keys)
    keys, owners = keys[order], owners[order]
    first = np.ones(len(keys), np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    runs = np.diff(np.append(np.flatnonzero(first), len(keys)))
    kept = np.repeat(runs <= MOST_OWNERS, runs)
    return keys[kept], owners[kept]


def candidates(
    sets: Ragged, known: Ragged, left: Positions, right: Positions, threshold: float
) -> tuple[Positions, Positions]:
    """Each pair of one of `sets` and one of `known` once, by their numbers, `left` ascending.

    Given are those that share a key, for each that they share. Left out are those that are too different in size.

    >>> sets, known = (Ragged(np.arange(9, dtype=np.uint64), np.array(starts)) for starts in ([0, 4, 9], [0, 1, 5]))
    >>> [side.tolist() for side in candidates(sets, known, np.array([1, 1, 0, 0]), np.array([1, 1, 1, 0]), 0.8)]
    [[0, 1], [1, 1]]
    """
    ours, theirs = sets.counts_of(left), known.counts_of(right)
    possible = np.minimum(ours, theirs) >= threshold * np.maximum(ours, theirs) - 1e-9
    count = max(len(known.starts) - 1, 1)
    left, right = np.divmod(distinct(left[possible] * np.int64(count) + right[possible]), count)
    return left, right


def alike(
    sets: Ragged,
    known: Ragged,
    outlined: tuple[Hashes, Hashes],
    pairs: tuple[Positions, Positions],
    threshold: float,
) -> tuple[Positions, Positions]:
    """Those of some pairs of one of `sets` and one of `known` that are alike; `outlined` is by pair and by known set.

    >>> sets = Ragged(np.array([1, 2, 3, 9], np.uint64), np.array([0, 3, 4]))
    >>> known = Ragged(np.array([1, 2, 3, 4, 8], np.uint64), np.array([0, 4, 5]))
    >>> pairs = np.array([0, 1]), np.array([0, 1])
    >>> [side.tolist() for side in alike(sets, known, (outlines(sets), outlines(known)), pairs, 0.7)]
    [[0], [0]]
    """
    left, right = _outlined(sets, known, outlined, pairs, threshold)
    ends = np.cumsum(sets.counts_of(left) + known.counts_of(right))
    taken = np.zeros(len(left), np.bool_)
    start = 0
    while start < len(left):
        room = np.searchsorted(ends, (ends[start - 1] if start else 0) + _SHINGLES_AT_ONCE, side="right")
        stop = min(max(int(room), start + 1), start + PAIRS_AT_ONCE)
        taken[start:stop] = _reaching(sets, known, left[start:stop], right[start:stop], threshold)
        start = stop
    return left[taken], right[taken]


def equal_sets(sets: Ragged) -> Hashes:
    """A number for each set: equal sets have one number, those without a shingle 0.

    >>> numbers = equal_sets(Ragged(np.array([4, 5, 4, 5, 9], np.uint64), np.array([0, 2, 4, 5, 5])))
    >>> bool(numbers[0] == numbers[1]), bool(numbers[0] == numbers[2]), int(numbers[3])
    (True, False, 0)
    """
    mixed = sets.values * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    numbers: Hashes = sums[sets.starts[1:]] - sums[sets.starts[:-1]]
    return numbers


def _outlined(
    sets: Ragged,
    known: Ragged,
    outlined: tuple[Hashes, Hashes],
    pairs: tuple[Positions, Positions],
    threshold: float,
) -> tuple[Positions, Positions]:
    """The pairs whose outlines do not say that they are unlike."""
    left, right = pairs
    differing = np.bitwise_count(outlined[0] ^ outlined[1][right]).sum(axis=1, dtype=np.int64)
    both = sets.counts_of(left) + known.counts_of(right)
    shared = (both - differing) / 2  # at most
    kept = shared >= threshold * (both - shared) - 1e-9
    return left[kept], right[kept]


def _reaching(
    sets: Ragged, known: Ragged, left: Positions, right: Positions, threshold: float
) -> npt.NDArray[np.bool_]:
    """Which of up to PAIRS_AT_ONCE pairs are alike, compared shingle by shingle."""
    sides = [_numbered(sets, left), _numbered(known, right)]
    both = np.concatenate(sides)
    both.sort()
    shared = both[1:][both[1:] == both[:-1]] >> np.uint64(VALUE_BITS)
    together = np.bincount(shared.astype(np.int64), minlength=len(left))
    union = sets.counts_of(left) + known.counts_of(right) - together
    reaching: npt.NDArray[np.bool_] = together >= threshold * union - 1e-9
    return reaching


def _numbered(sets: Ragged, chosen: Positions) -> Hashes:
    """The values of some sets one after the other, each with the number of its place above it.

    >>> _numbered(Ragged(np.array([5, 6, 7], np.uint64), np.array([0, 2, 3])), np.array([1, 0])).tolist()[0]
    7
    """
    counts = sets.counts_of(chosen)
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    values: Hashes = sets.values[np.repeat(sets.starts[chosen], counts) + steps]
    return values | np.repeat(np.arange(len(chosen), dtype=np.uint64) << np.uint64(VALUE_BITS), counts)


def taken(sets: Ragged, chosen: Positions) -> Ragged:
    """Some of the sets, in the order in which they are named.

    >>> taken(Ragged(np.array([5, 6, 7], np.uint64), np.array([0, 2, 3])), np.array([1, 0])).values.tolist()
    [7, 5, 6]
    """
    counts = sets.counts_of(chosen)
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    values = sets.values[np.repeat(sets.starts[chosen], counts) + steps]
    return Ragged(values, np.concatenate([[0], np.cumsum(counts)]))

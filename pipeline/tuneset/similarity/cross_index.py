"""Near duplicates between two sets of texts, without signatures: the other way to find them, for checking the first.

The shingles of one set are looked up in a sorted index of the other's. Of long texts only every RATE-th shingle (by its
hash) is indexed and looked up; a pair that shares about as many of those as its similarity would make it share is a
candidate, and the caller compares candidates exactly. Nothing here knows of bands, buckets or groups.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.shingles import SET_BITS, shingle_hashes
from tuneset.similarity.words import fold_texts, unit_hashes

RATE = 8
"""Every RATE-th shingle of a long text is indexed: little memory, and still twenty of a text of 1 KB."""
SHORT = 64
"""Of a text of fewer shingles all are indexed."""
MOST_OWNERS = 64
"""A shingle of more texts than this is boilerplate and tells no pair from another: it is left out."""
LEAST_SHARE = 0.75
"""A pair is a candidate from this share of what it would have to share at the threshold. Of twenty indexed shingles of
a text fewer are shared by chance twice in a hundred; a much lower share makes candidates of all that quote others."""
_SLOTS_PER_HASH_BITS = 2  # 4 slots a hash: 22 in 100 strange ones pass
_MOST_SLOT_BITS = 26  # 64 MB
_RANGE_BITS = 3
_RANGES = 1 << _RANGE_BITS
_ROW_BITS = np.uint64(64 - SET_BITS - 3)
_TEXTS_AT_ONCE = 1 << int(_ROW_BITS)
"""Texts looked up together: few enough for their number to stand in one word with a hash, and for caches."""

Counts = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class CrossIndex:
    """Indexed shingles of texts.

    Args:
        hashes: the distinct ones, ascending.
        starts: the texts that `hashes[i]` belongs to are `owners[starts[i]:starts[i + 1]]`; none for boilerplate.
        owners: numbers of texts.
        sizes: how many shingles each text has.
        indexed: how many of them are in the index, boilerplate not counted.
        sampled: how many of these are among every RATE-th.
        slots: which leading bits of a hash occur at all: a quick test that most strange shingles fail.
    """

    hashes: Hashes
    starts: Counts
    owners: Counts
    sizes: Counts
    indexed: Counts
    sampled: Counts
    slots: Flags


@dataclasses.dataclass(frozen=True)
class Asked:
    """Shingles of a few texts to be looked up, each once a text.

    Args:
        hashes: ascending.
        rows: the text that each belongs to.
        whole: of which texts all shingles are asked, and not a sample.
        most: at most so many shingles each text has.
    """

    hashes: Hashes
    rows: Positions
    whole: Flags
    most: Positions


def build(sets: Ragged) -> CrossIndex:
    """Index the shingle sets of texts.

    >>> index = build(Ragged(np.array([1, 9, 2], np.uint64), np.array([0, 2, 3])))
    >>> index.hashes.tolist(), index.owners.tolist(), index.sizes.tolist()
    ([1, 2, 9], [0, 1, 0], [2, 1])
    """
    sizes = sets.counts
    owners = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
    taken = _sampled(sets.values) | (sizes < SHORT)[owners]
    return _index(sets.values[taken], owners[taken], sizes.astype(np.uint32))


def merge(parts: Sequence[CrossIndex]) -> CrossIndex:
    """One index of the texts of several, numbered through in their order.

    >>> parts = [build(Ragged(np.array([value], np.uint64), np.array([0, 1]))) for value in (7, 3)]
    >>> index = merge(parts)
    >>> index.hashes.tolist(), index.owners.tolist(), index.sizes.tolist()
    ([3, 7], [1, 0], [1, 1])
    """
    sizes = np.concatenate([np.zeros(0, np.uint32), *(part.sizes for part in parts)])
    # Range by range of hashes: what is sorted together is small, and the index of all is the ranges one after another.
    ranges = [_merged_range(parts, sizes, number) for number in range(_RANGES)]
    before = np.cumsum([0, *(len(one.owners) for one in ranges)]).astype(np.uint32)
    hashes = np.concatenate([one.hashes for one in ranges])
    starts = [one.starts[:-1] + start for one, start in zip(ranges, before, strict=False)]
    bits = min(len(hashes).bit_length() + _SLOTS_PER_HASH_BITS, _MOST_SLOT_BITS)
    slots = np.zeros(1 << bits, np.bool_)
    slots[hashes >> np.uint64(SET_BITS - bits)] = True
    return CrossIndex(
        hashes,
        np.concatenate([*starts, before[-1:]]),
        np.concatenate([one.owners for one in ranges]),
        sizes,
        functools.reduce(np.add, [one.indexed for one in ranges]),
        functools.reduce(np.add, [one.sampled for one in ranges]),
        slots,
    )


def _merged_range(parts: Sequence[CrossIndex], sizes: Counts, number: int) -> CrossIndex:
    """The index of one of _RANGES ranges of hashes of the texts of several parts, whose `sizes` are given."""
    none = np.zeros(0, np.uint32)
    hashes, owners, boilerplate = [none.astype(np.uint64)], [none], [none.astype(np.uint64)]
    first = 0  # text of a part
    for part in parts:
        begin, end = np.searchsorted(part.hashes >> np.uint64(SET_BITS - _RANGE_BITS), (number, number + 1))
        starts, values = part.starts[begin : end + 1], part.hashes[begin:end]
        counts = np.diff(starts)
        hashes.append(np.repeat(values, counts))
        owners.append(part.owners[starts[0] : starts[-1]] + np.uint32(first))
        boilerplate.append(values[counts == 0])
        first += len(part.sizes)
    return _index(np.concatenate(hashes), np.concatenate(owners), sizes, np.concatenate(boilerplate))


def candidate_pairs(texts: Sequence[str], n: int, index: CrossIndex, threshold: float) -> tuple[Positions, Positions]:
    """Pairs of one of `texts` and a text of the index that may be alike by `threshold` or more, by their numbers.

    The index is one of shingles of n units.
    """
    folded = fold_texts(texts)
    pairs = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for start in range(0, len(folded), _TEXTS_AT_ONCE):
        left, right = _look_up(_ask(folded[start : start + _TEXTS_AT_ONCE], n, threshold), index, threshold)
        pairs.append((left + start, right))
    lefts, rights = zip(*pairs, strict=True)
    return np.concatenate(lefts), np.concatenate(rights)


def similarity(one: frozenset[int], other: frozenset[int]) -> float:
    """Exact Jaccard similarity of two sets of shingles.

    >>> similarity(frozenset({1, 2, 3}), frozenset({2, 3, 4}))
    0.5
    """
    shared = len(one & other)
    together = len(one) + len(other) - shared
    return shared / together if together else 0.0


def save(index: CrossIndex, folder: Path) -> None:
    """Write an index into a folder, for `load`."""
    for name, values in _arrays(index):
        np.save(folder / f"{name}.npy", values)


def load(folder: Path) -> CrossIndex:
    """Open an index that `save` wrote. It is mapped, not read: processes that load it share its memory."""
    names = [field.name for field in dataclasses.fields(CrossIndex)]
    return CrossIndex(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in names))


def _ask(texts: Sequence[bytes], n: int, threshold: float) -> Asked:
    """The shingles of a few folded texts by which those like them by `threshold` or more are looked for.

    Of a text that could be like one of which all shingles are indexed, all are asked.
    """
    shingles = shingle_hashes(unit_hashes(texts), n)
    most = shingles.counts
    whole = most < SHORT / threshold
    values = shingles.values >> np.uint64(64 - SET_BITS)
    taken = np.flatnonzero(_sampled(values) | np.repeat(whole, most))
    rows = np.repeat(np.arange(len(texts), dtype=np.uint64), most)[taken]
    keys = values[taken] << _ROW_BITS | rows
    keys.sort()
    new = np.ones(len(keys), np.bool_)
    new[1:] = keys[1:] != keys[:-1]
    keys = keys[new]
    return Asked(keys >> _ROW_BITS, (keys & np.uint64(_TEXTS_AT_ONCE - 1)).astype(np.int64), whole, most)


def _look_up(asked: Asked, index: CrossIndex, threshold: float) -> tuple[Positions, Positions]:
    """The candidates of a few texts."""
    if not len(asked.hashes) or not len(index.hashes):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    texts, least = len(asked.most), LEAST_SHARE * threshold

    def count(rows: Positions) -> Positions:
        return np.bincount(rows, minlength=texts)

    def hopeful(rows: Positions, sampled: Flags) -> Flags:
        # Of a pair that reaches the threshold, the same share of each side is in the other.
        enough: Flags = count(rows[sampled]) >= least * of_sample
        return enough | (asked.whole & (count(rows) >= least * of_all))

    of_all, of_sample = count(asked.rows), count(asked.rows[_sampled(asked.hashes)])
    hashes, rows = _perhaps_known(asked, index)
    taken = np.flatnonzero(hopeful(rows, _sampled(hashes))[rows])
    hashes, rows = hashes[taken], rows[taken]
    places = np.minimum(np.searchsorted(index.hashes, hashes), len(index.hashes) - 1)
    known = np.flatnonzero(index.hashes[places] == hashes)
    rows, places, sampled = rows[known], places[known], _sampled(hashes[known])
    counts = (index.starts[places + 1] - index.starts[places]).astype(np.int64)
    boilerplate = counts == 0
    of_all, of_sample = of_all - count(rows[boilerplate]), of_sample - count(rows[boilerplate & sampled])
    found = np.flatnonzero(~boilerplate)
    found = found[hopeful(rows[found], sampled[found])[rows[found]]]
    rows, places, counts = rows[found], places[found], counts[found]
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    owners = index.owners[np.repeat(index.starts[places], counts) + steps].astype(np.int64)
    rows = np.repeat(rows, counts)
    possible = asked.most[rows] >= threshold * index.sizes[owners]
    pairs, shared = np.unique(rows[possible] * len(index.sizes) + owners[possible], return_counts=True)
    left, right = np.divmod(pairs, len(index.sizes))
    # What both sides could have been seen to share: all, or what is in the sample.
    whole = asked.whole[left] & (index.indexed[right] > index.sampled[right])
    ours = np.where(whole, of_all[left], of_sample[left])
    theirs = np.where(whole, index.indexed[right], index.sampled[right])
    alike = shared >= least * np.maximum(ours, theirs)
    return left[alike], right[alike]


def _perhaps_known(asked: Asked, index: CrossIndex) -> tuple[Hashes, Positions]:
    """The shingles that pass the quick test, each with its text."""
    bits = len(index.slots).bit_length() - 1
    taken = np.flatnonzero(index.slots[asked.hashes >> np.uint64(SET_BITS - bits)])
    return asked.hashes[taken], asked.rows[taken]


def _arrays(index: CrossIndex) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    for field in dataclasses.fields(index):
        yield field.name, getattr(index, field.name)


def _index(hashes: Hashes, owners: Counts, sizes: Counts, boilerplate: Hashes | None = None) -> CrossIndex:
    """An index of shingles with the text of each; those of more than MOST_OWNERS texts keep no text."""
    if boilerplate is not None and len(boilerplate):
        # Boilerplate of a part is boilerplate of the whole: as if it had one text too many.
        boilerplate = np.unique(boilerplate)
        hashes = np.concatenate([hashes, np.repeat(boilerplate, MOST_OWNERS + 1)])
        owners = np.concatenate([owners, np.zeros(len(boilerplate) * (MOST_OWNERS + 1), np.uint32)])
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    first = np.ones(len(hashes), np.bool_)
    first[1:] = hashes[1:] != hashes[:-1]
    runs = np.diff(np.append(np.flatnonzero(first), len(hashes)))
    known = runs <= MOST_OWNERS
    kept = np.repeat(known, runs)
    starts = np.zeros(len(runs) + 1, np.int64)
    np.cumsum(np.where(known, runs, 0), out=starts[1:])
    of_texts, sampled = owners[kept], _sampled(hashes[kept])
    indexed = np.bincount(of_texts, minlength=len(sizes)).astype(np.uint32)
    samples = np.bincount(of_texts[sampled], minlength=len(sizes)).astype(np.uint32)
    return CrossIndex(hashes[first], starts.astype(np.uint32), of_texts, sizes, indexed, samples, np.ones(1, np.bool_))


def _sampled(hashes: Hashes) -> Flags:
    sampled: Flags = hashes & np.uint64(RATE - 1) == 0
    return sampled

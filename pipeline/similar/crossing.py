"""Near duplicates between two sets of texts, without signatures: the other way to find them, for checking the first.

The shingles of one set are looked up in a sorted index of the other's. Of long texts only every RATE-th shingle (by its
hash) is indexed and looked up; a pair that shares about as many of those as its similarity would make it share is a
candidate, and the caller compares candidates exactly. Nothing here knows of bands, buckets or groups.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.similar.units import Hashes, Positions, Ragged

RATE = 8
"""Every RATE-th shingle of a long text is indexed: little memory, and still twenty of a text of 1 KB."""
SHORT = 64
"""Of a text of fewer shingles all are indexed."""
MOST_OWNERS = 64
"""A shingle of more texts than this is boilerplate and tells no pair from another: it is left out."""
LEAST_SHARE = 0.75
"""A pair is a candidate from this share of what it would have to share at the threshold. Of twenty indexed shingles of
a text fewer are shared by chance twice in a hundred; a much lower share makes candidates of all that quote others."""


@dataclasses.dataclass(frozen=True)
class CrossIndex:
    """Indexed shingles of texts, ascending, with the text that each belongs to.

    `sizes` says how many shingles each text has, `indexed` how many of them are in the index.
    """

    hashes: Hashes
    owners: npt.NDArray[np.uint32]
    sizes: npt.NDArray[np.uint32]
    indexed: npt.NDArray[np.uint32]


def build(sets: Ragged) -> CrossIndex:
    """Index the shingle sets of texts.

    >>> index = build(Ragged(np.array([1, 9, 2], np.uint64), np.array([0, 2, 3])))
    >>> index.hashes.tolist(), index.owners.tolist(), index.sizes.tolist()
    ([1, 2, 9], [0, 1, 0], [2, 1])
    """
    sizes = sets.counts
    owners = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
    taken = _sampled(sets.values) | (sizes < SHORT)[owners]
    hashes, owners = sets.values[taken], owners[taken]
    order = np.argsort(hashes, kind="stable")
    return _without_boilerplate(hashes[order], owners[order], sizes.astype(np.uint32))


def merge(parts: Sequence[CrossIndex]) -> CrossIndex:
    """One index of the texts of several, numbered through in their order.

    >>> parts = [build(Ragged(np.array([value], np.uint64), np.array([0, 1]))) for value in (7, 3)]
    >>> index = merge(parts)
    >>> index.hashes.tolist(), index.owners.tolist(), index.sizes.tolist()
    ([3, 7], [1, 0], [1, 1])
    """
    first = np.cumsum([0, *(len(part.sizes) for part in parts)])
    hashes = np.concatenate([np.zeros(0, np.uint64), *(part.hashes for part in parts)])
    owners = [part.owners + np.uint32(start) for part, start in zip(parts, first, strict=False)]
    order = np.argsort(hashes, kind="stable")
    all_owners = np.concatenate([np.zeros(0, np.uint32), *owners])[order]
    sizes = np.concatenate([np.zeros(0, np.uint32), *(part.sizes for part in parts)])
    return _without_boilerplate(hashes[order], all_owners, sizes)


def candidates(sets: Ragged, index: CrossIndex, threshold: float) -> tuple[Positions, Positions]:
    """Pairs of a text of `sets` and a text of the index that may be alike by `threshold` or more."""
    sizes = sets.counts
    rows = np.repeat(np.arange(len(sizes)), sizes)
    asked = _sampled(sets.values) | (sizes < SHORT / threshold)[rows]
    hashes, rows = sets.values[asked], rows[asked]
    first = np.searchsorted(index.hashes, hashes, side="left")
    counts = np.searchsorted(index.hashes, hashes, side="right") - first
    rows, first, counts = rows[counts > 0], first[counts > 0], counts[counts > 0]
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    owners = index.owners[np.repeat(first, counts) + steps].astype(np.int64)
    pairs, shared = np.unique(np.repeat(rows, counts) * len(index.sizes) + owners, return_counts=True)
    left, right = np.divmod(pairs, len(index.sizes))
    # Of a pair that reaches the threshold, the same share of each side is in the other.
    alike = shared >= LEAST_SHARE * threshold * index.indexed[right]
    both = sizes[left] + index.sizes[right].astype(np.int64)
    smaller = np.minimum(sizes[left], index.sizes[right])
    possible = smaller >= threshold * (both - smaller)
    return left[alike & possible], right[alike & possible]


def similarity(one: Hashes, other: Hashes) -> float:
    """Exact Jaccard similarity of two sets.

    >>> similarity(np.array([1, 2, 3], np.uint64), np.array([2, 3, 4], np.uint64))
    0.5
    """
    shared = len(np.intersect1d(one, other, assume_unique=True))
    together = len(one) + len(other) - shared
    return shared / together if together else 0.0


def save(index: CrossIndex, folder: Path) -> None:
    """Write an index into a folder, for `load`."""
    np.save(folder / "hashes.npy", index.hashes)
    np.save(folder / "owners.npy", index.owners)
    np.save(folder / "sizes.npy", index.sizes)
    np.save(folder / "indexed.npy", index.indexed)


def load(folder: Path) -> CrossIndex:
    """Open an index that `save` wrote. It is mapped, not read: processes that load it share its memory."""
    names = ("hashes", "owners", "sizes", "indexed")
    return CrossIndex(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in names))


def _without_boilerplate(hashes: Hashes, owners: npt.NDArray[np.uint32], sizes: npt.NDArray[np.uint32]) -> CrossIndex:
    """An index of ascending hashes, without those of more than MOST_OWNERS texts."""
    if len(hashes):
        starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
        runs = np.diff(np.append(starts, len(hashes)))
        kept = np.repeat(runs <= MOST_OWNERS, runs)
        hashes, owners = hashes[kept], owners[kept]
    indexed = np.bincount(owners, minlength=len(sizes)).astype(np.uint32)
    return CrossIndex(hashes, owners, sizes, indexed)


def _sampled(hashes: Hashes) -> npt.NDArray[np.bool_]:
    sampled: npt.NDArray[np.bool_] = hashes % np.uint64(RATE) == 0
    return sampled

"""The shingle sets of the candidates in one file, and the exact Jaccard similarity of pairs of them.

Sets lie on disk, since they can be larger than memory; a bounded part of the file is read at a time and let go again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tuneset.artifacts import writing
from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.shingles import SET_BITS

Similarities = npt.NDArray[np.float64]

_PAIRS_AT_ONCE = 1024  # at most 1 << (64 - SET_BITS); more are no faster
_SHINGLES_AT_ONCE = 1 << 20  # of both sides together: 8 MB, and some copies of it


@dataclasses.dataclass(frozen=True)
class SetStore:
    """Sets of SET_BITS-bit hashes in a file: set i is its values `starts[i]` to `starts[i + 1]`."""

    path: Path
    starts: Positions

    @functools.cached_property
    def sizes(self) -> Positions:
        """How many shingles each set has."""
        return np.diff(self.starts)


def write_sets(paths: Sequence[Path], parts: Iterable[Sequence[Ragged]]) -> list[SetStore]:
    """Write sets, part by part (a shard's `shingle_sets` each), to one file a side; they are numbered as they come.

    Each part has the sets of all sides. Raises InputError where a file cannot be written.
    """
    sizes: list[list[Positions]] = [[np.zeros(1, np.int64)] for _ in paths]
    with contextlib.ExitStack() as files:
        handles = [files.enter_context(writing(path)) for path in paths]
        for part in parts:
            for sets, handle, so_far in zip(part, handles, sizes, strict=True):
                handle.write(np.ascontiguousarray(sets.values).data)
                so_far.append(sets.counts)
    return [SetStore(path, np.cumsum(np.concatenate(counts))) for path, counts in zip(paths, sizes, strict=True)]


def least_jaccard(sides: Sequence[SetStore], left: Positions, right: Positions, at_least: float) -> Similarities:
    """The least similarity of each pair over several stores that number their sets alike, as `jaccard` gives it.

    What a store's sizes or a comparison rule out is not read from the others; such a pair gets a value below
    `at_least`, and not always the least one.
    """
    least: Similarities = np.minimum.reduce([_at_most(side.sizes, left, right) for side in sides])
    for side in sorted(sides, key=lambda side: int(side.starts[-1])):
        still = np.flatnonzero(least >= at_least)
        least[still] = np.minimum(least[still], jaccard(side, left[still], right[still], at_least))
    return least


def jaccard(sets: SetStore, left: Positions, right: Positions, at_least: float) -> Similarities:
    """Jaccard similarity of pairs of sets: shared shingles by all shingles of the two.

    `left` and `right` are numbers of sets, pair by pair. Pairs whose sizes alone rule out `at_least` are not read;
    they get the most that their sizes allow, which is below it.
    """
    sizes = sets.sizes
    together = sizes[left] + sizes[right]
    similarities = _at_most(sizes, left, right)
    open_pairs = np.flatnonzero((similarities >= at_least) & (similarities > 0))
    for chunk in chunks(open_pairs, together[open_pairs]):
        shared = _shared(sets, left[chunk], right[chunk])
        similarities[chunk] = shared / (together[chunk] - shared)
    return similarities


def _at_most(sizes: Positions, left: Positions, right: Positions) -> Similarities:
    """The highest similarity that the sizes of each pair allow.

    >>> _at_most(np.array([4, 3, 0]), np.array([0, 0, 2]), np.array([1, 2, 2])).tolist()
    [0.75, 0.0, 0.0]
    """
    a, b = sizes[left], sizes[right]
    at_most: Similarities = np.minimum(a, b) / np.maximum(np.maximum(a, b), 1)
    return at_most


def chunks(pairs: Positions, shingles: Positions) -> Iterator[Positions]:
    """Cut pairs into runs of bounded count and, unless one pair alone is larger, of bounded shingles.

    >>> [chunk.tolist() for chunk in chunks(np.array([7, 8, 9]), np.array([1, 2**20, 5]))]
    [[7], [8], [9]]
    """
    ends = np.cumsum(shingles)
    start = 0
    while start < len(pairs):
        before = int(ends[start] - shingles[start])
        stop = int(np.searchsorted(ends, before + _SHINGLES_AT_ONCE, side="right"))
        stop = min(max(stop, start + 1), start + _PAIRS_AT_ONCE)
        yield pairs[start:stop]
        start = stop


def _shared(sets: SetStore, left: Positions, right: Positions) -> Positions:
    """How many shingles the two sets of each pair share.

    A pair's number is put above each of its hashes, and all are sorted at once: a shingle of both sets lies beside
    itself.
    """
    pairs = np.arange(len(left), dtype=np.uint64) << np.uint64(SET_BITS)
    numbers, owners = np.concatenate([left, right]), np.concatenate([pairs, pairs])
    keys = read(sets, numbers)
    keys |= np.repeat(owners, sets.sizes[numbers])
    keys.sort(kind="stable")  # two ascending runs, all left sets and all right ones, which timsort only merges
    twice = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(SET_BITS)
    return np.bincount(twice.astype(np.int64), minlength=len(left)).astype(np.int64)


def read(sets: SetStore, numbers: Positions) -> Hashes:
    """The values of the numbered sets, one after the other.

    Read and not mapped: of a mapped file each read leaves a piece far larger than a set in this process's memory.
    """
    word = np.uint64().itemsize
    ends = (np.cumsum(sets.sizes[numbers]) * word).tolist()
    places = (sets.starts[numbers] * word).tolist()
    read = np.empty(ends[-1] if ends else 0, np.uint8)
    with sets.path.open("rb", buffering=0) as handle:
        for start, end, place in zip([0, *ends], ends, places, strict=False):
            if _read_at(handle, read[start:end].data, place) != end - start:
                raise AssertionError(f"{sets.path.name}: shorter than its sets")
    return read.view(np.uint64)


def _read_at(handle: io.FileIO, into: memoryview, place: int) -> int:
    """Fill `into` with what stands at a place of a file; how many bytes there were."""
    if hasattr(os, "preadv"):  # one call of the system instead of two; macOS before 11 and Windows lack it
        return os.preadv(handle.fileno(), [into], place)
    handle.seek(place)
    return handle.readinto(into)

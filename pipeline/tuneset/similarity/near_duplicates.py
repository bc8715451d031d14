"""Near duplicates among all rows, from their band keys and the shingle sets of the candidates.

Two steps see all rows, and each only small columns: `candidates` says whose sets are needed, `find` compares and
groups. Bands are read one at a time. What holds, and what does not:

- Every dropped row was compared with the row that is kept for it, by exact Jaccard similarity, and reaches the
  threshold. No row is dropped because of a hash of its signature, or because it is like a row that is dropped itself.
- Rows that share a band are compared, unless they are in one group already: with the first of those that share it and
  with the WINDOW - 1 rows before them. Only where more than WINDOW rows share a band, and the first is not like them,
  a pair can be missed; the rows are then ordered by the bands before, so that the most alike lie side by side.
- Two kept rows are never known to be alike, but for those that are told apart by what they say (`told_apart.py`).
- Pairs that share no band are missed, and of those that share only one some: see TARGET_RECALL in `minhash`.
"""

from __future__ import annotations

import concurrent.futures
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tuneset.similarity.clusters import Edges, Telling, connect, representatives
from tuneset.similarity.likely_same import likely_same
from tuneset.similarity.minhash import NO_KEY, Keys, Likeness, halves, whole
from tuneset.similarity.ragged import Number, Positions, among
from tuneset.similarity.set_store import SetStore, Similarities, least_jaccard
from tuneset.similarity.told_apart import Said, told_apart

WINDOW = 16
"""Rows that share a band are all compared with each other up to this many; of more, neighbours only."""
CROWD, CROWD_WINDOW = 10_000, 3
"""Of more rows than CROWD (one template, all over the set) fewer neighbours, so that the work stays linear."""
MOST_REMEMBERED = 1 << 21
"""Pairs known to be unlike, most of which share several bands: 16 MB, beyond which a pair is compared again."""

_BANDS_AT_ONCE = 2  # each takes some 50 bytes a row while it is sorted
_TABLE_BITS = 20  # a megabyte, which stays in the cache

ReadBand = Callable[[int], Keys]
"""Gives the keys of one band of all rows, in the order of the rows; NO_KEY for a row that takes no part."""

GROUPS_SCHEMA = pl.Schema(
    {
        "row": pl.UInt32,  # position of the row among all rows
        "kept": pl.UInt32,  # position of its representative; its own where it is kept
        "similarity": pl.Float64,  # exact Jaccard similarity to the representative; 1.0 for the representative
        "group": pl.UInt32,  # position of the first row of the whole group: all that alike pairs connect
    }
)


def candidates(read_band: ReadBand, likeness: Likeness) -> npt.NDArray[np.bool_]:
    """Which rows share enough bands with other rows: the only ones whose shingle sets `find` needs."""

    def counted(band: int) -> npt.NDArray[np.uint16]:
        return repeated_in(read_band, band).astype(np.uint16)

    with concurrent.futures.ThreadPoolExecutor(_BANDS_AT_ONCE) as threads:
        counts = functools.reduce(np.add, threads.map(counted, range(likeness.bands[0])))
    shared: npt.NDArray[np.bool_] = counts >= likeness.enough_bands
    return shared


def repeated_in(read_band: ReadBand, band: int) -> npt.NDArray[np.bool_]:
    """Which rows share one band with other rows."""
    keys = read_band(band)
    present = np.flatnonzero(keys != NO_KEY)
    found = np.zeros(len(keys), np.bool_)
    found[present[repeated_keys(*halves(keys[present]))]] = True
    return found


class Connected(NamedTuple):
    """The rows that were compared, those that are preferred first, and how they hang together.

    Args:
        numbers: of their sets.
        rows: their positions among all rows.
        labels: the place here of the first row of each one's group.
        edges: pairs of places of alike rows, as far as they were compared.
    """

    numbers: Positions
    rows: Positions
    labels: Positions
    edges: Edges

    @property
    def grouped(self) -> npt.NDArray[np.bool_]:
        """Which of these rows have others in their group."""
        found: npt.NDArray[np.bool_] = np.bincount(self.labels, minlength=len(self.labels))[self.labels] > 1
        return found


def find(
    read_band: ReadBand,
    shared: npt.NDArray[np.bool_],
    sets: Sequence[SetStore],
    likeness: Likeness,
    rank: pl.Series | None = None,
    said: Said | None = None,
) -> pl.DataFrame:
    """Find the groups of near duplicates: what `connected` finds, as `settled` settles it.

    `said` has what each of the rows says that `sets` are of.
    """
    some = connected(read_band, shared, sets, likeness, rank)
    return settled(some, sets, likeness, None if said is None else (said, some.numbers))


def connected(
    read_band: ReadBand,
    shared: npt.NDArray[np.bool_],
    sets: Sequence[SetStore],
    likeness: Likeness,
    rank: pl.Series | None = None,
) -> Connected:
    """Compare the rows that share bands, and put alike ones into groups.

    Args:
        read_band: as for `candidates`.
        shared: what `candidates` gave.
        sets: the shingle sets of the rows where `shared` is true, in the order of the rows; of more than one text a row
            (all of it, its answer), two rows are as similar as the least similar of these.
        likeness: when two rows are near duplicates.
        rank: one number a row; of two alike rows the one of lower rank is kept, at equal rank the earlier.
            Default: the earlier.
    """
    rows = np.flatnonzero(shared)  # set number -> row
    order = np.arange(len(rows)) if rank is None else np.argsort(rank.to_numpy()[rows], kind="stable")
    # From here on a row is its place in `order`, so that of any two the lower is preferred.
    labels = np.arange(len(rows))
    found: list[Edges] = [Edges(labels[:0], labels[:0], np.zeros(0))]
    neighbours = labels
    unlike = np.zeros(0, np.int64)  # numbers of pairs, ascending
    for band in range(likeness.bands[0] if len(rows) else 0):
        keys = read_band(band)[rows[order]]
        # A stable sort leaves rows of equal keys as the bands before put them.
        neighbours = neighbours[np.argsort(keys[neighbours], kind="stable")]
        refused = [unlike]
        for left, right in _pairs(neighbours, keys[neighbours]):
            pairs = np.minimum(left, right) * len(rows) + np.maximum(left, right)
            # Those in one group already are settled later.
            new = (labels[left] != labels[right]) & ~among(pairs, unlike)
            left, right, pairs = left[new], right[new], pairs[new]  # noqa: PLW2901  of this batch, what is left of it
            similarity = least_jaccard(sets, order[left], order[right], likeness.threshold)
            alike = similarity >= likeness.threshold
            found.append(Edges(left[alike], right[alike], similarity[alike]))
            labels = connect(labels, left[alike], right[alike])
            refused.append(pairs[~alike])
        if sum(map(len, refused)) <= MOST_REMEMBERED:
            unlike = np.concatenate(refused)
            refused.clear()
            unlike.sort()
    return Connected(order, rows[order], labels, _all(found))


def settled(
    some: Connected, sets: Sequence[SetStore], likeness: Likeness, told: tuple[Said, Positions] | None = None
) -> pl.DataFrame:
    """Decide which row of each group stands for which.

    `sets` and `likeness` are as for `connected`. `told` has what the rows in groups say, and at which number each row
    of `some` has it there: by that some of those that are alike are told apart; they are in one group, and neither
    stands for the other.

    Returns GROUPS_SCHEMA: the rows of all groups of two and more, representatives included, in the order of the rows.
    """
    telling = None if told is None else _telling(*told, some.labels, likeness.threshold)

    def compare(left: Positions, right: Positions) -> Similarities:
        return least_jaccard(sets, some.numbers[left], some.numbers[right], likeness.threshold)

    kept, similarity = representatives(some.labels, some.edges, compare, likeness.threshold, telling)
    columns = {"row": some.rows, "kept": some.rows[kept], "similarity": similarity, "group": some.rows[some.labels]}
    frame = pl.DataFrame({name: values[some.grouped] for name, values in columns.items()}, schema=GROUPS_SCHEMA)
    return frame.sort("row")


def _telling(said: Said, numbers: Positions, labels: Positions, threshold: float) -> Telling:
    def apart(left: Positions, right: Positions) -> npt.NDArray[np.bool_]:
        return told_apart(said, numbers[left], numbers[right], threshold)

    def likely(some: Positions) -> tuple[Positions, Positions]:
        left, right = likely_same(said, numbers[some], labels[some])
        return some[left], some[right]

    return Telling(apart, likely)


def _pairs(rows: Positions, keys: Keys) -> Iterator[tuple[Positions, Positions]]:
    """Pairs of rows with the same key, `keys` being sorted: each with the first of them, then with its neighbours.

    >>> sorted_keys = np.array([5, 5, 5, 9], np.uint64)
    >>> [(a.tolist(), b.tolist()) for a, b in _pairs(np.array([4, 2, 7, 1]), sorted_keys) if len(a)]
    [([2, 2], [4, 7]), ([4], [7])]
    """
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    sizes = np.diff(np.append(starts, len(keys)))
    first = np.repeat(np.minimum.reduceat(rows, starts), sizes)
    others = first != rows
    yield first[others], rows[others]
    window = np.repeat(np.where(sizes > CROWD, CROWD_WINDOW, WINDOW), sizes)
    for distance in range(1, min(WINDOW, int(sizes.max()))):
        same = (keys[distance:] == keys[:-distance]) & (window[distance:] > distance)
        same &= others[distance:] & others[:-distance]
        yield rows[:-distance][same], rows[distance:][same]


def repeated_keys(first: npt.NDArray[np.uint32], rest: npt.NDArray[np.uint8]) -> Positions:
    """Where keys stand that stand elsewhere too, given their `halves`: the first repeat, and the rest is not alone.

    It is the same for nearly all that have a first half in common; the others are looked at in full.

    >>> repeated_keys(*halves(np.array([0x7AB, 0x700, 0x7AB, 0x9AB, 0x8AB, 0x8AB], np.uint64))).tolist()
    [0, 2, 4, 5]
    """
    places, number = _repeating(first)
    ends = rest[places]
    of_number = np.zeros(len(first), np.uint8)
    of_number[number] = ends
    differ = of_number[number] != ends
    if not differ.any():
        return places
    mixed = np.zeros(len(of_number), np.bool_)
    mixed[number[differ]] = True
    doubtful = mixed[number]
    some = whole(first[places[doubtful]], rest[places[doubtful]])
    found = ~doubtful
    found[doubtful] = among(some, _more_than_once(some))
    return places[found]


def repeated(hashes: npt.NDArray[np.uint32]) -> Positions:
    """Where hashes stand that stand elsewhere too; as they are hashes, their first bits are as good as any.

    >>> repeated(np.array([7, 1 << 30, 7, 9], np.uint32)).tolist()
    [0, 2]
    """
    return _repeating(hashes)[0]


def _repeating(hashes: npt.NDArray[np.uint32]) -> tuple[Positions, Positions]:
    """Where hashes stand that stand elsewhere too, and which of these, from 0, each is.

    They are sorted, not their places along with them; a small table of the first bits of those that repeat then leaves
    few places to look up. numpy lets another thread work meanwhile.
    """
    again = _more_than_once(hashes)
    table = np.zeros(1 << _TABLE_BITS, np.bool_)
    shift = np.uint32(32 - _TABLE_BITS)
    table[again >> shift] = True
    perhaps = np.flatnonzero(table[hashes >> shift])
    values = hashes[perhaps]
    number = np.searchsorted(again, values)
    there = again.take(number, mode="clip") == values if len(again) else np.zeros(0, np.bool_)
    return perhaps[there], number[there]


def _more_than_once(values: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """The values that stand in more than one place, ascending.

    >>> _more_than_once(np.array([7, 3, 7, 3, 9, 7], np.uint64)).tolist()
    [3, 7]
    """
    ascending = np.sort(values)
    again: npt.NDArray[Number] = np.unique(ascending[1:][ascending[1:] == ascending[:-1]])
    return again


def _all(edges: list[Edges]) -> Edges:
    return Edges(
        np.concatenate([edge.left for edge in edges]),
        np.concatenate([edge.right for edge in edges]),
        np.concatenate([edge.similarity for edge in edges]),
    )

"""Connected components by steps that each look at one row's links alone, so that no step holds all links.

A link joins two rows and is one number: the row at which it is looked at in the upper half, the other one in the lower.
`large_star` and `small_star` (Kiveris et al., Connected Components in MapReduce and Beyond, 2014) rewrite the links of
a row so that they lead to lower rows; done in turn until neither changes a link, each component is a star around its
lowest row. Links may be divided by the rows at which they are looked at in any way; `tuneset/execution/` does that.

**Nothing is torn apart.** small_star: u and its lower rows N, of which m is the lowest, are joined to m, all of them.
large_star joins b, for a link {a, b} with a < b, to m(a), the lowest of a and its rows, and not to a. But a and m(a)
stay connected, by induction over a from the lowest on: where m(a) < a, the link {m(a), a} becomes {m(m(a)), a}, and
m(m(a)) is connected to m(a), which is lower than a. No link joins rows that were not connected before.

**It comes to an end.** Let P be the sum of both rows over all links, which are never more than before: large_star puts
one link in the place of each; small_star puts |N| in the place of |N|, m for each lower row of u and one for u itself.
large_star replaces {a, b} by {m(a), b} with m(a) <= a: P falls by a - m(a) for each link. small_star changes P, at the
row u, by (|N| - 1)(m - u), below 0 where |N| > 1. Links that come out twice count once, which only lowers P. P is a
natural number, so there are finitely many steps that change a link.

**In the end it is right.** Where small_star changes nothing, no row has two lower ones; where large_star changes
nothing, the lower row of each link has none that is lower still. So each link leads from a row to the one lower row
that it has, which has no lower one: stars around their lowest rows, and connected rows stand in one star.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tuneset.similarity.ragged import Hashes, distinct

_HALF = np.uint64(32)
_LOWER = np.uint64(2**32 - 1)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio: neighbours fall far apart

Rows = npt.NDArray[np.uint64]
"""Places of rows, below 2**32."""


def links(at: npt.NDArray[np.integer], other: npt.NDArray[np.integer]) -> Hashes:
    """Rows and other ones as links.

    >>> [f"{link:x}" for link in links(np.array([1, 2]), np.array([3, 0])).tolist()]
    ['100000003', '200000000']
    """
    found: Hashes = (at.astype(np.uint64) << _HALF) | other.astype(np.uint64)
    return found


def ends(given: Hashes) -> tuple[Rows, Rows]:
    """The rows at which links are looked at, and the other ones."""
    return given >> _HALF, given & _LOWER


def both_ways(given: Hashes) -> Hashes:
    """Links as they are seen at either end.

    >>> [f"{link:x}" for link in both_ways(links(np.array([1]), np.array([3]))).tolist()]
    ['100000003', '300000001']
    """
    at, other = ends(given)
    return np.concatenate([given, links(other, at)])


def large_star(given: Hashes) -> tuple[Hashes, bool]:
    """All links of some rows, as seen at each of them: higher rows are joined to the lowest instead.

    Gives the links, seen at their higher rows, and whether one is another than before.
    """
    at, other, first = _sorted(distinct(given))
    higher = other > at
    lowest = np.minimum(first, at)[higher]
    return links(other[higher], lowest), bool((lowest != at[higher]).any())


def small_star(given: Hashes) -> tuple[Hashes, bool]:
    """The links of some rows to lower ones, as seen at these rows: all are joined to the lowest one.

    Gives the links, seen at their higher rows, and whether one is another than before.
    """
    at, other, first = _sorted(distinct(given))
    rest = other != first
    return np.concatenate([links(at[~rest], first[~rest]), links(other[rest], first[rest])]), bool(rest.any())


def labels(given: Hashes) -> Hashes:
    """In the end: of rows, whose links are seen at both ends, each with the lowest of its component, ascending.

    >>> [f"{label:x}" for label in labels(both_ways(links(np.array([3, 5]), np.array([1, 1])))).tolist()]
    ['100000001', '300000001', '500000001']
    """
    at, other = ends(given)
    return distinct(links(at, np.minimum(at, other)))


def lot_of(labels: Hashes, lots: int) -> npt.NDArray[np.int64]:
    """Which of so many lots each component falls into, by the row that it is called by.

    >>> lot_of(np.arange(6, dtype=np.uint64), 3).tolist()
    [0, 1, 0, 2, 1, 0]
    """
    found: npt.NDArray[np.int64] = ((labels * _SPREAD >> _HALF) * np.uint64(lots) >> _HALF).astype(np.int64)
    return found


def _sorted(given: Hashes) -> tuple[Rows, Rows, Rows]:
    """Both ends of links that ascend, and of each the lowest row to which the row has a link."""
    at, other = ends(given)
    new = np.ones(len(at), np.bool_)
    new[1:] = at[1:] != at[:-1]
    return at, other, other[np.flatnonzero(new)][np.cumsum(new) - 1] if len(at) else other

"""Text that many rows share: instructions, blocks of examples, disclaimers. What decides is what is left without it.

Boilerplate is found by spans of SPAN units that stand in many rows of a sample, and left out of a text unit by unit; a
text that is nothing else is compared as it is. A text that is mostly boilerplate, such as a question about a passage on
which many questions are asked, is like none about another one, however little is left: `without` tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.similarity.message_text import set_apart
from tuneset.similarity.ragged import Hashes, Positions, Ragged, among, joined
from tuneset.similarity.shingles import shingle_hashes

SPAN = 8
"""Units in a row: so many are seldom shared by texts that were written apart."""
LEAST_ROWS, LEAST_SHARE = 16, 0.01
"""A span is boilerplate from so many rows and from this share of them: copies of one text are seldom so many."""
LEAST_CERTAINTY = 0.6
"""A unit follows from the others of a span if it stands there in such a share of the rows that have them: of two words
that are filled into one place not even the more frequent one does, if they are about as frequent."""
SAMPLE_ROWS = 1024
"""Rows that are looked at, of all: so a span of LEAST_ROWS of them is one of 1.6 in a hundred."""
MOST_SPANS = 2048
"""Spans of one text that are looked at, so that a sample of long documents takes no more than 32 MB."""

_TABLE_BITS = 16
_PLACE_BITS = 32
_TABLE_SHIFT = np.uint64(64 - _TABLE_BITS)


class Spans(NamedTuple):
    """The spans of some texts in their order: of SPAN units, and of one less; texts of fewer units have none."""

    whole: Ragged
    shorter: Ragged


def spans(units: Ragged) -> Spans:
    """The spans of a few texts.

    >>> found = spans(Ragged(np.arange(9, dtype=np.uint64), np.array([0, 9, 9])))
    >>> found.whole.counts.tolist(), found.shorter.counts.tolist()
    ([2, 0], [3, 0])
    """
    long = units.counts >= SPAN
    return Spans(
        *(
            _beginnings(shingle_hashes(units, size), np.where(long, most, 0))
            for size, most in ((SPAN, MOST_SPANS), (SPAN - 1, MOST_SPANS + 1))
        )
    )


def _beginnings(found: Ragged, most: Positions) -> Ragged:
    """Up to so many values of each text.

    >>> _beginnings(Ragged(np.arange(5, dtype=np.uint64), np.array([0, 3, 5])), np.array([2, 0])).values.tolist()
    [0, 1]
    """
    places = np.arange(len(found.values)) - np.repeat(found.starts[:-1], found.counts)
    kept = places < np.repeat(most, found.counts)
    return Ragged(found.values[kept], np.concatenate([[0], np.cumsum(np.minimum(found.counts, most))]))


def together(found: Sequence[Spans]) -> Spans:
    """The spans of several samples."""
    return Spans(joined([one.whole for one in found]), joined([one.shorter for one in found]))


def common(found: Sequence[Spans], rows: int, loosened: int = 1) -> Hashes:
    """The spans that are boilerplate, ascending, given what `spans` found in so many sampled rows.

    They stand in many rows, and hold nothing that is filled into a form, however often that is the same word: no unit
    in the place of which, before or behind the same seven, others stand in many rows.
    With `loosened` they need be in that part of the rows alone: who judges what another sample decided asks for less.
    """
    whole, shorter = together(found)
    least = max(LEAST_ROWS, LEAST_SHARE * rows) / loosened
    in_rows, in_rows_shorter = _rows(whole), _rows(shorter)
    texts = np.repeat(np.arange(len(whole.counts)), whole.counts)
    heads = np.arange(len(whole.values)) + texts  # of one unit less a text has one span more
    units = np.arange(len(whole.values)) + (SPAN - 1) * texts  # and units that many more
    heads -= np.cumsum(whole.counts == 0)[texts]
    units -= (SPAN - 1) * np.cumsum(whole.counts == 0)[texts]
    filled, settled = np.zeros((2, len(whole.values) + (SPAN - 1) * len(whole.counts)), np.bool_)
    for without, unit in ((heads, units + SPAN - 1), (heads + 1, units)):
        certain = in_rows >= LEAST_CERTAINTY * in_rows_shorter[without]
        filled[unit[(in_rows_shorter[without] >= least) & ~certain]] = True
        settled[unit[(in_rows >= least) & certain]] = True
    sums = np.concatenate([[0], np.cumsum(filled & ~settled)])
    kept = (in_rows >= least) & (sums[units + SPAN] == sums[units])
    values, counts = np.unique(_once(whole.values[kept], texts[kept]), return_counts=True)
    return values[counts >= least]


def _rows(found: Ragged) -> Positions:
    """In how many texts each of the values stands; by one sort, since looking each value up would take twice as long.

    >>> _rows(Ragged(np.array([5, 5, 7, 5], np.uint64), np.array([0, 3, 4]))).tolist()
    [2, 2, 1, 2]
    """
    texts = np.repeat(np.arange(len(found.counts)), found.counts)
    order, new, first = _runs(found.values, texts)
    runs = np.cumsum(new) - 1
    rows = np.empty(len(order), np.int64)
    rows[order] = np.bincount(runs[first])[runs] if len(order) else 0
    return rows


def _once(values: Hashes, texts: Positions) -> Hashes:
    """The values of a few texts, ascending, without repetitions within a text."""
    order, _, first = _runs(values, texts)
    return values[order[first]]


def _runs(values: Hashes, texts: Positions) -> tuple[Positions, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The order in which values ascend, and in it where a value begins and where it begins in a text; texts ascend.

    >>> [part.tolist() for part in _runs(np.array([7, 5, 5], np.uint64), np.array([0, 0, 1]))]
    [[1, 2, 0], [True, False, True], [True, True, True]]
    """
    order = np.argsort(values)
    ascending = values[order]
    new, first = np.ones((2, len(values)), np.bool_)
    new[1:] = ascending[1:] != ascending[:-1]
    # Of equal values those of one text are to stand together. A stable sort takes three times as long as both of these.
    placed = np.cumsum(new) << _PLACE_BITS | order
    placed.sort()
    order = placed & ((1 << _PLACE_BITS) - 1)
    texts = texts[order]
    first[1:] = new[1:] | (texts[1:] != texts[:-1])
    return order, new, first


def _table(known: Hashes) -> npt.NDArray[np.bool_]:
    """Which leading bits the known spans have: most others fail by them."""
    table = np.zeros(1 << _TABLE_BITS, np.bool_)
    table[known >> _TABLE_SHIFT] = True
    return table


def left_out(units: Ragged, known: Hashes) -> Ragged:
    """The units of each text that stand in no known span, as `without` gives them.

    >>> texts = Ragged(np.array([*range(20), 7, 7], np.uint64), np.array([0, 20, 22]))
    >>> left_out(texts, spans(Ragged(np.arange(8, dtype=np.uint64), np.array([0, 8]))).whole.values).values.tolist()
    [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 7, 7]
    """
    if not len(known) or not len(units.values):
        return units
    found = shingle_hashes(units, SPAN)
    long = np.repeat(units.counts >= SPAN, found.counts)
    shift = np.repeat(units.starts[:-1] - found.starts[:-1], found.counts)
    perhaps = np.flatnonzero(_table(known)[found.values >> _TABLE_SHIFT] & long)
    values = found.values[perhaps]
    hits = perhaps[among(values, known)]
    return without(units, hits + shift[hits], found.values[hits])


def without(units: Ragged, begins: Positions, known: Hashes) -> Ragged:
    """The units of each text but SPAN of them from each of these units on; all of them where there are no others.

    Where that leaves less than it takes, the units are those of no text that lacks another span: `known` has a number
    for each of them, of which the least tells the texts apart. So what is added to one end of them makes no difference.

    >>> text, spans = Ragged(np.arange(20, dtype=np.uint64), np.array([0, 20])), np.array([64], np.uint64)
    >>> without(text, np.array([1]), spans).values.tolist()
    [0, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
    >>> without(Ragged(text.values[:9], np.array([0, 9])), np.array([1]), spans).values.tolist()
    [64]
    """
    if not len(begins):
        return units
    gone = np.zeros(len(units.values), np.bool_)
    gone[(begins[:, None] + np.arange(SPAN)).ravel()] = True
    places = np.flatnonzero(gone)
    texts = np.searchsorted(units.starts, places, side="right") - 1
    counts, taken = units.counts, np.bincount(texts, minlength=len(units.counts))
    whole = taken == counts
    gone[places[whole[texts]]] = False
    taken[whole] = 0
    least = np.full(len(counts), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(least, np.searchsorted(units.starts, begins, side="right") - 1, known)
    left = Ragged(units.values[~gone], np.concatenate([[0], np.cumsum(counts - taken)]))
    return set_apart(left, np.where(taken > counts - taken, least, np.uint64(0)))

"""Text that many rows share: instructions, blocks of examples, disclaimers. What decides is what is left without it.

Boilerplate is found by spans of SPAN units that stand in many rows of a sample, and left out of a text unit by unit; a
text that is nothing else is compared as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.shingles import shingle_hashes

SPAN = 8
"""Units in a row: so many are seldom shared by texts that were written apart."""
LEAST_ROWS, LEAST_SHARE = 16, 0.01
"""A span is boilerplate from so many rows and from this share of them: copies of one text are seldom so many."""
SAMPLE_ROWS = 1024
"""Rows that are looked at, of all: so a span of LEAST_ROWS of them is one of 1.6 in a hundred."""
MOST_SPANS = 2048
"""Spans of one text that are looked at, so that a sample of long documents takes no more than 16 MB."""


def spans(units: Ragged) -> Hashes:
    """The spans of a few texts, each once a text; texts shorter than a span have none.

    >>> spans(Ragged(np.arange(9, dtype=np.uint64), np.array([0, 9, 9]))).size
    2
    """
    found = shingle_hashes(units, SPAN)
    long = units.counts >= SPAN
    texts = np.repeat(np.arange(len(long)), found.counts)
    places = np.arange(len(found.values)) - np.repeat(found.starts[:-1], found.counts)
    taken = long[texts] & (places < MOST_SPANS)
    values, texts = found.values[taken], texts[taken]
    order = np.argsort(values, kind="stable")  # of equal spans those of one text stand together
    values, texts = values[order], texts[order]
    once: Hashes = values[_first_of_pair(values, texts)]
    return once


def _first_of_pair(values: Hashes, texts: Positions) -> npt.NDArray[np.bool_]:
    """Which entries are not what the one before them is."""
    first = np.ones(len(values), np.bool_)
    first[1:] = (values[1:] != values[:-1]) | (texts[1:] != texts[:-1])
    return first


def common(found: Sequence[Hashes], rows: int, loosened: int = 1) -> Hashes:
    """The spans that are boilerplate, ascending, given what `spans` found in so many sampled rows.

    With `loosened` they need be in that part of the rows alone: who judges what another sample decided asks for less.
    """
    every = np.concatenate([np.zeros(0, np.uint64), *found])
    hashes, counts = np.unique(every, return_counts=True)
    return hashes[counts >= max(LEAST_ROWS, LEAST_SHARE * rows) / loosened]


def left_out(units: Ragged, known: Hashes) -> Ragged:
    """The units of each text that stand in no known span; all of them where there are no others.

    >>> texts = Ragged(np.array([*range(9), 7, 7], np.uint64), np.array([0, 9, 11]))
    >>> left_out(texts, spans(Ragged(np.arange(8, dtype=np.uint64), np.array([0, 8])))).values.tolist()
    [8, 7, 7]
    """
    if not len(known) or not len(units.values):
        return units
    found = shingle_hashes(units, SPAN)
    long = np.repeat(units.counts >= SPAN, found.counts)
    shift = np.repeat(units.starts[:-1] - found.starts[:-1], found.counts)
    places = np.minimum(np.searchsorted(known, found.values), len(known) - 1)
    hits = np.flatnonzero(long & (known[places] == found.values))
    if not len(hits):
        return units
    edges = np.zeros(len(units.values) + 1, np.int64)
    begins = hits + shift[hits]
    np.add.at(edges, begins, 1)
    np.add.at(edges, begins + SPAN, -1)
    kept = np.cumsum(edges)[:-1] == 0
    texts = np.repeat(np.arange(len(units.counts)), units.counts)
    left = np.bincount(texts[kept], minlength=len(units.counts))
    kept |= (left == 0)[texts]
    counts = np.bincount(texts[kept], minlength=len(units.counts))
    return Ragged(units.values[kept], np.concatenate([[0], np.cumsum(counts)]))

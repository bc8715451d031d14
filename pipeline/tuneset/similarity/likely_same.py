"""Which rows of a large group are worth a comparison, because they seem to say the same.

Where a group has hundreds of rows that are told apart, as a form has that was filled in with hundreds of things, not
each can be held against all. Two rows of which one is a copy with a few words changed mostly have the answer word for
word, or the prompt, or the numbers of the answer. Such rows are put beside each other; whether they are the same is
decided elsewhere.
"""

from __future__ import annotations

import numpy as np

from tuneset.similarity.prefix_join import equal_sets
from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.set_store import SetStore, chunks, read
from tuneset.similarity.told_apart import Said, numbers_among

NEIGHBOURS = 4
"""So many rows before it, in each of the three orders, a row is held against."""


def likely_same(said: Said, rows: Positions, labels: Positions) -> tuple[Positions, Positions]:
    """Pairs of places in `rows`, which are numbers in the stores and of the groups `labels`; each pair once."""
    asked, _ = _keys(said.prompts, rows)
    told, counted = _keys(said.answers, rows)
    places = np.arange(len(rows))
    pairs = [np.zeros(0, np.int64)]
    for key, then in ((told, asked), (asked, told), (counted, asked)):
        order = np.lexsort((places, then, key, labels))
        for step in range(1, NEIGHBOURS + 1):
            left, right = order[:-step], order[step:]
            beside = (labels[left] == labels[right]) & (key[left] == key[right])
            left, right = left[beside], right[beside]
            pairs.append(np.minimum(left, right) * len(rows) + np.maximum(left, right))
    found = np.unique(np.concatenate(pairs))
    return found // max(len(rows), 1), found % max(len(rows), 1)


def _keys(sets: SetStore, rows: Positions) -> tuple[Hashes, Hashes]:
    """A number for all that each of the texts says, and one for the numbers in it."""
    whole, counted = np.zeros((2, len(rows)), np.uint64)
    for chunk in chunks(np.arange(len(rows)), sets.sizes[rows]):
        values = read(sets, rows[chunk])
        starts = np.concatenate([[0], np.cumsum(sets.sizes[rows[chunk]])])
        whole[chunk] = equal_sets(Ragged(values, starts))
        counted[chunk] = equal_sets(Ragged(np.where(numbers_among(values), values, np.uint64(0)), starts))
    return whole, counted

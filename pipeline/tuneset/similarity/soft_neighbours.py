"""The nearest text of another set by TF-IDF: for a look at what is about the same thing. It decides nothing.

Weights are those of Salton and Buckley (1988): the logarithm of how often a word stands in a text, times that of how
few texts have it; likeness is the cosine. Words of more than MOST_TEXTS texts, which tell nothing, are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.similarity.ragged import Hashes, Positions
from tuneset.similarity.words import fold_texts, unit_hashes

MOST_TEXTS = 1000
_SUMS_AT_ONCE = 1 << 22
_TEXTS_AT_ONCE = 512


class Neighbours(NamedTuple):
    """The nearest text of the other set for each text, and its cosine; 0 where they share no word."""

    nearest: Positions
    cosines: npt.NDArray[np.float64]


class _Weighted(NamedTuple):
    """One entry a text and word; words by number, entries ascend by text."""

    texts: Positions
    words: Positions
    weights: npt.NDArray[np.float64]


def neighbours(texts: Sequence[str], others: Sequence[str]) -> Neighbours:
    """Find for each text the most alike of the others.

    >>> found = neighbours(["boiling point of water"], ["a red bicycle", "the boiling point of salt water"])
    >>> found.nearest.tolist(), bool(0.5 < found.cosines[0] < 1)
    ([1], True)
    """
    one, other = _weighted([*texts, *others], len(texts))
    nearest, cosines = np.zeros(len(texts), np.int64), np.zeros(len(texts))
    if not len(others):
        return Neighbours(nearest, cosines)
    by_word = np.argsort(other.words, kind="stable")
    words = other.words[by_word]
    step = max(_SUMS_AT_ONCE // len(others), 1)
    for start in range(0, len(texts), step):
        low, high = np.searchsorted(one.texts, (start, start + step))
        begins, ends = (np.searchsorted(words, one.words[low:high], side=side) for side in ("left", "right"))
        counts = ends - begins
        steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        entries = by_word[np.repeat(begins, counts) + steps]
        products = np.repeat(one.weights[low:high], counts) * other.weights[entries]
        cells = np.repeat(one.texts[low:high] - start, counts) * len(others) + other.texts[entries]
        rows = min(step, len(texts) - start)
        sums = np.bincount(cells, products, rows * len(others)).reshape(rows, len(others))
        nearest[start : start + rows] = sums.argmax(axis=1)
        cosines[start : start + rows] = sums.max(axis=1)
    return Neighbours(nearest, np.minimum(cosines, 1.0))


def _weighted(texts: Sequence[str], first: int) -> tuple[_Weighted, _Weighted]:
    """The weights of the words of two sets of texts, of which the first has so many."""
    parts = [
        unit_hashes(fold_texts(texts[start : start + _TEXTS_AT_ONCE])) for start in range(0, len(texts), _TEXTS_AT_ONCE)
    ]
    counts = np.concatenate([np.zeros(0, np.int64), *(part.counts for part in parts)])
    hashes: Hashes = np.concatenate([np.zeros(0, np.uint64), *(part.values for part in parts)])
    known, words = np.unique(hashes, return_inverse=True)
    pairs = np.repeat(np.arange(len(texts)), counts) * max(len(known), 1) + words
    pairs, often = np.unique(pairs, return_counts=True)
    owners, words = np.divmod(pairs, max(len(known), 1))
    in_texts = np.bincount(words, minlength=len(known))
    telling = in_texts[words] <= MOST_TEXTS
    owners, words, often = owners[telling], words[telling], often[telling]
    weights = (1 + np.log(often)) * (1 + np.log((1 + len(texts)) / (1 + in_texts[words])))
    lengths = np.sqrt(np.bincount(owners, weights**2, len(texts)))
    weights = weights / lengths[owners]
    cut = np.searchsorted(owners, first)
    return (
        _Weighted(owners[:cut], words[:cut], weights[:cut]),
        _Weighted(owners[cut:] - first, words[cut:], weights[cut:]),
    )

"""Whether one side of a split looks like another: distances between counts, and how much of its wording is known.

Measures and their references alone; what is done about a shift is a person's decision.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tuneset.similarity.ragged import Hashes, among, distinct
from tuneset.similarity.words import chain, fold_texts, mix, unit_hashes

_NINETY_FIVE = 1.6449  # of the standard normal distribution
_BATCH = 512  # texts that are cut into words together: few enough for caches, which halves the time


class Distance(NamedTuple):
    """How far two distributions are apart.

    Args:
        distance: the Jensen-Shannon distance to base 2, from 0 (equal shares) to 1 (nothing in common).
        by_chance: what 95 of 100 random divisions stay below, if each count were of an example by itself.
    """

    distance: float
    by_chance: float


def distance(ours: Mapping[str, int], theirs: Mapping[str, int]) -> Distance | None:
    """The distance between two counts by the same names; None where one of them counts nothing.

    The Jensen-Shannon distance is the square root of the divergence (Lin 1991; Endres and Schindelin 2003). Of two
    samples of one distribution with k values the divergence is, to first order, a chi-squared of k - 1 degrees over
    8 ln 2 and the harmonic sum of the sample sizes; its 95 % point is Wilson and Hilferty's (1931).

    >>> distance({"a": 1}, {"b": 1}).distance, distance({"a": 2, "b": 2}, {"a": 1, "b": 1}).distance, distance({}, {})
    (1.0, 0.0, None)
    """
    n, m = sum(ours.values()), sum(theirs.values())
    if not n or not m:
        return None
    names = sorted(ours.keys() | theirs.keys())
    divergence = 0.0
    for name in names:
        p, q = ours.get(name, 0) / n, theirs.get(name, 0) / m
        middle = (p + q) / 2
        divergence += sum(share / 2 * math.log2(share / middle) for share in (p, q) if share)
    degrees = sum(1 for name in names if ours.get(name, 0) + theirs.get(name, 0)) - 1
    chance = _chi_squared_95(degrees) * (1 / n + 1 / m) / (8 * math.log(2))
    return Distance(round(math.sqrt(max(divergence, 0.0)), 4), round(min(math.sqrt(chance), 1.0), 4))


def _chi_squared_95(degrees: int) -> float:
    """The value that a chi-squared variable stays below in 95 of 100 cases.

    >>> round(_chi_squared_95(10), 1), _chi_squared_95(0)
    (18.3, 0.0)
    """
    if degrees < 1:
        return 0.0
    spread = 2 / (9 * degrees)
    return float(degrees * (1 - spread + _NINETY_FIVE * math.sqrt(spread)) ** 3)


class Coverage(NamedTuple):
    """How much of one set's wording another has, as shares of what stands in it.

    Args:
        words: of its words.
        pairs: of its pairs of neighbouring words.
    """

    words: float | None
    pairs: float | None


class Wording(NamedTuple):
    """What some texts say: hashes of their words and of their pairs of neighbouring words, each once, ascending."""

    words: Hashes
    pairs: Hashes


def wording(texts: Sequence[str]) -> Wording:
    """The words of texts and their pairs, for `coverage` to hold others against; a text's end is no pair.

    Words are those of near duplicates: a run of letters, one character of a script without spaces, one symbol.
    """
    return Wording(*(distinct(values) for values in _units(texts)))


def coverage(texts: Sequence[str], known: Wording) -> Coverage:
    """How many of the words and pairs of words in `texts` stand in `known`; None where there are none.

    >>> coverage(["The cat sat", "a dog"], wording(["the dog sat."]))
    Coverage(words=0.6, pairs=0.0)
    """
    return Coverage(*(_share(mine, other) for mine, other in zip(_units(texts), known, strict=True)))


def _units(texts: Sequence[str]) -> tuple[Hashes, Hashes]:
    """The words of all texts, and their pairs; none over the end of a text."""
    folded, none = fold_texts(texts), np.zeros(0, np.uint64)
    parts = [_units_of(folded[start : start + _BATCH]) for start in range(0, len(folded), _BATCH)]
    words, pairs = (np.concatenate([none, *(part[which] for part in parts)]) for which in range(2))
    return words, pairs


def _units_of(folded: Sequence[bytes]) -> tuple[Hashes, Hashes]:
    units = unit_hashes(folded)
    inside = np.ones(max(len(units.values) - 1, 0), np.bool_)
    ends = units.starts[1:-1]
    inside[ends[(ends > 0) & (ends < len(units.values))] - 1] = False
    return units.values, mix(chain(units.values[:-1], units.values[1:]))[inside]


def _share(values: Hashes, known: Hashes) -> float | None:
    """The share of the values that stand in `known`, which ascends."""
    if not len(values):
        return None
    # Sorted, they are looked up in half the time: neighbours share what they touch.
    return round(float(among(np.sort(values), known).mean()), 4)

"""Draws the next piece by temperature and nucleus (Holtzman et al., 2020), from one position's log probabilities.

It knows arrays only; where the log probabilities come from, and what a piece is, is the generator's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

LogProbabilities: TypeAlias = npt.NDArray[np.float64]

LEAST_TEMPERATURE = 1e-4
"""What is lower takes the likeliest piece: dividing by it would overflow."""


FEW = 256
"""Pieces that make up most of what may come next, mostly."""


def draw_piece(logprobs: LogProbabilities, temperature: float, top_p: float, random: np.random.Generator) -> int:
    """The index of a piece. At temperature 0 the likeliest one, of equal ones the first, and `random` is not asked.

    >>> draw_piece(np.log([0.2, 0.5, 0.3]), 0, 1, np.random.default_rng(0))
    1
    """
    if temperature < LEAST_TEMPERATURE:
        return int(logprobs.argmax())
    scaled = logprobs / temperature
    weights = np.exp(scaled - scaled.max())
    if top_p >= 1:  # all of them: sorting a vocabulary takes longer than all else here
        heights = np.cumsum(weights)
        place = np.searchsorted(heights, random.random() * heights[-1], "right")
        return int(min(place, np.searchsorted(heights, heights[-1])))
    order = _beginning(weights, top_p)
    shares = np.cumsum(weights[order]) / weights.sum()
    kept = int(np.searchsorted(shares, top_p)) + 1  # the smallest set that is as likely as top_p
    chosen = order[:kept]
    heights = np.cumsum(weights[chosen])
    place = int(np.searchsorted(heights, random.random() * heights[-1], "right"))
    return int(chosen[min(place, len(chosen) - 1)])


def likeliest(logprobs: LogProbabilities, count: int) -> list[int]:
    """The indices of the likeliest pieces, likeliest first.

    >>> likeliest(np.log([0.2, 0.5, 0.3]), 2)
    [1, 2]
    """
    if not count:
        return []
    return [int(index) for index in _largest(logprobs, count)[:count]]


def _beginning(weights: LogProbabilities, top_p: float) -> npt.NDArray[np.intp]:
    """The indices of the largest weights, largest first, as many as make up this share, or more."""
    count = FEW
    while count < len(weights):
        order = _largest(weights, count)
        if np.cumsum(weights[order])[-1] / weights.sum() >= top_p:
            return order
        count *= 8
    return _largest(weights, count)


def _largest(values: LogProbabilities, count: int) -> npt.NDArray[np.intp]:
    """The indices of so many largest values, largest first, and of those that equal the last of them.

    Of equal values the first comes first. A whole vocabulary is not sorted for that.
    """
    if count >= len(values):
        return np.argsort(-values, kind="stable")
    least = np.partition(values, len(values) - count)[len(values) - count]
    some = np.flatnonzero(values >= least)
    return some[np.argsort(-values[some], kind="stable")]


@dataclass(frozen=True)
class Drawn:
    """One piece that was drawn, by its index, with its log probability and the likeliest at its place."""

    piece: int
    logprob: float
    top: Sequence[tuple[int, float]] = ()


class Sampler:
    """Draws the pieces of one answer, one after another; what is drawn depends on its seed and on what it is given.

    Args:
        temperature: 0 takes the likeliest piece.
        top_p: pieces are drawn from the smallest set that is as likely as this.
        seed: where all that is drawn by chance comes from.
        top: how many of the likeliest pieces are told beside each.
    """

    def __init__(self, temperature: float, top_p: float, seed: int, top: int) -> None:
        self._temperature, self._top_p, self._top = temperature, top_p, top
        self._random = np.random.default_rng(seed)

    def __call__(self, logprobs: LogProbabilities) -> Drawn:
        """Draw the next piece."""
        piece = draw_piece(logprobs, self._temperature, self._top_p, self._random)
        top = [(index, float(logprobs[index])) for index in likeliest(logprobs, self._top)]
        return Drawn(piece, float(logprobs[piece]), top)

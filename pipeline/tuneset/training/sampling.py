"""Draws the next piece by temperature and nucleus (Holtzman et al., 2020), from one position's log probabilities.

It knows arrays only; where the log probabilities come from, and what a piece is, is the generator's business.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

LogProbabilities: TypeAlias = npt.NDArray[np.float64]

LEAST_TEMPERATURE = 1e-4
"""What is lower takes the likeliest piece: dividing by it would overflow."""


def draw_piece(logprobs: LogProbabilities, temperature: float, top_p: float, random: np.random.Generator) -> int:
    """The index of a piece. At temperature 0 the likeliest one, of equal ones the first, and `random` is not asked.

    >>> draw_piece(np.log([0.2, 0.5, 0.3]), 0, 1, np.random.default_rng(0))
    1
    """
    if temperature < LEAST_TEMPERATURE:
        return int(logprobs.argmax())
    scaled = logprobs / temperature
    weights = np.exp(scaled - scaled.max())
    order = np.argsort(-weights, kind="stable")
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
    return [int(index) for index in np.argsort(-logprobs, kind="stable")[:count]]

"""What the scores of two models on the same cases say: means, the gain with its interval, wins and losses.

The interval is a percentile bootstrap over cases (Efron and Tibshirani 1993): each resample draws as many cases, with
both scores of each, and takes the mean of their differences. It is of these cases alone, and says nothing of how far
the grader's scores are what one wants.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np

RESAMPLES = 2_000
LEVEL = 0.95
LEAST_CASES = 6
"""With fewer, differences that all have one sign come by chance in more than 5 of 100 cases: 2 of 2 ** 5 are 6."""
LISTED = 5
"""Wins and losses that are listed, the largest first."""
_SAME = 1e-9
"""Scores that are no further apart are a tie."""
_AT_ONCE = 1 << 20
"""Drawn places in memory at a time."""


@dataclasses.dataclass(frozen=True)
class Paired:
    """How the second model stands to the first. `gain_low` and `gain_high` bound the 95 % interval of `gain`.

    `largest_wins` and `largest_losses` are places of cases, the largest difference first.
    """

    base_score: float
    tuned_score: float
    gain: float
    gain_low: float
    gain_high: float
    wins: int
    losses: int
    ties: int
    largest_wins: tuple[int, ...]
    largest_losses: tuple[int, ...]


def compare(base: Sequence[float], tuned: Sequence[float], seed: int) -> Paired:
    """Compare scores that stand for the same cases, at least one; the same scores and seed give the same numbers.

    >>> found = compare([0.0, 0.5, 1.0], [1.0, 0.5, 0.5], seed=1)
    >>> found.gain, found.wins, found.losses, found.ties, found.largest_wins
    (0.166667, 1, 1, 1, (0,))
    """
    before, after = np.asarray(base, dtype=np.float64), np.asarray(tuned, dtype=np.float64)
    differences = after - before
    low, high = _interval(differences, seed)
    order = [int(place) for place in np.argsort(differences, kind="stable")]
    losses = [place for place in order if differences[place] < -_SAME]
    wins = sorted((place for place in order if differences[place] > _SAME), key=lambda place: -differences[place])
    return Paired(
        _rounded(before.mean()),
        _rounded(after.mean()),
        _rounded(differences.mean()),
        low,
        high,
        len(wins),
        len(losses),
        len(order) - len(wins) - len(losses),
        tuple(wins[:LISTED]),
        tuple(losses[:LISTED]),
    )


def _interval(differences: np.ndarray, seed: int) -> tuple[float, float]:
    """The bounds of the mean's interval; the draws hang on the seed and the number of cases alone.

    Of so few cases that chance alone may give them all one sign it goes as far to the other side: one case drawn again
    and again is always the same.
    """
    count = len(differences)
    digest = hashlib.sha256(f"evaluation bootstrap {seed} {count}".encode()).digest()
    draw = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
    rows = max(1, _AT_ONCE // count)
    means: list[float] = []
    while len(means) < RESAMPLES:
        places = draw.integers(0, count, size=(min(rows, RESAMPLES - len(means)), count))
        means.extend(differences[places].mean(axis=1))
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if count < LEAST_CASES:
        far = np.abs(differences).mean()
        low, high = min(low, -far), max(high, far)
    return _rounded(low), _rounded(high)


def _rounded(value: float) -> float:
    return round(float(value), 6) + 0.0  # no minus before a zero

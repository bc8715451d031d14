"""Pieces are drawn as by sorting all, from the smallest set that is likely enough, as often as they are likely."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.training import sampling
from tuneset.training.sampling import LogProbabilities, draw_piece, likeliest


def drawn_by_sorting(logprobs: LogProbabilities, temperature: float, top_p: float, seed: int) -> int:
    """The piece, by the definition: all are sorted."""
    scaled = logprobs / temperature
    weights = np.exp(scaled - scaled.max())
    order = np.argsort(-weights, kind="stable")
    shares = np.cumsum(weights[order]) / weights.sum()
    chosen = order[: int(np.searchsorted(shares, top_p)) + 1]
    heights = np.cumsum(weights[chosen])
    place = np.searchsorted(heights, np.random.default_rng(seed).random() * heights[-1], "right")
    return int(chosen[place])


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=60).filter(any),
    st.floats(0.3, 3),
    st.floats(0.01, 0.999),
    st.integers(0, 99),
    st.integers(2, 5),
)
def test_a_part_is_sorted_and_the_piece_is_that_of_sorting_all(
    counts: list[int], temperature: float, top_p: float, seed: int, few: int
) -> None:
    with np.errstate(divide="ignore"), pytest.MonkeyPatch.context() as patched:
        patched.setattr(sampling, "FEW", few)
        logprobs: LogProbabilities = np.log(np.array(counts) / sum(counts))
        wanted = drawn_by_sorting(logprobs, temperature, top_p, seed)
        assert draw_piece(logprobs, temperature, top_p, np.random.default_rng(seed)) == wanted
        for count in (0, 1, few, 99):
            assert likeliest(logprobs, count) == np.argsort(-logprobs, kind="stable")[:count].tolist()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9).filter(any), st.integers(0, 99))
def test_what_is_impossible_is_never_drawn(counts: list[int], seed: int) -> None:
    with np.errstate(divide="ignore"):
        logprobs: LogProbabilities = np.log(np.array(counts) / sum(counts))
    assert counts[draw_piece(logprobs, 1, 1, np.random.default_rng(seed))]


def test_all_pieces_are_drawn_as_often_as_they_are_likely() -> None:
    random, shares = np.random.default_rng(7), np.array([0.5, 0, 0.3, 0.2])
    with np.errstate(divide="ignore"):
        drawn = [draw_piece(np.log(shares), 1, 1, random) for _ in range(2_000)]
    assert np.bincount(drawn, minlength=4) / len(drawn) == pytest.approx(shares, abs=0.04)

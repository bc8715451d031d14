"""What the scores of two models say of each other."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.evaluation.paired import LEAST_CASES, LISTED, compare

SCORE = st.integers(0, 8).map(lambda eighths: eighths / 8)
PAIRS = st.lists(st.tuples(SCORE, SCORE), min_size=1, max_size=30)


def test_the_same_scores_show_no_difference():
    found = compare([0.25, 0.5], [0.25, 0.5], seed=3)
    assert (found.gain, found.gain_low, found.gain_high, found.ties) == (0, 0, 0, 2)
    assert found.largest_wins == found.largest_losses == ()


@given(PAIRS, st.integers(0, 5))
def test_the_other_way_round_wins_are_losses_and_the_gain_is_its_negative(pairs: list[tuple[float, float]], seed: int):
    base, tuned = zip(*pairs, strict=True)
    one, other = compare(base, tuned, seed), compare(tuned, base, seed)
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    assert (one.gain, one.gain_low, one.gain_high) == pytest.approx((-other.gain, -other.gain_high, -other.gain_low))
    assert one.largest_wins == other.largest_losses
    assert one.wins + one.losses + one.ties == len(pairs)
    assert len(one.largest_wins) == min(LISTED, one.wins)
    assert dataclasses.asdict(one) == dataclasses.asdict(compare(base, tuned, seed))


def test_the_interval_is_as_wide_as_the_standard_error_says():
    base, tuned = [0.0] * 400, [1.0] * 200 + [0.0] * 200
    found = compare(base, tuned, seed=0)
    error = 0.5 / 400**0.5
    assert found.gain_low == pytest.approx(0.5 - 1.96 * error, abs=0.006)
    assert found.gain_high == pytest.approx(0.5 + 1.96 * error, abs=0.006)


@pytest.mark.parametrize("gains", [[1.0], [0.25, 1.0], [0.5] * (LEAST_CASES - 1)])
def test_so_few_questions_show_no_difference(gains: list[float]) -> None:
    found = compare([0.0] * len(gains), gains, seed=0)
    assert found.gain_low < 0 < found.gain <= found.gain_high


def test_as_many_as_needed_that_go_one_way_show_one() -> None:
    assert compare([0.0] * LEAST_CASES, [1.0] * LEAST_CASES, seed=0).gain_low == 1.0

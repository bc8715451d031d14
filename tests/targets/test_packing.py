"""Packing: no sequence is over its length, and no token is lost or counted twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.targets.packing import Packing, pack


def brute(sizes: list[int], length: int) -> int:
    """First-fit decreasing as it is told in one sentence."""
    room: list[int] = []
    for size in sorted((min(size, length) for size in sizes), reverse=True):
        place = next((place for place, left in enumerate(room) if left >= size), None)
        if place is None:
            room.append(length - size)
        else:
            room[place] -= size
    return len(room)


def packed(sizes: list[int], length: int) -> Packing:
    return pack(*np.unique(np.array(sizes, np.int64), return_counts=True), length)


def test_nothing_packs_into_nothing() -> None:
    assert packed([], 10) == Packing(0, 0.0, 0.0, 0, 0)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(16, 64))
def test_sequences_are_those_of_first_fit_decreasing(sizes: list[int], length: int) -> None:
    found = packed(sizes, length)
    assert found.sequences == brute(sizes, length)
    held = sum(min(size, length) for size in sizes)
    assert found.efficiency == pytest.approx(held / (found.sequences * length), abs=1e-6)
    assert found.padding == pytest.approx(1 - held / (min(max(sizes), length) * len(sizes)), abs=1e-6)
    assert (found.cut, found.cut_tokens) == (sum(s > length for s in sizes), sum(max(0, s - length) for s in sizes))

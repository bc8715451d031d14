"""A lookup finds every entry of every known number, and none else."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tuneset.similarity import lookup

NUMBERS = st.lists(
    st.one_of(st.integers(0, 9), st.integers(0, 9).map(lambda one: one << 60), st.integers(0, (1 << 64) - 1)),
    max_size=60,
).map(lambda values: np.array(values, np.uint64))


@given(NUMBERS, NUMBERS)
def test_what_is_found_is_what_comparing_all_finds(numbers: np.ndarray, values: np.ndarray) -> None:
    known = lookup.build(np.sort(numbers))
    found = sorted(zip(*(side.tolist() for side in known.among(values)), strict=True))
    assert found == sorted(
        (place, entry)
        for place, value in enumerate(values.tolist())
        for entry, number in enumerate(known.buckets.numbers.tolist())
        if value == number
    )


def test_where_nothing_is_known_nothing_is_found() -> None:
    known = lookup.build(np.zeros(0, np.uint64))
    assert [len(side) for side in known.among(np.arange(9, dtype=np.uint64))] == [0, 0]

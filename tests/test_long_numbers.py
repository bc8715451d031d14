"""The fast look for long integers finds the lines that looking at every place finds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.long_numbers import lines_with_long_numbers

LONG = re.compile(rb"\d{20}|-\d{19}")
DIGITS = st.integers(15, 24).map("7".__mul__)


def slowly(text: bytes) -> set[int]:
    return {number for number, line in enumerate(text.split(b"\n")) if LONG.search(line)}


@given(parts=st.lists(DIGITS | st.sampled_from(["-", "\n", "a", "1.", '"', "\u00e9"]), max_size=12))
def test_any_mixture_of_digits_and_lines(parts: list[str]) -> None:
    text = "".join(parts).encode()
    assert lines_with_long_numbers(text) == slowly(text)


@pytest.mark.parametrize("number", [b"7" * 18, b"7" * 19, b"-" + b"7" * 18, b"7" * 20, b"-" + b"7" * 19])
def test_every_place_and_every_distance_to_the_line_ends(number: bytes) -> None:
    found = set()
    for before in range(12):
        for after in range(12):
            text = b"1\n" + b" " * before + number + b" " * after + b"\n" + number[:9]
            assert lines_with_long_numbers(text) == slowly(text)
            found |= slowly(text)
    assert found == ({1} if len(number) == 20 else set())

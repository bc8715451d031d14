"""JSON text keeps every digit of an integer, and says where one may be lost."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.json_text import TooDeepError, dump_line, dumps, lines_with_long_numbers, loads

LONG = re.compile(rb"\d{20}|-\d{19}")
DIGITS = st.integers(15, 24).map("7".__mul__)


@given(parts=st.lists(DIGITS | st.sampled_from(["-", "\n", "a", "1.", '"']), max_size=12))
def test_the_fast_look_finds_the_lines_that_a_regular_expression_finds(parts: list[str]) -> None:
    text = "".join(parts).encode()
    assert lines_with_long_numbers(text) == {n for n, line in enumerate(text.split(b"\n")) if LONG.search(line)}


@given(number=st.integers(-(10**40), 10**40))
def test_integers_of_any_size_come_back(number: int) -> None:
    assert loads(dumps([number]).encode()) == [number]
    assert json.loads(dump_line({"n": number})) == {"n": number}


def test_what_is_deeper_than_the_limit_is_refused_and_what_is_not_fits_a_line() -> None:
    deepest: list[object] = []
    for _ in range(253):
        deepest = [deepest]
    assert json.loads(dump_line({"messages": [{"content": deepest}]})) == {"messages": [{"content": deepest}]}
    assert json.loads(dumps(deepest)) == deepest
    with pytest.raises(TooDeepError):
        dumps([deepest])

"""JSON text keeps every digit of an integer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.json_text import TooDeepError, dump_line, dumps, loads


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
    for deeper in ([deepest], [2**70, deepest], {"a": deepest}):
        with pytest.raises(TooDeepError):
            dumps(deeper)
    assert json.loads(dumps([2**70, deepest[0]])) == [2**70, deepest[0]]

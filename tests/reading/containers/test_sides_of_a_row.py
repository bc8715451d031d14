"""What was compared is one row, and no bad answer a row of its own; conversations by name are rows each."""

from typing import Any

import pytest

from tuneset.reading.containers.envelopes import holds_rows, is_rows_by_name
from tuneset.reading.shapes.choose import taker


def chat(asked: str, answer: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("good", "bad"),
        ("preferred", "dispreferred"),
        ("winner", "loser"),
        ("response_a", "response_b"),
        ("conversationA", "conversationB"),
        ("original", "rewritten"),
        ("history", "reply"),
        ("small-model", "large-model"),
        ("a", "b"),
    ],
)
def test_sides_of_a_row_are_no_rows(first: str, second: str) -> None:
    takes = taker(None)
    row = {first: chat("Is it open?", "Yes."), second: chat("Is it open?", "Leave me alone.")}
    assert not is_rows_by_name(row, takes)


@pytest.mark.parametrize("names", [("ann", "bob"), ("user-1", "user-2"), ("3f2a", "b"), ("final", "ann"), ("ann",)])
def test_conversations_of_a_store_are_rows_each(names: tuple[str, ...]) -> None:
    store = {"store": {name: chat(f"Question {number}?", "Yes.") for number, name in enumerate(names)}}
    assert is_rows_by_name(store["store"], taker(None))
    assert holds_rows(store, taker(None))

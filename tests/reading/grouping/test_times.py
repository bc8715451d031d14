"""Messages of a table stand in the order in which they were said, whichever way the table is sorted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.reading.grouping.message_rows import MESSAGE_ROWS
from tuneset.reading.grouping.times import by_time

TURNS = ["Is it open?", "Yes.", "Until when?", "Until five."]


@pytest.mark.parametrize(
    "times",
    [
        ["3/1/2026", "2/1/2026"],
        ["2026-01-02", "soon"],
        ["2026-01-02", None],
        ["2026-01-01", "2026-01-01"],
        [True, False],
        ["nan", "1"],
        ["2026-01-01T10:00", "2026-01-01T10:00:01"],
    ],
)
def test_without_times_that_are_certain_and_later_ones_first_rows_stay(times: list[Any]) -> None:
    rows = [{"n": place, "time": time} for place, time in enumerate(times)]
    assert by_time(rows) == rows


@given(
    st.lists(st.integers(0, 2), min_size=2, max_size=4),
    st.sampled_from(["created_at", "Created At", "timestamp", "sentAt", "Date"]),
    st.sampled_from(
        [str, int, lambda seconds: f"2026-01-01T10:00:0{seconds}Z", lambda second: f"2026-01-0{second + 1}"]
    ),
)
def test_a_table_from_newest_to_oldest_is_the_same_conversation(steps: list[int], name: str, written: Any) -> None:  # noqa: ANN401
    seconds = [sum(steps[:place]) for place in range(len(steps))]
    rows = [
        {"chat_id": 1, "role": ("user", "assistant")[place % 2], "text": TURNS[place], name: written(second)}
        for place, second in enumerate(seconds)
    ]
    told = MESSAGE_ROWS.whole(rows)["messages"]
    assert [one["content"] for one in told] == TURNS[: len(rows)]
    if len(set(seconds)) > 1:
        assert MESSAGE_ROWS.whole(rows[::-1])["messages"] == told


def test_the_number_of_a_turn_goes_before_its_time() -> None:
    rows = [
        {"chat_id": 1, "turn": 2, "role": "assistant", "text": "Yes.", "time": 1},
        {"chat_id": 1, "turn": 1, "role": "user", "text": "Is it open?", "time": 2},
    ]
    assert [one["content"] for one in MESSAGE_ROWS.whole(rows)["messages"]] == ["Is it open?", "Yes."]

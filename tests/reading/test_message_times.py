"""Messages of a table stand in the order in which they were said, whichever way the table is sorted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.conversations import whole
from tuneset.params import IngestParams
from tuneset.reading.grouping.message_rows import MESSAGE_ROWS
from tuneset.reading.message_times import by_time, oldest_first
from tuneset.reading.records import Records
from tuneset.stages.ingest import ingest

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
def test_a_table_from_newest_to_oldest_is_the_same_conversation(steps: list[int], name: str, written: Any) -> None:  # noqa: ANN401  any JSON
    seconds = [sum(steps[:place]) for place in range(len(steps))]
    rows = [
        {"chat_id": 1, "role": ("user", "assistant")[place % 2], "text": TURNS[place], name: written(second)}
        for place, second in enumerate(seconds)
    ]
    told = whole(MESSAGE_ROWS, rows)["messages"]
    assert [one["content"] for one in told] == TURNS[: len(rows)]
    if len(set(seconds)) > 1:
        assert whole(MESSAGE_ROWS, rows[::-1])["messages"] == told


def test_the_number_of_a_turn_goes_before_its_time() -> None:
    rows = [
        {"chat_id": 1, "turn": 2, "role": "assistant", "text": "Yes.", "time": 1},
        {"chat_id": 1, "turn": 1, "role": "user", "text": "Is it open?", "time": 2},
    ]
    assert [one["content"] for one in whole(MESSAGE_ROWS, rows)["messages"]] == ["Is it open?", "Yes."]


ASKED, ANSWERED = "2026-01-01T10:00:00Z", "2026-01-01T10:00:30Z"
IN_A_ROW: tuple[dict[str, Any], ...] = (
    {
        "messages": [
            {"role": "user", "content": "?", "timestamp": 1},
            {"role": "assistant", "content": "!", "timestamp": 2},
        ]
    },
    {"turns": [{"speaker": "user", "text": "?", "at": "", "time": 1}, {"speaker": "bot", "text": "!", "time": 2}]},
    {
        "conversations": [
            {"from": "human", "value": "?", "createdAt": ASKED},
            {"from": "gpt", "value": "!", "createdAt": ANSWERED},
        ]
    },
    {
        "requester_id": 1,
        "comments": [
            {"author_id": 1, "body": "?", "created_at": ASKED},
            {"author_id": 2, "body": "!", "created_at": ANSWERED},
        ],
    },
    {
        "description_text": "?",
        "conversations": [
            {"incoming": False, "body_text": "!", "created_at": ASKED},
            {"incoming": True, "body_text": "??", "created_at": ANSWERED},
            {"incoming": False, "body_text": "!!", "created_at": "2026-01-01T11:00:00Z"},
        ],
    },
    {"log": [{"who": "user", "said": "?", "ts": "1.5"}, {"who": "assistant", "said": "!", "ts": "2.5"}]},
)


@pytest.mark.parametrize("row", IN_A_ROW, ids="-".join)
def test_turns_of_a_row_from_newest_to_oldest_are_the_same_conversation(row: dict[str, Any]) -> None:
    mapping = {"messages": "log", "role_key": "who", "content_key": "said"}
    params = IngestParams.model_validate({"mapping": mapping} if "log" in row else {})
    column = next(name for name, value in row.items() if type(value) is list)
    told = [
        ingest(Records([1], [0], [one]), "a", params, "sft").tables.messages["content"].to_list()
        for one in (row, {**row, column: row[column][::-1]})
    ]
    assert told[0] == told[1]
    assert told[0][:2] == ["?", "!"]


def test_two_clocks_do_not_turn_a_conversation_that_begins_with_its_question() -> None:
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
    assert oldest_first(messages, [{"time": 5}, {"time": 3}]) == messages
    assert oldest_first(messages[::-1], [{"time": 3}, {"time": 5}]) == messages[::-1]

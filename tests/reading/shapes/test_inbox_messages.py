"""Messages of inboxes and runs of agents: who speaks is what the export says of it, and what was said aside is not."""

from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name
from tuneset.reading.shapes.base import ShapeError

ASKED = {"content": "Is it open?", "message_type": 0, "created_at": 1}
ANSWERED = {"content": "Yes.", "message_type": 1, "created_at": 3}
TURNS = [("user", "Is it open?"), ("assistant", "Yes.")]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [ASKED]},
        {"messages": [ASKED, {**ANSWERED, "message_type": 2}]},
        {"messages": [{**ASKED, "role": "user"}, {**ANSWERED, "role": "assistant"}]},
        {"messages": [{"text": "?", "direction": "north"}, {"text": "!", "direction": "south"}]},
        {"results": [{"direction": "INCOMING"}]},
        {"trajectory": [{"action": "ls", "observation": "a.py"}]},
        {"trajectory": "from here to there"},
        {"trajectory": [{"role": "ai", "text": None}]},
    ],
)
def test_messages_of_one_direction_and_other_lists_are_none(row: dict[str, Any]) -> None:
    assert shape_name(row) not in ("inbox_messages", "agent_trajectory")


NOTE = {"content": "He is rude.", "message_type": 1, "private": True, "created_at": 2}
CLOSED = {"content": "Conversation was resolved", "message_type": 2, "created_at": 4}


@pytest.mark.parametrize(
    "row",
    [
        {"id": 1, "messages": [ASKED, NOTE, ANSWERED, CLOSED]},
        {"messages": [{**ASKED, "message_type": "incoming"}, {**ANSWERED, "message_type": "outgoing"}]},
        {"messages": [CLOSED, ANSWERED, NOTE, ASKED]},
        {
            "results": [
                {"type": "MESSAGE", "direction": "INCOMING", "text": "Is it open?", "conversationsThreadId": "1"},
                {"type": "COMMENT", "text": "He is rude.", "conversationsThreadId": "1"},
                {"type": "MESSAGE", "direction": "OUTGOING", "text": "Yes.", "conversationsThreadId": "1"},
            ]
        },
    ],
)
def test_what_came_in_is_asked_and_what_went_out_is_answered(row: dict[str, Any]) -> None:
    assert said(row) == TURNS


def test_messages_of_several_conversations_are_told() -> None:
    row = {
        "results": [{"text": "?", "direction": "INCOMING", "thread_id": 1}, {"direction": "OUTGOING", "thread_id": 2}]
    }
    with pytest.raises(ShapeError, match="several"):
        read(row)


def test_a_run_keeps_its_system_text() -> None:
    turns = [
        {"role": "system", "system_prompt": "Be brief.", "text": None, "mask": False},
        {"role": "user", "system_prompt": None, "text": "Is it open?"},
        {"role": "ai", "text": "Yes."},
    ]
    assert said({"instance_id": "a", "trajectory": turns}) == [("system", "Be brief."), *TURNS]
    messages = [{"role": role, "content": text} for role, text in TURNS]
    assert said({"trajectory": messages}) == TURNS


def test_a_message_without_a_text_adds_nothing_and_one_with_a_file_is_told() -> None:
    asked, empty, answer = ({"content": "?", "message_type": 0}, {"content": None, "message_type": 0},
                            {"content": "!", "message_type": 1})  # fmt: skip
    assert said({"messages": [asked, empty, answer]}) == [("user", "?"), ("assistant", "!")]
    with pytest.raises(ShapeError, match="files attached"):
        read({"messages": [asked, {**empty, "attachments": [{"file_type": "image"}]}, answer]})

"""Sessions of coding agents: the system text is kept; what a sub-agent said is read, or told, and never mixed in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.conversations import whole
from tuneset.reading.grouping.agent_sessions import CLAUDE_CODE, CODEX

Record = dict[str, Any]


def event(role: str, text: str, **more: Any) -> Record:  # noqa: ANN401  any JSON value
    return {"type": role, "uuid": text, "sessionId": "s", "message": {"role": role, "content": text}, **more}


MAIN = [event("user", "Is it open?"), event("assistant", "Yes.")]
SIDE = [event("user", "Find the hours", isSidechain=True), event("assistant", "Nine to five.", isSidechain=True)]
NOTES = [event("user", "caveat", isMeta=True), event("assistant", "API Error", isApiErrorMessage=True)]


@given(st.lists(st.sampled_from([*SIDE, *NOTES]), max_size=4), st.integers(0, 2))
def test_what_a_sub_agent_said_within_a_session_is_told_and_not_mixed_in(beside: list[Record], place: int) -> None:
    row = whole(CLAUDE_CODE, [*MAIN[:place], *beside, *MAIN[place:]])
    assert [message["content"] for message in row["messages"]] == ["Is it open?", "Yes."]
    assert row.get("isSidechain (said aside)", 0) == sum(record in SIDE for record in beside)


def test_a_file_of_a_sub_agents_own_is_read() -> None:
    assert whole(CLAUDE_CODE, [*NOTES, *SIDE]) == {"messages": [record["message"] for record in SIDE]}


def item(role: str, text: str) -> Record:
    kind = "output_text" if role == "assistant" else "input_text"
    payload = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
    return {"type": "response_item", "payload": payload}


@pytest.mark.parametrize(
    ("meta", "system"),
    [
        ({"id": "s"}, ""),
        ({"id": "s", "instructions": "Rhyme."}, ""),
        ({"id": "s", "base_instructions": None}, ""),
        ({"id": "s", "base_instructions": {"text": "You code."}}, "You code."),
        ({"id": "s", "base_instructions": "You code."}, "You code."),
    ],
)
def test_what_codex_tells_the_model_to_be_is_the_system_text(meta: Record, system: str) -> None:
    rows = [{"type": "session_meta", "payload": meta}, item("user", "Is it open?"), item("assistant", "Yes.")]
    assert whole(CODEX, rows)["instructions"] == system

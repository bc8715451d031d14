"""Messages of Pydantic AI, Haystack, Semantic Kernel and Gradio, as these libraries write them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name
from tuneset.reading.containers.envelopes import is_conversation
from tuneset.reading.shapes.base import ShapeError

Message = dict[str, Any]


def request(*parts: Message, **more: Any) -> Message:  # noqa: ANN401  any JSON value
    return {"kind": "request", "parts": list(parts), "instructions": None, "state": "complete", **more}


def response(*parts: Message, **more: Any) -> Message:  # noqa: ANN401  any JSON value
    return {"kind": "response", "parts": list(parts), "finish_reason": None, "state": "complete", **more}


def haystack(role: str, *parts: Message, **meta: Any) -> Message:  # noqa: ANN401  any JSON value
    return {"role": role, "meta": meta, "name": None, "content": list(parts)}


def kernel(role: str, *items: Message) -> Message:
    return {"metadata": {}, "content_type": "message", "role": role, "items": list(items)}


HOURS = {"day": "today"}
PYDANTIC = [
    request({"part_kind": "system-prompt", "content": "Be brief."}, {"part_kind": "user-prompt", "content": "Open?"}),
    response(
        {"part_kind": "thinking", "content": "Hm", "signature": None},
        {"part_kind": "tool-call", "tool_name": "hours", "args": '{"day":"today"}', "tool_call_id": "t1"},
    ),
    request({"part_kind": "tool-return", "tool_name": "hours", "content": "9 to 5", "tool_call_id": "t1"}),
    response({"part_kind": "text", "content": "Yes."}),
]
ORIGIN = {"tool_name": "hours", "arguments": HOURS, "id": "t1", "extra": None}
HAYSTACK = [
    haystack("system", {"text": "Be brief."}),
    haystack("user", {"text": "Open?"}),
    haystack("assistant", {"reasoning": {"reasoning_text": "Hm", "extra": {}}}, {"tool_call": ORIGIN}),
    haystack("tool", {"tool_call_result": {"result": "9 to 5", "origin": ORIGIN, "error": False}}),
    haystack("assistant", {"text": "Yes."}),
]
CALLED = {"id": "t1", "name": "hours", "function_name": "hours"}
KERNEL = [
    kernel("system", {"content_type": "text", "text": "Be brief."}),
    kernel("user", {"content_type": "text", "text": "Open?"}),
    kernel(
        "assistant",
        {"content_type": "reasoning", "text": "Hm"},
        {"content_type": "function_call", "arguments": '{"day":"today"}', **CALLED},
    ),
    kernel("tool", {"content_type": "function_result", "result": "9 to 5", **CALLED}),
    kernel("assistant", {"content_type": "text", "text": "Yes."}),
]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [{"kind": "request", "parts": [{"content": "?"}]}]},
        {"messages": [{"kind": "note", "parts": [{"part_kind": "text", "content": "?"}]}]},
        {"messages": [{"role": "user", "content": [{"text": "?"}]}]},
        {"messages": [{"role": "assistant", "content": [{"type": "x", "reasoning": {}}]}]},
        {"messages": [{"role": "user", "items": [{"text": "?"}]}]},
        {"history": [["user", "Open?"], ["assistant", "Yes."]]},
        {"history": [["Is it open?", "Yes."]], "question": "When?", "answer": "At six."},
        {"history": [["Is it open?", None], ["When?", "At six."]]},
        {"chatbot": [["Is it open?", "Yes.", "No."]]},
        {"chatbot": []},
        {"History": [["Is it open?", "Yes."]], "Query": "When?", "Response": "At six."},
        {"history": [["Ann Lee", "Is it open?"], ["Bo", "Yes."], ["Ann Lee", "When?"]]},
        {"rows": [["Is it open?", "Yes."]]},
    ],
)
def test_what_only_looks_like_such_messages_is_another_shape_or_none(row: dict[str, Any]) -> None:
    names = ("pydantic_ai", "haystack", "semantic_kernel", "chatbot_pairs")
    assert shape_name(row) not in names


@pytest.mark.parametrize("messages", [PYDANTIC, HAYSTACK, KERNEL])
def test_a_whole_conversation_of_a_library_is_read(messages: list[Message]) -> None:
    call = {"id": "t1", "type": "function", "function": {"name": "hours", "arguments": '{"day":"today"}'}}
    for column in ("messages", "history"):
        assert read({column: messages, "id": 7})[0]["messages"] == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Open?"},
            {"role": "assistant", "tool_calls": [call], "reasoning_content": "Hm"},
            {"role": "tool", "content": "9 to 5", "tool_call_id": "t1"},
            {"role": "assistant", "content": "Yes."},
        ]


def test_a_list_of_them_alone_is_one_conversation() -> None:
    assert is_conversation(PYDANTIC)
    assert is_conversation(HAYSTACK)


def test_instructions_are_the_system_text_and_a_demand_to_try_again_is_said_to_the_model() -> None:
    asked = request({"part_kind": "user-prompt", "content": ["Open?"]}, instructions="Be brief.")
    again = request({"part_kind": "retry-prompt", "content": "Once more."}, instructions="Be brief.")
    answer = response({"part_kind": "text", "content": "Yes."})
    turns = [("user", "Open?"), ("assistant", "Yes."), ("user", "Once more."), ("assistant", "Yes.")]
    assert said({"messages": [asked, answer, again, answer]}) == [("system", "Be brief."), *turns]


@pytest.mark.parametrize(
    "stopped",
    [
        response({"part_kind": "text", "content": "It"}, finish_reason="length"),
        response({"part_kind": "text", "content": "It"}, state="interrupted"),
        haystack("assistant", {"text": "It"}, finish_reason="length"),
        {**kernel("assistant", {"content_type": "text", "text": "It"}), "finish_reason": "length"},
    ],
)
def test_an_answer_without_its_end_is_not_learned(stopped: Message) -> None:
    assert read({"messages": [stopped]})[0]["messages"][0]["weight"] == 0


@pytest.mark.parametrize(
    "message",
    [
        request({"part_kind": "user-prompt", "content": [{"kind": "audio-url", "url": "https://x.org/a"}]}),
        response({"part_kind": "builtin-tool-call", "tool_name": "search"}),
        haystack("assistant", {"tool_call": ORIGIN}, {"image": {}}),
        kernel("user", {"content_type": "audio"}),
        {**kernel("user", {"content_type": "text", "text": "?"}), "role": "narrator"},
    ],
)
def test_what_no_chat_message_can_hold_is_told(message: Message) -> None:
    with pytest.raises(ShapeError):
        read({"messages": [message]})


def test_pairs_of_a_chat_bot_are_exchanges_and_a_question_that_waits_is_left_out() -> None:
    pairs: list[list[str | None]] = [["Is it open?", "Yes."], ["When?", "At six."], ["And?", None]]
    turns = [("user", "Is it open?"), ("assistant", "Yes."), ("user", "When?"), ("assistant", "At six.")]
    assert said({"history": pairs}) == turns
    assert said({"chatbot": pairs[:2], "id": 7}) == turns

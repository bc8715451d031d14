"""Chats as programs keep them for themselves: LM Studio, Gemini CLI, Google AI Studio, and Semantic Kernel for .NET."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name
from tuneset.reading.containers.envelopes import is_conversation
from tuneset.reading.shapes.base import ShapeError

Message = dict[str, Any]


def text(value: str) -> Message:
    return {"type": "text", "text": value}


def asked(*parts: Message) -> Message:
    return {"versions": [{"type": "singleStep", "role": "user", "content": list(parts)}], "currentlySelected": 0}


def block(value: str, **more: Any) -> Message:  # noqa: ANN401  any JSON value
    return {"type": "contentBlock", "content": [text(value)], **more}


def answered(*versions: list[Message], chosen: int = 0) -> Message:
    held = [{"type": "multiStep", "role": "assistant", "steps": steps} for steps in versions]
    return {"versions": held, "currentlySelected": chosen}


def gemini(kind: str, content: Any, **more: Any) -> Message:  # noqa: ANN401  any JSON value
    return {"id": "1", "timestamp": "2026-01-01", "type": kind, "content": content, **more}


def kernel(label: str, kind: str = "TextContent", **item: Any) -> Message:  # noqa: ANN401  any JSON value
    return {"Role": {"Label": label}, "Items": [{"$type": kind, **item}], "ModelId": "m"}


THOUGHT = {"type": "thinking", "ended": True, "title": "Thought"}
DEBUG = {"type": "debugInfoBlock", "debugInfo": "naming"}
CALL = {"Id": "t1", "PluginName": "shop", "FunctionName": "hours", "Arguments": {"day": "today"}}
GIVEN = [{"functionResponse": {"id": "t1", "name": "hours", "response": {"output": "9 to 5"}}}]


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("lm_studio", [{"role": "user", "content": "?", "versions": 2}, {"role": "assistant", "content": "!"}]),
        ("lm_studio", [{"versions": []}, {"role": "user", "content": "?"}]),
        ("gemini_cli", [{"type": "user", "content": "?"}, {"type": "gemini", "content": "!"}]),
        ("gemini_cli", [{"id": 1, "role": "user", "type": "gemini", "content": "?"}]),
        ("semantic_kernel_net", [{"Role": "user", "Items": 3}, {"Role": "assistant", "Items": 4}]),
        ("semantic_kernel_net", [{"Role": {"Name": "user"}, "Items": []}]),
    ],
)
def test_messages_that_only_share_a_key_are_of_no_such_program(name: str, messages: list[Message]) -> None:
    assert shape_name({"messages": messages}) != name


@pytest.mark.parametrize(
    "messages",
    [
        [asked(text("?"), {"type": "file", "fileIdentifier": "1.png"}), answered([block("!")])],
        [asked(text("?")), answered([{"type": "toolStatus", "callId": 1}, block("!")])],
        [asked(text("?")), answered([block("!")], chosen=1)],
        [gemini("user", [{"inlineData": {"mimeType": "image/png"}}]), gemini("gemini", "!")],
        [gemini("user", "?"), gemini("gemini", "!"), gemini("compressed", "?")],
        [kernel("user", Text="?"), kernel("assistant", "AudioContent", Uri="a.wav")],
        [kernel("narrator", Text="?")],
    ],
)
def test_what_no_chat_message_can_hold_is_told(messages: list[Message]) -> None:
    with pytest.raises(ShapeError):
        read({"messages": messages})


def test_of_versions_the_chosen_one_is_read_behind_the_chats_system_text() -> None:
    thought = block("Hm", style=THOUGHT)
    answers = answered([block("No idea.")], [thought, block("Yes."), DEBUG], chosen=1)
    row = {"name": "Hours", "systemPrompt": "Be brief.", "messages": [asked(text("Open?")), answers]}
    assert said(row) == [("system", "Be brief."), ("user", "Open?"), ("assistant", "Yes.")]
    assert read(row)[0]["messages"][-1]["reasoning_content"] == "Hm"
    assert said({**row, "systemPrompt": " "})[0] == ("user", "Open?")


@pytest.mark.parametrize(("reason", "weight"), [("eosFound", None), ("userStopped", 0), ("failed", 0)])
def test_an_answer_that_was_stopped_is_not_learned(reason: str, weight: int | None) -> None:
    stopped = block("It is", genInfo={"stats": {"stopReason": reason}})
    messages = read({"messages": [asked(text("Open?")), answered([stopped])]})[0]["messages"]
    assert messages[-1].get("weight") == weight


def test_calls_and_thoughts_beside_a_message_of_gemini_cli_are_its_own_and_notes_are_not() -> None:
    call = {"id": "t1", "name": "hours", "args": {"day": "today"}, "result": GIVEN, "status": "success"}
    thoughts = [{"subject": "Hours", "description": "I look."}]
    messages = [
        gemini("user", [{"text": "Open?"}]),
        gemini("info", "Update available"),
        gemini("gemini", "", toolCalls=[call], thoughts=thoughts),
        gemini("gemini", "Yes."),
    ]
    example, _ = read({"sessionId": "s", "messages": messages})
    asked_for, called, given, answer = example["messages"]
    assert (asked_for["content"], given["content"], answer["content"]) == ("Open?", "9 to 5", "Yes.")
    assert called["reasoning_content"] == "Hours: I look."
    assert called["tool_calls"][0]["function"] == {"name": "hours", "arguments": '{"day":"today"}'}
    assert given["tool_call_id"] == called["tool_calls"][0]["id"]


def test_a_history_of_semantic_kernel_for_dotnet_is_read_as_a_list_alone_too() -> None:
    messages = [
        kernel("system", Text="Be brief."),
        kernel("user", Text="Open?"),
        kernel("assistant", "FunctionCallContent", **CALL),
        kernel("tool", "FunctionResultContent", CallId="t1", FunctionName="hours", Result="9 to 5"),
        kernel("assistant", Text="Yes."),
    ]
    assert is_conversation(messages)
    example, _ = read({"messages": messages})
    roles = [message["role"] for message in example["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant"]
    assert example["messages"][2]["tool_calls"][0]["function"]["name"] == "shop-hours"
    assert example["messages"][3]["tool_call_id"] == "t1"


def chunk(role: str, text: str, **more: Any) -> Message:  # noqa: ANN401  any JSON value
    return {"role": role, "text": text, "tokenCount": 3, **more}


CHUNKS = [
    chunk("user", "Is it open?"),
    chunk("model", "I look.", isThought=True),
    chunk("model", "Yes.", finishReason="STOP"),
]


@pytest.mark.parametrize("system", [{"text": "Be brief."}, {"parts": [{"text": "Be brief."}]}, "Be brief."])
def test_a_prompt_of_ai_studio_has_its_instruction_and_its_thoughts_in_their_places(system: Any) -> None:  # noqa: ANN401  any JSON
    row = {"runSettings": {}, "systemInstruction": system, "chunkedPrompt": {"chunks": CHUNKS, "pendingInputs": []}}
    assert read(row)[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Is it open?"},
        {"role": "assistant", "content": "Yes.", "reasoning_content": "I look."},
    ]


def test_an_answer_of_ai_studio_without_its_end_is_not_learned_and_a_file_is_told() -> None:
    cut = [CHUNKS[0], chunk("model", "It", finishReason="MAX_TOKENS")]
    assert read({"chunkedPrompt": {"chunks": cut}})[0]["messages"][-1]["weight"] == 0
    lost = [{"role": "user", "driveDocument": {"id": "1"}}, *CHUNKS]
    with pytest.raises(ShapeError, match="no text"):
        read({"chunkedPrompt": {"chunks": lost}})
    assert shape_name({"chunkedPrompt": {"text": "?"}}) != "ai_studio"

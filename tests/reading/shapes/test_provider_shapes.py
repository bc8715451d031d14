"""Conversations in the formats of providers become chat lines, and a part that cannot is told and not left out."""

import json
from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name
from tuneset.reading.shapes.base import ShapeError

ASK = {"role": "user", "content": "How warm is it?"}
RULE = ("system", "Be exact.")
CALL = {"id": "c1", "type": "function", "function": {"name": "temperature", "arguments": '{"town":"Ulm"}'}}
TOOL = {
    "type": "function",
    "function": {"name": "temperature", "description": "Reads it.", "parameters": {"type": "object", "properties": {}}},
}
WHOLE = [
    {"role": "system", "content": "Be exact."},
    ASK,
    {"role": "assistant", "content": "I look.", "tool_calls": [CALL]},
    {"role": "tool", "content": "18 C", "tool_call_id": "c1"},
    {"role": "assistant", "content": "18 C it is."},
]
SCHEMA = {"type": "object", "properties": {}}

ANTHROPIC = {
    "system": [{"type": "text", "text": "Be exact.", "cache_control": {"type": "ephemeral"}}],
    "tools": [{"name": "temperature", "description": "Reads it.", "input_schema": SCHEMA}],
    "messages": [
        ASK,
        {"role": "assistant", "content": [
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "c1", "name": "temperature", "input": {"town": "Ulm"}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "18 C"}]},
        ]},
        {"role": "assistant", "content": [{"type": "text", "text": "18 C it is."}]},
    ],
}  # fmt: skip
BEDROCK = {
    "schemaVersion": "bedrock-conversation-2024",
    "system": [{"text": "Be exact."}],
    "toolConfig": {"tools": [
        {"toolSpec": {"name": "temperature", "description": "Reads it.", "inputSchema": {"json": SCHEMA}}},
    ]},
    "messages": [
        {"role": "user", "content": [{"text": "How warm is it?"}]},
        {"role": "assistant", "content": [
            {"text": "I look."},
            {"toolUse": {"toolUseId": "c1", "name": "temperature", "input": {"town": "Ulm"}}},
        ]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "18 C"}]}}]},
        {"role": "assistant", "content": [{"text": "18 C it is."}]},
    ],
}  # fmt: skip
GEMINI = {
    "system_instruction": {"parts": [{"text": "Be exact."}]},
    "tools": [{"functionDeclarations": [
        {"name": "temperature", "description": "Reads it.", "parameters": {"type": "OBJECT", "properties": {}}},
    ]}],
    "contents": [
        {"role": "user", "parts": [{"text": "How warm is it?"}]},
        {"role": "model", "parts": [
            {"text": "I look."}, {"functionCall": {"id": "c1", "name": "temperature", "args": {"town": "Ulm"}}},
        ]},
        {"role": "user", "parts": [{"functionResponse": {"id": "c1", "name": "temperature", "response": "18 C"}}]},
        {"role": "model", "parts": [{"text": "18 C it is."}]},
    ],
}  # fmt: skip
RESPONSES = {
    "instructions": "Be exact.",
    "tools": [{"type": "function", "name": "temperature", "description": "Reads it.", "parameters": SCHEMA}],
    "input": "How warm is it?",
    "output": [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "function_call", "call_id": "c1", "name": "temperature", "arguments": '{"town":"Ulm"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "18 C"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "18 C it is."}]},
    ],
}
PARTS = [
    {"role": "user", "parts": [{"type": "text", "content": "How warm is it?"}]},
    {"role": "assistant", "parts": [
        {"type": "text", "content": "I look."},
        {"type": "tool_call", "id": "c1", "name": "temperature", "arguments": {"town": "Ulm"}},
    ]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "18 C"}]},
]  # fmt: skip
OTEL = {
    "name": "chat",
    "attributes": {
        "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be exact."}]),
        "gen_ai.input.messages": json.dumps(PARTS),
        "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", "content": "18 C it is."}]}],
        "gen_ai.tool.definitions": json.dumps([{"type": "function", **TOOL["function"]}]),  # type: ignore[dict-item]
    },
}


@pytest.mark.parametrize(
    "record",
    [
        {"contents": "chapter one, chapter two"},
        {"contents": [{"title": "one"}]},
        {"attributes": {"http.method": "GET"}},
        {"attributes": {"gen_ai.input.messages": "[]"}},
        {"inputs": {"city": "Ulm"}, "outputs": {"temperature": 18}},
        {"input": {"messages": [ASK]}, "output": None},
        {"request": {"messages": [ASK]}, "response": {"status_code": 500, "body": {"choices": []}}},
        {"request": {"messages": [ASK]}, "response": {"error": {"code": 1}}},
        {"messages": [ASK], "choices": []},
    ],
)
def test_rows_that_only_look_like_a_call_are_none(record: dict[str, Any]) -> None:
    assert shape_name(record) in (None, "chat")


WITH_A_CALL: list[Any] = [ANTHROPIC, BEDROCK, GEMINI, RESPONSES, OTEL]


@pytest.mark.parametrize("record", WITH_A_CALL, ids=shape_name)
def test_a_conversation_with_a_call_is_the_same_from_each_provider(record: dict[str, Any]) -> None:
    example, told = read(record)
    assert example == {"messages": WHOLE, "tools": [TOOL]}
    assert told == []


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [ASK, {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "A guess.", "signature": "x"}, {"type": "text", "text": "Warm."}]}]},
        {"messages": [{"role": "user", "content": [{"text": "How warm is it?"}]}, {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": "A guess."}}}, {"text": "Warm."}]}]},
        {"contents": [{"role": "user", "parts": [{"text": "How warm is it?"}]}, {"role": "model", "parts": [
            {"text": "A guess.", "thought": True}, {"text": "Warm."}]}]},
        {"input": "How warm is it?", "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "A guess."}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Warm."}]}]},
    ],
    ids=shape_name,
)  # fmt: skip
def test_what_was_thought_is_the_reasoning_of_the_message(record: dict[str, Any]) -> None:
    answer = {"role": "assistant", "content": "Warm.", "reasoning_content": "A guess."}
    assert read(record)[0]["messages"] == [ASK, answer]


@pytest.mark.parametrize("held", ["thinking", "redacted_thinking", "tool_use"])
def test_an_answer_of_anthropic_in_a_log_is_read_whatever_blocks_it_has(held: str) -> None:
    blocks: dict[str, dict[str, Any]] = {
        "thinking": {"thinking": "A guess.", "signature": "x"},
        "redacted_thinking": {"data": "eA=="},
        "tool_use": {"id": "c1", "name": "temperature", "input": {"town": "Ulm"}},
    }
    response = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": held, **blocks[held]}, {"type": "text", "text": "Warm."}],
    }
    answer: dict[str, Any] = {"role": "assistant", "content": "Warm."}
    beside: dict[str, dict[str, Any]] = {
        "thinking": {"reasoning_content": "A guess."},
        "tool_use": {"tool_calls": [CALL]},
    }
    row = {"request": {"messages": [ASK]}, "response": response}
    assert read(row)[0]["messages"] == [ASK, {**answer, **beside.get(held, {})}]


def test_gemini_calls_without_ids_are_tied_in_order() -> None:
    row = {"contents": [
        {"role": "user", "parts": [{"text": "?"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
        {"role": "function", "parts": [{"functionResponse": {"name": "f", "response": {"n": 1}}}]},
        {"role": "model", "parts": [{"text": "!"}]},
    ]}  # fmt: skip
    _, call, given, _ = read(row)[0]["messages"]
    assert call["tool_calls"][0]["id"] == given["tool_call_id"] == "call_2_1"
    assert given["content"] == '{"n":1}'


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [{"role": "user", "content": [{"type": "document", "source": {}}]},
                      {"role": "assistant", "content": [{"type": "thinking", "thinking": "x"}]}]},
        {"messages": [{"role": "user", "content": [{"text": "?"}, {"image": {"source": {}}}]}]},
        {"contents": [{"role": "user", "parts": [{"executableCode": {"code": "1"}}]}]},
        {"input": "?", "output": [{"type": "message", "role": "assistant", "content": [{"type": "audio"}]}]},
    ],
)  # fmt: skip
def test_a_part_that_no_chat_message_can_hold_is_told(record: dict[str, Any]) -> None:
    with pytest.raises(ShapeError):
        read(record)


LC = {"lc": 1, "type": "constructor"}
TWO = [("user", "How warm is it?"), ("assistant", "Warm.")]
REPLY = {"role": "assistant", "content": "Warm."}


LOGGED: list[Any] = [
    {"input": [ASK], "choices": [{"index": 0, "message": REPLY}], "object": "chat.completion"},
    {"request": {"messages": [ASK]}, "response": {"choices": [{"message": REPLY}]}},
    {"request": json.dumps({"messages": [ASK]}), "response": json.dumps({"choices": [{"message": REPLY}]})},
    {"custom_id": "1", "body": {"messages": [ASK]}, "response": {"status_code": 200, "body": {
        "choices": [{"message": REPLY}]}}},
    {"input": [ASK], "ideal": "Warm."},
    {"input": {"messages": [ASK]}, "output": REPLY},
    {"inputs": {"messages": [ASK]}, "outputs": {"output": {"content": "Warm.", "role": "assistant"}}},
    {"inputs": {"question": "How warm is it?"}, "outputs": {"answer": "Warm."}},
    {"inputs": {"messages": [[{**LC, "id": ["m", "HumanMessage"], "kwargs": {"content": "How warm is it?"}}]]},
     "outputs": {"generations": [[{"text": "Warm.", "message": {
         **LC, "id": ["m", "AIMessage"], "kwargs": {"content": "Warm."}}}]]}},
    {"inputs": {"messages": [{"type": "human", "content": "How warm is it?"}]},
     "outputs": {"messages": [{"type": "ai", "data": {"content": "Warm."}}]}},
    {"request": {"contents": [{"role": "user", "parts": [{"text": "How warm is it?"}]}]},
     "response": {"candidates": [{"content": {"role": "model", "parts": [{"text": "Warm."}]}}]}},
    {"request": {"messages": [ASK]}, "response": {
        "type": "message", "role": "assistant", "content": [{"type": "text", "text": "Warm."}]}},
    {"request": {"input": "How warm is it?"}, "response": {"output": [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Warm."}]}]}},
    {"attributes": {"gen_ai.prompt.0.content": "How warm is it?", "gen_ai.completion.0.role": "assistant",
                    "gen_ai.completion.0.content": "Warm."}},
    {"attributes": [{"key": "llm.input_messages.0.message.content", "value": {"stringValue": "How warm is it?"}},
                    {"key": "llm.output_messages.0.message.content", "value": {"stringValue": "Warm."}}]},
]  # fmt: skip


@pytest.mark.parametrize("record", LOGGED)
def test_a_request_and_its_response_are_a_conversation(record: dict[str, Any]) -> None:
    texts = [(role, content if type(content) is str else content[0]["text"]) for role, content in said(record)]
    assert texts == TWO


def test_parts_without_a_type_and_roles_that_converse_does_not_have_are_left_to_the_repairs() -> None:
    row = {"messages": [{"role": "user", "content": [{"text": "?"}]}, {"role": "model", "content": "!"}]}
    assert shape_name(row) == "chat"
    assert (
        shape_name({"messages": [row["messages"][0], {"role": "assistant", "content": [{"text": "!"}]}]}) == "bedrock"
    )

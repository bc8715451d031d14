"""Calls in spans, events and results of tests: the same conversation, calls of tools included, whoever wrote it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.shapes import test_provider_shapes as shared
from tests.reading.shapes.reading import read, said, shape_name
from tests.reading.shapes.test_provider_shapes import ASK, PARTS
from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.numbered_messages import unflattened

Attributes = dict[str, Any]
CALL: Any = shared.CALL
TOOL: Any = shared.TOOL
WHOLE: list[Any] = shared.WHOLE
FUNCTION = CALL["function"]


def inference(message: dict[str, Any]) -> Attributes:
    """A message as OpenInference has it, as an object."""
    found: Attributes = {key: message[key] for key in ("role", "content", "tool_call_id") if key in message}
    if "tool_calls" in message:
        found["tool_calls"] = [
            {"tool_call": {"id": call["id"], "function": call["function"]}} for call in message["tool_calls"]
        ]
    return {"message": found}


def flat(value: Any, way: str = "") -> Attributes:  # noqa: ANN401  any JSON value
    """The same under names with dots and numbers."""
    inner = value.items() if type(value) is dict else enumerate(value) if type(value) is list else None
    if inner is None:
        return {way: value}
    found: Attributes = {}
    for key, held in inner:
        found |= flat(held, f"{way}.{key}" if way else str(key))
    return found


NESTED: Any = {
    "llm": {
        "input_messages": [inference(message) for message in WHOLE[:-1]],
        "output_messages": [inference(WHOLE[-1])],
        "tools": [{"tool": {"json_schema": json.dumps(TOOL)}}],
    },
    "openinference": {"span": {"kind": "LLM"}},
}
LLMETRY = {
    "gen_ai": {
        "prompt": [
            {
                **{key: message[key] for key in ("role", "content", "tool_call_id") if key in message},
                **({"tool_calls": [{"id": CALL["id"], **FUNCTION}]} if "tool_calls" in message else {}),
            }
            for message in WHOLE[:-1]
        ],
        "completion": [{"role": "assistant", "content": WHOLE[-1]["content"], "finish_reason": "stop"}],
    },
    "llm": {"request": {"functions": [{**TOOL["function"], "parameters": json.dumps(TOOL["function"]["parameters"])}]}},
}
COLUMNS = {
    f"attributes.llm.{name}": [flat(entry) for entry in NESTED["llm"][name]]
    for name in ("input_messages", "output_messages")
} | {"attributes.llm.tools": [{"tool.json_schema": json.dumps(TOOL)}]}
SDK = {
    "ai.prompt.messages": json.dumps(
        [
            *WHOLE[:2],
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "I look."},
                    {"type": "tool-call", "toolCallId": "c1", "toolName": "temperature", "input": {"town": "Ulm"}},
                ],
            },
            {
                "role": "tool",
                "content": [{"type": "tool-result", "toolCallId": "c1", "toolName": "temperature", "result": "18 C"}],
            },
        ]
    ),
    "ai.response.text": WHOLE[-1]["content"],
}
ANSWERED = [*PARTS, {"role": "assistant", "parts": [{"type": "text", "content": WHOLE[-1]["content"]}]}]
PYDANTIC = {
    "pydantic_ai.all_messages": json.dumps(ANSWERED),
    "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be exact."}]),
}


@pytest.mark.parametrize(
    ("attributes", "tools"),
    [(NESTED, True), (flat(NESTED), True), (LLMETRY, True), (flat(LLMETRY), True), (SDK, False), (PYDANTIC, False)],
    ids=["nested", "OpenInference", "nested OpenLLMetry", "OpenLLMetry", "AI SDK", "Pydantic AI"],
)
def test_a_conversation_with_a_call_is_the_same_from_each_instrumentation(attributes: Attributes, tools: bool) -> None:
    example, told = read({"name": "chat", "attributes": attributes, "context": {"trace_id": "t"}})
    assert example == {"messages": WHOLE, **({"tools": [TOOL]} if tools else {})}
    assert told == []


def test_a_table_of_spans_says_the_same() -> None:
    assert read({**COLUMNS, "context.span_id": "s"}) == ({"messages": WHOLE, "tools": [TOOL]}, [])
    assert read({name: json.dumps(held) for name, held in COLUMNS.items()})[0]["messages"] == WHOLE


KEYS = st.text("abc", min_size=1, max_size=3)
VALUES = st.recursive(
    st.one_of(st.text(max_size=3), st.integers(0, 9)),
    lambda inner: st.one_of(st.lists(inner, min_size=1, max_size=12), st.dictionaries(KEYS, inner, min_size=1)),
    max_leaves=15,
)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=3))
def test_what_is_written_with_dots_is_what_it_was(value: Attributes) -> None:
    assert unflattened({f"llm.{key}": held for key, held in flat(value).items()}) == {"llm": value}


@pytest.mark.parametrize(
    "attributes",
    [
        {"llm.input_messages.0.message.content": "?"},
        {"llm.input_messages": [], "llm.output_messages": []},
        {"llm.input_messages": 7, "llm": 8, "llm.output_messages.0.message.content": "!"},
        {"ai.prompt.messages": "[]"},
        {"input.value": "?", "output.value": "!"},
    ],
)
def test_a_span_without_both_sides_is_no_call(attributes: Attributes) -> None:
    assert shape_name({"attributes": attributes}) is None


@pytest.mark.parametrize(
    "message",
    [
        {"message.contents": [{"message_content.type": "audio"}]},
        {"message.role": "narrator", "message.content": "?"},
        {"message.content": 7},
        {"message.tool_calls": [{"tool_call.function.arguments": "{}"}]},
    ],
)
def test_what_a_span_says_in_a_form_that_is_not_known_is_told(message: Attributes) -> None:
    with pytest.raises(ShapeError):
        read({"attributes": {"llm.input_messages": [message], "llm.output_messages": [{"message.content": "!"}]}})


def test_an_image_of_a_span_is_kept() -> None:
    url = "https://example.org/door.png"
    contents = [
        {"message_content.type": "text", "message_content.text": "?"},
        {"message_content.type": "image", "message_content.image.image.url": url},
    ]
    attributes = {
        "llm.input_messages": [{"message.role": "user", "message.contents": contents}],
        "llm.output_messages": [{"message.content": "!"}],
    }
    parts = [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": {"url": url}}]
    assert said({"attributes": attributes}) == [("user", parts), ("assistant", "!")]


CHOICES = {"choices": [{"message": {"role": "assistant", "content": "18 C."}}]}
TWO = [("user", ASK["content"]), ("assistant", "18 C.")]
GENERATION = {"$ai_input": [ASK], "$ai_output_choices": CHOICES["choices"]}


@pytest.mark.parametrize(
    "row",
    [
        {"op_name": "create", "inputs": {"model": "m", "messages": [ASK]}, "output": CHOICES, "exception": None},
        {"event": "$ai_generation", "properties": GENERATION},
        {"event": "$ai_generation", "properties": json.dumps(GENERATION)},
        {f"properties.{name}": json.dumps(held) for name, held in GENERATION.items()},
        {"prompt": {"raw": ASK["content"]}, "vars": {}, "response": {"output": "18 C."}, "success": True},
        {"prompt": {"raw": json.dumps([ASK])}, "vars": {}, "response": {"output": "18 C."}},
        {"messages": [ASK], "outputs": ["18 C."], "cost": 0.1},
    ],
)
def test_both_sides_of_a_call_are_read_from_logs_of_tools(row: dict[str, Any]) -> None:
    assert said(row) == TWO


def test_a_call_in_an_event_is_kept() -> None:
    parts = [{"type": "text", "text": "I look."}, {"type": "function", "id": "c1", "function": FUNCTION}]
    event = {**GENERATION, "$ai_output_choices": [{"role": "assistant", "content": parts}], "$ai_tools": [TOOL]}
    example, told = read({"event": "$ai_generation", "properties": event})
    assert (example["messages"][-1], example["tools"], told) == (WHOLE[2], [TOOL], [])
    with pytest.raises(ShapeError):
        read({"event": "e", "properties": {**event, "$ai_output_choices": [{"content": [*parts, {"type": "audio"}]}]}})


def test_an_output_that_was_read_as_json_is_written_as_json() -> None:
    row = {"prompt": {"raw": "As JSON"}, "vars": {}, "response": {"output": {"open": True}}}
    assert said(row)[-1] == ("assistant", '{"open":true}')

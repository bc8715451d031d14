"""Spans of calls of a model, as OpenTelemetry's conventions for generative AI name their attributes.

Read are `gen_ai.input.messages` with `gen_ai.output.messages` (conventions of 2025), Pydantic AI's messages in the same
form, spans of the Vercel AI SDK, and what OpenLLMetry and OpenInference write (see `numbered_messages`). A span without
both sides is no call. Attributes may be an object, OTLP's list of keys and values, or columns. As of 2026-11.
"""

from __future__ import annotations

from typing import Any

import orjson

from tuneset.json_text import JsonValue
from tuneset.reading.shapes import numbered_messages, vercel_ai
from tuneset.reading.shapes.base import (
    ASK,
    REPLY,
    Message,
    Record,
    Shape,
    Shaped,
    ShapeError,
    json_of,
    messages_of,
    others,
)
from tuneset.reading.shapes.blocks import (
    Block,
    Call,
    Given,
    Image,
    Text,
    Thought,
    Turn,
    messages_from,
    named,
    objects,
    text_in,
    tool_from,
)

_INPUT, _OUTPUT, _SYSTEM = "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"
_TOOLS = "gen_ai.tool.definitions"
_ALL = "pydantic_ai.all_messages"
"""All messages of a run of Pydantic AI, in the same form."""
_AI_SDK = ("ai.prompt.messages", "ai.response.text", "ai.response.toolCalls")


def attributes_of(value: JsonValue) -> dict[str, Any]:
    """The attributes of a span by their name.

    >>> attributes_of([{"key": "a.b", "value": {"stringValue": "c"}}])
    {'a.b': 'c'}
    """
    found = json_of(value)
    if type(found) is dict:
        return found
    listed = found if type(found) is list else []
    pairs = [(one["key"], one["value"]) for one in listed if type(one) is dict and {"key", "value"} <= one.keys()]
    return {str(key): next(iter(held.values()), None) if type(held) is dict else held for key, held in pairs}


def read_span(record: Record) -> Shaped:
    """The conversation of a span; its other attributes tell of the call and not of what was said."""
    attributes = attributes_of(record["attributes"])
    example: dict[str, Any] = {"messages": messages_from(_turns(attributes))}
    if attributes.get(_TOOLS):
        example["tools"] = [_tool(tool) for tool in objects(_decoded(attributes[_TOOLS]), _TOOLS)]
    elif tools := numbered_messages.tools_of(attributes):
        example["tools"] = tools
    return example, others(record, ("attributes", "context"))


def _turns(attributes: dict[str, Any]) -> list[Turn]:
    if {_INPUT, _OUTPUT} <= attributes.keys():
        turns = [_turn(message) for name in (_INPUT, _OUTPUT) for message in objects(_decoded(attributes[name]), name)]
    elif _ALL in attributes:
        turns = [_turn(message) for message in objects(_decoded(attributes[_ALL]), _ALL)]
    elif _AI_SDK[0] in attributes:
        return _of_ai_sdk(attributes)
    else:
        return numbered_messages.turns_of(attributes)
    if attributes.get(_SYSTEM):
        said = [_part(part) for part in objects(_decoded(attributes[_SYSTEM]), _SYSTEM)]
        turns = [("system", said), *turns]
    return turns


def _of_ai_sdk(attributes: dict[str, Any]) -> list[Turn]:
    """The turns of a span of the Vercel AI SDK: the messages of the prompt, a text and calls."""
    asked, text, calls = (attributes.get(name) for name in _AI_SDK)
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    parts += [{"type": "tool-call", **call} for call in (objects(calls, _AI_SDK[2]) if calls else ())]
    return vercel_ai.turns_of([*messages_of(asked, _AI_SDK[0]), {"role": "assistant", "content": parts}])


def _decoded(value: JsonValue) -> JsonValue:
    if type(value) is dict and type(value.get("values")) is list:
        return [_decoded(inner) for inner in value["values"]]
    if type(value) is not str or not value.lstrip().startswith("["):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise ShapeError(
            "an attribute of a span is a list that breaks off, as limits of their length leave it"
        ) from None


def _turn(message: Message) -> Turn:
    role = named(message, "role", "a message of a span")
    parts = message.get("parts")
    if parts is None and type(message.get("content")) is str:
        return role, [Text(message["content"])]
    return role, [_part(part) for part in objects(parts, "a message's parts")]


def _part(part: dict[str, Any]) -> Block:
    kind = part.get("type", "text")
    if kind == "text":
        return Text(named(part, "content", "a part"))
    if kind in ("reasoning", "thinking"):
        return Thought(named(part, "content", "a part"))
    if kind == "tool_call":
        return Call(part.get("id"), named(part, "name", "a tool_call"), part.get("arguments"))
    if kind == "tool_call_response":
        return Given(part.get("id"), text_in(part.get("response", part.get("result"))))
    if kind == "uri" and part.get("modality") == "image":
        return Image(named(part, "uri", "a part"))
    raise ShapeError("a part of a span is of a type that no chat message can hold")


def _tool(tool: dict[str, Any]) -> Message:
    return tool if "function" in tool else tool_from(tool.get("name"), tool.get("description"), tool.get("parameters"))


def _fits(record: Record) -> bool:
    attributes = attributes_of(record["attributes"])
    if {_INPUT, _OUTPUT} <= attributes.keys() or _ALL in attributes:
        return True
    if _AI_SDK[0] in attributes:
        return any(attributes.get(name) for name in _AI_SDK[1:])
    return numbered_messages.sides(attributes) is not None


def _read_columns(record: Record) -> Shaped:
    """A span whose attributes are columns of a table, as Phoenix gives its spans as a data frame."""
    attributes = {
        name.removeprefix(_COLUMN): json_of(held) for name, held in record.items() if name.startswith(_COLUMN)
    }
    example, _ = read_span({"attributes": attributes})
    return example, {name: held for name, held in record.items() if not name.startswith(_COLUMN)} or None


OTEL = Shape(
    "otel_span",
    "sft",
    frozenset(("attributes",)),
    read_span,
    raw={
        "name": "chat small",
        "attributes": {
            _INPUT: '[{"role":"user","parts":[{"type":"text","content":"Is it open?"}]}]',
            _OUTPUT: '[{"role":"assistant","parts":[{"type":"text","content":"Yes."}]}]',
        },
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)
_COLUMN = "attributes."
OTEL_COLUMNS = Shape(
    "otel_span",
    "sft",
    frozenset(("attributes.llm.input_messages", "attributes.llm.output_messages")),
    _read_columns,
    raw={
        "attributes.llm.input_messages": [{"message.role": "user", "message.content": ASK["content"]}],
        "attributes.llm.output_messages": [{"message.role": "assistant", "message.content": REPLY["content"]}],
    },
    example={"messages": [ASK, REPLY]},
)

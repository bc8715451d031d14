"""Spans of calls of a model, as OpenTelemetry's conventions for generative AI name their attributes.

Read are `gen_ai.input.messages` with `gen_ai.output.messages` (conventions of 2025), and the numbered attributes that
OpenLLMetry (`gen_ai.prompt.0.content`) and OpenInference (`llm.input_messages.0.message.content`) write. A span
without both sides is no call. Attributes may be an object, or OTLP's list of keys and values. As of 2026-11.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, json_of, others
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
_NUMBERED = (
    (re.compile(r"gen_ai\.prompt\.(\d+)\.(role|content)"), re.compile(r"gen_ai\.completion\.(\d+)\.(role|content)")),
    (
        re.compile(r"llm\.input_messages\.(\d+)\.message\.(role|content)"),
        re.compile(r"llm\.output_messages\.(\d+)\.message\.(role|content)"),
    ),
)


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
    if _INPUT not in attributes:
        return {"messages": _numbered(attributes)}, others(record, ("attributes",))
    turns: list[Turn] = []
    if attributes.get(_SYSTEM):
        turns.append(("system", [_part(part) for part in objects(_decoded(attributes[_SYSTEM]), _SYSTEM)]))
    for name in (_INPUT, _OUTPUT):
        turns += [_turn(message) for message in objects(_decoded(attributes[name]), name)]
    example: dict[str, Any] = {"messages": messages_from(turns)}
    if attributes.get(_TOOLS):
        example["tools"] = [_tool(tool) for tool in objects(_decoded(attributes[_TOOLS]), _TOOLS)]
    return example, others(record, ("attributes",))


def _decoded(value: JsonValue) -> JsonValue:
    if type(value) is dict and type(value.get("values")) is list:
        return [_decoded(inner) for inner in value["values"]]
    return orjson.loads(value) if type(value) is str and value.lstrip().startswith("[") else value


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


def _numbered(attributes: dict[str, Any]) -> list[Message]:
    """The messages of numbered attributes, in the order of their numbers; empty where one side is missing."""
    for patterns in _NUMBERED:
        sides: list[list[Message]] = []
        for pattern, default in zip(patterns, ("user", "assistant"), strict=True):
            found: dict[int, Message] = {}
            for key, value in attributes.items():
                place = pattern.fullmatch(key)
                if place:
                    found.setdefault(int(place[1]), {"role": default})[place[2]] = value
            sides.append([found[number] for number in sorted(found)])
        if all(sides) and all(type(message.get("content")) is str for side in sides for message in side):
            return [message for side in sides for message in side]
    return []


def _fits(record: Record) -> bool:
    attributes = attributes_of(record["attributes"])
    return {_INPUT, _OUTPUT} <= attributes.keys() or bool(_numbered(attributes))


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

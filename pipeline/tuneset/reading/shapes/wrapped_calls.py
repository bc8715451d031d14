"""Calls of a model within an event or a result: PostHog's `$ai_generation`, a test of promptfoo.

What was asked and answered is looked for as in every logged call (see `logged_sides`). Sources: PostHog,
"LLM analytics, manual capture"; promptfoo, "Output formats" (as of 2026-11).
"""

from __future__ import annotations

from typing import Any

from tuneset.json_text import JsonValue, dumps
from tuneset.reading.shapes.base import ASK, REPLY, Record, Shape, Shaped, ShapeError, json_of, others
from tuneset.reading.shapes.blocks import Block, Call, Text, messages_from, named
from tuneset.reading.shapes.logged_sides import answered, asked, tools

_INPUT, _OUTPUT, _TOOLS = "$ai_input", "$ai_output_choices", "$ai_tools"


def read_generation(record: Record) -> Shaped:
    """The call of an event of PostHog; what else the event has tells of the call."""
    event = json_of(record["properties"])
    before, after = asked(event[_INPUT]), _choices(event[_OUTPUT])
    if not before or not after:
        raise ShapeError(f"properties.{_OUTPUT if before else _INPUT} holds no message")
    example: dict[str, Any] = {"messages": [*before, *after]}
    if found := tools({"tools": event.get(_TOOLS)}):
        example["tools"] = found
    return example, others(record, ("properties",))


def _choices(value: JsonValue) -> list[dict[str, Any]] | None:
    """The answer among choices: PostHog writes calls as parts of the content."""
    found = json_of(value)
    first = found[0] if type(found) is list and found else None
    content = first.get("content") if type(first) is dict else None
    if type(content) is not list or not any(type(part) is dict and part.get("type") == "function" for part in content):
        return answered(found)
    return messages_from([("assistant", [_block(part) for part in content])])


def _block(part: JsonValue) -> Block:
    function = part.get("function") if type(part) is dict else None
    if type(part) is dict and type(function) is dict:
        id_ = part.get("id")
        return Call(id_ if type(id_) is str else None, named(function, "name", "a call"), function.get("arguments"))
    if type(part) is dict and part.get("type") == "text":
        return Text(named(part, "text", "a part"))
    raise ShapeError("a part is of a type that no chat message can hold")


def _is_generation(record: Record) -> bool:
    event = json_of(record["properties"])
    return type(event) is dict and {_INPUT, _OUTPUT} <= event.keys()


def read_test(record: Record) -> Shaped:
    """The prompt as it was sent, a text or chat messages as JSON, and what came back."""
    output = record["response"].get("output")
    after = [{"role": "assistant", "content": dumps(output)}] if type(output) in (dict, list) else answered(output)
    before = asked(record["prompt"]["raw"])
    if not before or not after:
        raise ShapeError("response has no output" if before else "prompt is empty")
    return {"messages": [*before, *after]}, others(record, ("prompt", "response", "vars"))


def _is_test(record: Record) -> bool:
    prompt, response = record["prompt"], record["response"]
    return type(prompt) is dict and type(prompt.get("raw")) is str and type(response) is dict


POSTHOG = Shape(
    "posthog_generation",
    "sft",
    frozenset(("event", "properties")),
    read_generation,
    raw={"event": "$ai_generation", "properties": {_INPUT: [ASK], _OUTPUT: [REPLY]}},
    example={"messages": [ASK, REPLY]},
    fits=_is_generation,
)
PROMPTFOO = Shape(
    "promptfoo_test",
    "sft",
    frozenset(("prompt", "response", "vars")),
    read_test,
    raw={"prompt": {"raw": ASK["content"], "label": "hours"}, "vars": {}, "response": {"output": REPLY["content"]}},
    example={"messages": [ASK, REPLY]},
    fits=_is_test,
)

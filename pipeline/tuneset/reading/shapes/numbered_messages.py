"""Messages in the attributes of a span under numbers or in lists: what OpenInference and OpenLLMetry write.

OpenInference (Phoenix, Arize) has `llm.input_messages.0.message.content`, OpenLLMetry `gen_ai.prompt.0.content`; in
exports the same may be nested, or nested in part. Calls of tools, their outputs and images are read with the texts.
Sources: OpenInference semantic conventions, OpenLLMetry's `SpanAttributes` (as of 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import Message, ShapeError, json_of
from tuneset.reading.shapes.blocks import Block, Call, Given, Image, Text, Thought, Turn, named, text_in, tool_from
from tuneset.roles import speaker_role

_SIDES = (("llm.input_messages", "llm.output_messages"), ("gen_ai.prompt", "gen_ai.completion"))
_TOOLS = ("llm.tools", "llm.request.functions")
_OF_MESSAGES = ("llm.", "gen_ai.", "llm", "gen_ai")
_MOST_DIGITS = 9  # of the number of a message: ours, more than any span holds
_WRAPPINGS = ("message", "tool_call", "message_content", "tool", "image")
"""The names that OpenInference puts around each entry of a list."""


def unflattened(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of messages as objects and lists, in whatever depth their names are written with dots.

    >>> unflattened({"llm.a.1.b": 2, "llm.a.0.b": 1, "other": 3})
    {'llm': {'a': [{'b': 1}, {'b': 2}]}}
    >>> unflattened({"llm": {"a": [{"b.c": 1}]}})
    {'llm': {'a': [{'b': {'c': 1}}]}}
    """
    found: dict[str, Any] = _nested({key: held for key, held in attributes.items() if key.startswith(_OF_MESSAGES)})
    return found


def _nested(flat: Mapping[str, Any]) -> Any:  # noqa: ANN401  any JSON value
    found: dict[str, Any] = {}
    for key, value in flat.items():
        *way, last = key.split(".")
        at: Any = found
        for step in way:
            at = at.setdefault(step, {}) if type(at) is dict else {}
        if type(at) is dict:
            at[last] = _deeper(value)
    return _with_lists(found)


def _deeper(value: JsonValue) -> JsonValue:
    if type(value) is dict:
        return _nested(value)
    return [_deeper(one) for one in value] if type(value) is list else value


def _with_lists(value: JsonValue) -> JsonValue:
    """An object whose keys are all numbers as the list that it stands for."""
    if type(value) is not dict:
        return value
    inner = {key: _with_lists(held) for key, held in value.items()}
    if inner and all(key.isdecimal() and len(key) <= _MOST_DIGITS for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def sides(attributes: Mapping[str, Any]) -> tuple[list[Message], list[Message]] | None:
    """What was asked and what was answered, as the entries of their lists; None where one side is missing."""
    nested = unflattened(attributes)
    for names in _SIDES:
        found = [_entries(_at(nested, name)) for name in names]
        if all(found):
            return found[0], found[1]
    return None


def turns_of(attributes: Mapping[str, Any]) -> list[Turn]:
    """The turns of both sides. Raises ShapeError on what no chat message can hold."""
    found = sides(attributes)
    asked, answered = found or ((), ())
    return [*(_turn(one, "user") for one in asked), *(_turn(one, "assistant") for one in answered)]


def tools_of(attributes: Mapping[str, Any]) -> list[Message]:
    """The tools that were offered, as the chat format has them."""
    nested = unflattened(attributes)
    for name in _TOOLS:
        listed = [_schema(one) for one in _entries(_at(nested, name))]
        if listed:
            return listed
    return []


def _schema(tool: Message) -> Message:
    given = json_of(tool.get("json_schema", tool))
    if type(given) is not dict:
        raise ShapeError("a tool of a span has no schema", "TOL002")
    if "function" in given:
        return given
    schema = json_of(given.get("parameters", given.get("input_schema")))
    return tool_from(given.get("name"), given.get("description"), schema)


def _at(value: JsonValue, name: str) -> JsonValue:
    for step in name.split("."):
        value = value.get(step) if type(value) is dict else None
    return json_of(value)


def _entries(value: JsonValue) -> list[dict[str, Any]]:
    """The entries of a list, without the name that is put around each."""
    listed = value if type(value) is list else []
    return [_unwrapped(one) for one in listed if type(one) is dict]


def _unwrapped(entry: dict[str, Any]) -> dict[str, Any]:
    inner = next((entry[name] for name in _WRAPPINGS if len(entry) == 1 and type(entry.get(name)) is dict), None)
    return entry if inner is None else inner


def _turn(message: Message, default: str) -> Turn:
    name = message.get("role", default)
    role = "tool" if name == "function" else speaker_role(name)
    if role is None:
        raise ShapeError("a message of a span has no role that is known", "CNV001")
    calls = list(_calls(message))
    if role == "tool":
        id_ = message.get("tool_call_id")
        return role, [Given(id_ if type(id_) is str else None, text_in(message.get("content")))]
    parts = _entries(message.get("contents"))
    blocks = [_block(part) for part in parts] if parts else _texts(message.get("content"))
    thought = message.get("reasoning", message.get("reasoning_content"))
    thoughts: list[Block] = [Thought(thought)] if type(thought) is str else []
    return role, [*thoughts, *([one for one in blocks if one != Text("")] if calls else blocks), *calls]


def _texts(content: JsonValue) -> list[Block]:
    """A content, which may be parts as JSON text."""
    found = json_of(content)
    if type(found) is list and found and all(type(part) is dict and "type" in part for part in found):
        return [_block(part) for part in found]
    if content is None:
        return [Text("")]
    if type(content) is not str:
        raise ShapeError("a message of a span has no text")
    return [Text(content)]


def _block(part: dict[str, Any]) -> Block:
    kind = part.get("type")
    if kind == "text":
        return Text(named(part, "text", "a part of a span"))
    if kind in ("image", "image_url"):
        image = part.get("image", part.get("image_url"))
        inner = _unwrapped(image) if type(image) is dict else {"url": image}
        return Image(named(inner, "url", "an image"))
    if kind in ("reasoning", "thinking"):
        return Thought(str(part.get("text", part.get(str(kind), ""))))
    raise ShapeError("a part of a span is of a type that no chat message can hold")


def _calls(message: Message) -> Iterable[Block]:
    listed: Sequence[dict[str, Any]] = _entries(message.get("tool_calls"))
    for call in listed:
        held = call["function"] if type(call.get("function")) is dict else call
        yield Call(
            call["id"] if type(call.get("id")) is str else None, named(held, "name", "a call"), held.get("arguments")
        )
    if not listed and type(message.get("function_call_name")) is str:
        yield Call(None, message["function_call_name"], message.get("function_call_arguments_json"))

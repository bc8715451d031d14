"""What a turn holds in the formats that give it as blocks, and the chat messages that such turns make.

Anthropic, Bedrock, Gemini, OpenAI's Responses and OpenTelemetry name the same few things differently: texts, thoughts,
calls of tools and what they gave, images. Their shapes translate into these blocks, and one function makes messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from tuneset.example_tables import REASONING
from tuneset.json_text import JsonValue, dumps
from tuneset.reading.shapes.base import Message, ShapeError, json_of, kind


class Text(NamedTuple):
    """Something said."""

    text: str


class Thought(NamedTuple):
    """Something thought before it was said."""

    text: str


class Image(NamedTuple):
    """An image by its address, which may hold the image itself (`data:`)."""

    url: str


class Call(NamedTuple):
    """A call of a tool; `id` is None where the format has none."""

    id: str | None
    name: str
    arguments: JsonValue


class Given(NamedTuple):
    """What a tool gave; it answers the call of this id, or the oldest open one where the format has none."""

    id: str | None
    text: str


class Stopped(NamedTuple):
    """The mark of an answer that has no end; it says nothing, and what was said is not learned."""


Block = Text | Thought | Image | Call | Given | Stopped
Turn = tuple[str, list[Block]]
"""A role of the chat format (`system`, `developer`, `user`, `assistant`, `tool`) and what it holds."""


def messages_from(turns: Iterable[Turn]) -> list[Message]:
    """The chat messages that turns make: what tools gave becomes messages of its own, before what else a turn says.

    >>> messages_from([("user", [Text("Hi")]), ("assistant", [Thought("Hm"), Text("Ho")])])
    [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Ho', 'reasoning_content': 'Hm'}]
    """
    messages: list[Message] = []
    open_calls: list[str] = []
    for number, (role, blocks) in enumerate(turns, 1):
        messages += [
            {"role": "tool", "content": block.text, "tool_call_id": _answered(block, open_calls)}
            for block in blocks
            if isinstance(block, Given)
        ]
        calls = [block for block in blocks if isinstance(block, Call)]
        said = [block for block in blocks if isinstance(block, (Text, Image))]
        thoughts = [block.text for block in blocks if isinstance(block, Thought) and block.text]
        if not (said or calls or thoughts) and any(isinstance(block, Given) for block in blocks):
            continue
        message: Message = {"role": role}
        if said or not calls:
            message["content"] = _content(said)
        if calls:
            message["tool_calls"] = [_call(call, f"call_{number}_{place}") for place, call in enumerate(calls, 1)]
            open_calls += [call["id"] for call in message["tool_calls"]]
        if thoughts:
            message[REASONING] = "\n".join(thoughts)
        if role == "assistant" and any(isinstance(block, Stopped) for block in blocks):
            message["weight"] = 0
        messages.append(message)
    return joined(messages)


def joined(messages: list[Message]) -> list[Message]:
    """The messages with those of the assistant that stand beside each other as one, as formats of items have them.

    A thought, a call and a text are items of their own in the Responses format; texts stay messages of their own.

    >>> thought = {"role": "assistant", "content": "", "reasoning_content": "Hm"}
    >>> joined([thought, {"role": "assistant", "content": "Ho"}])
    [{'role': 'assistant', 'content': 'Ho', 'reasoning_content': 'Hm'}]
    """
    whole: list[Message] = []
    for message in messages:
        last = whole[-1] if whole else None
        if last is None or last["role"] != "assistant" or message["role"] != "assistant":
            whole.append(message)
            continue
        both_say = bool(last.get("content")) and bool(message.get("content"))
        if both_say or ("tool_calls" in last and message.get("content")):
            whole.append(message)
            continue
        merged = {**last, **{key: value for key, value in message.items() if key not in last or not last[key]}}
        calls = [*last.get("tool_calls", []), *message.get("tool_calls", [])]
        if calls:
            merged["tool_calls"] = calls
            if not merged.get("content"):
                merged.pop("content", None)
        if REASONING in last and REASONING in message:
            merged[REASONING] = f"{last[REASONING]}\n{message[REASONING]}"
        whole[-1] = merged
    return whole


def _content(said: list[Text | Image]) -> JsonValue:
    """A text where there are only texts, else parts."""
    if all(isinstance(block, Text) for block in said):
        return "\n".join(block.text for block in said if isinstance(block, Text))
    return [
        {"type": "text", "text": block.text}
        if isinstance(block, Text)
        else {"type": "image_url", "image_url": {"url": block.url}}
        for block in said
    ]


def _answered(block: Given, open_calls: list[str]) -> str:
    if block.id is not None:
        if block.id in open_calls:
            open_calls.remove(block.id)
        return block.id
    if not open_calls:
        raise ShapeError("a tool's answer stands where no call is open", "TOL005")
    return open_calls.pop(0)


def _call(call: Call, made: str) -> Message:
    arguments = call.arguments if type(call.arguments) is str else dumps(call.arguments or {})
    return {
        "id": call.id or made,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


def tool_from(name: JsonValue, description: JsonValue, parameters: JsonValue) -> Message:
    """A tool's definition as the chat format has it."""
    function: dict[str, Any] = {"name": name}
    if description:
        function["description"] = description
    if type(parameters) is dict:
        function["parameters"] = parameters
    return {"type": "function", "function": function}


def text_in(value: JsonValue) -> str:
    """What a tool gave, as text: a text as it is, blocks of text joined, anything else as JSON.

    >>> text_in("18 C"), text_in([{"type": "text", "text": "18 C"}]), text_in({"t": 18}), text_in(None)
    ('18 C', '18 C', '{"t":18}', '')
    """
    if value is None:
        return ""
    if type(value) is str:
        return value
    if type(value) is list and value and all(type(part) is dict and type(part.get("text")) is str for part in value):
        return "\n".join(part["text"] for part in value)
    return dumps(value)


def text_or_none(value: JsonValue) -> str | None:
    """A text that says something, such as the id of a call; None in place of all else.

    >>> text_or_none("call_1"), text_or_none(""), text_or_none(7)
    ('call_1', None, None)
    """
    return value if type(value) is str and value else None


def named(value: JsonValue, key: str, where: str) -> str:
    """A text that a block must have. Raises ShapeError where it has none."""
    found = value.get(key) if type(value) is dict else None
    if type(found) is not str:
        raise ShapeError(f"{where} has no `{key}` that is text")
    return found


def objects(value: JsonValue, where: str) -> list[dict[str, Any]]:
    """A list of objects, also as JSON text. Raises ShapeError where it is none."""
    found = json_of(value)
    if type(found) is not list or any(type(inner) is not dict for inner in found):
        raise ShapeError(f"{where} is {kind(found)}; a list of objects is needed")
    return found

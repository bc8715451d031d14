"""Messages of LangChain, however they were written: `messages_to_dict`, `dumpd` (`lc`, `kwargs`), `model_dump`.

Who speaks, `type` or the name of the class says. Calls stand in `tool_calls`, in older versions in
`additional_kwargs`; contents may be blocks of OpenAI or Anthropic. Source: langchain-core 1.0, `messages`
(as of 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Message, ShapeError
from tuneset.reading.shapes.blocks import (
    Block,
    Call,
    Given,
    Image,
    Stopped,
    Text,
    Thought,
    Turn,
    named,
    text_in,
    text_or_none,
)
from tuneset.reading.shapes.dialects import dialect, parts_of
from tuneset.reading.turn_marks import is_stopped
from tuneset.roles import speaker_role

_OWN_KEYS = frozenset(("additional_kwargs", "response_metadata", "tool_calls", "invalid_tool_calls", "usage_metadata"))
"""What a message of `model_dump` has beside its type and content."""
_THOUGHTS = {"thinking": "thinking", "reasoning": "reasoning", "reasoning_content": "reasoning_content"}


def is_langchain(value: Message) -> bool:
    """Whether an object is a message that LangChain wrote: by class with `kwargs`, or by `type`.

    >>> is_langchain({"type": "human", "data": {"content": "?"}}), is_langchain({"lc": 1, "kwargs": {"content": "?"}})
    (True, True)
    >>> is_langchain({"type": "message", "content": "?"})
    False
    """
    if value.get("lc") == 1:
        return type(value.get("kwargs")) is dict and "content" in value["kwargs"]
    return _role(value.get("type")) is not None and (type(value.get("data")) is dict or "content" in value)


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """The turns of such messages. Raises ShapeError on what no chat message can hold."""
    return [turn_of(message) for message in messages]


def turn_of(message: Message) -> Turn:
    """The turn that a message makes."""
    inner = message["kwargs"] if message.get("lc") == 1 else message.get("data", message)
    if type(inner) is not dict:
        raise ShapeError("a message of LangChain has no content")
    role = _role(_speaker(message, inner)) or _role(inner.get("role"))
    if role is None:
        raise ShapeError("a message of LangChain has no role that is known", "CNV001")
    if inner.get("invalid_tool_calls"):
        raise ShapeError("a call of LangChain could not be read by LangChain itself", "TOL005")
    if role == "tool":
        return role, [Given(text_or_none(inner.get("tool_call_id")), text_in(inner.get("content")))]
    more = inner.get("additional_kwargs")
    beside = more if type(more) is dict else {}
    calls = _calls(inner, beside)
    blocks = [block for part in parts_of(inner.get("content"), "content") for block in _blocks(part, bool(calls))]
    thought = beside.get("reasoning_content")
    thoughts: list[Block] = [Thought(thought)] if type(thought) is str and thought else []
    said = [block for block in blocks if block != Text("")] if calls else blocks
    return role, [*thoughts, *said, *calls, *([Stopped()] if is_stopped(message) else [])]


def _speaker(message: Message, inner: Message) -> JsonValue:
    """What a message calls its speaker: the class, or the type within or beside its data."""
    names = message.get("id")
    if message.get("lc") == 1 and type(names) is list and names:
        return str(names[-1])
    return inner.get("type") if message.get("lc") == 1 else message.get("type")


def _role(name: JsonValue) -> str | None:
    """The role of a type or a class.

    >>> _role("AIMessageChunk"), _role("human"), _role("FunctionMessage"), _role("remove")
    ('assistant', 'user', 'tool', None)
    """
    plain = name.removesuffix("Chunk").removesuffix("Message") if type(name) is str else ""
    return "tool" if plain.casefold() == "function" else speaker_role(plain)


def _calls(inner: Message, beside: Message) -> list[Block]:
    """The calls of a message; those of older versions are as OpenAI has them."""
    calls = inner.get("tool_calls")
    if type(calls) is list and calls:
        return [_call(call) for call in calls]
    older = beside.get("tool_calls")
    if type(older) is list and older:
        return [_call(call) for call in older]
    function = beside.get("function_call")
    return [_call({"function": function})] if type(function) is dict else []


def _call(call: JsonValue) -> Call:
    held = call.get("function", call) if type(call) is dict else None
    if type(held) is not dict or type(held.get("name")) is not str:
        raise ShapeError("a call of LangChain has no name", "TOL005")
    assert type(call) is dict
    return Call(text_or_none(call.get("id")), held["name"], held.get("args", held.get("arguments")))


def _blocks(part: dict[str, Any], has_calls: bool) -> list[Block]:
    """What a block of a content says; calls stand beside the contents once more."""
    kind = part.get("type", "text")
    if kind == "text":
        return [Text(named(part, "text", "a block"))]
    if kind in _THOUGHTS:
        text = part.get(_THOUGHTS[kind], part.get("text"))
        return [Thought(text)] if type(text) is str else []
    if kind in ("tool_use", "tool_call", "function_call") and has_calls:
        return []
    if kind == "image_url":
        url = part.get("image_url")
        return [Image(url if type(url) is str else named(url, "url", "an image"))]
    if kind == "image":
        return [Image(_address(part))]
    raise ShapeError("a content has a block of a type that no chat message can hold")


def _address(part: dict[str, Any]) -> str:
    """The address of an image, which may hold it; Anthropic's has a source."""
    held = part["source"] if type(part.get("source")) is dict else part
    if type(held.get("url")) is str:
        return str(held["url"])
    data = held.get("data", held.get("base64"))
    media = held.get("media_type", held.get("mime_type"))
    if type(data) is not str or type(media) is not str:
        raise ShapeError("an image has neither an address nor data with its type")
    return f"data:{media};base64,{data}"


def _is_own(message: Message) -> bool:
    """Turns of a `type` and a text alone are read as turns of any export; what else LangChain writes is its own."""
    if not is_langchain(message):
        return False
    return message.get("lc") == 1 or type(message.get("data")) is dict or not _OWN_KEYS.isdisjoint(message)


LANGCHAIN = dialect(
    "langchain",
    _is_own,
    turns_of,
    raw=[
        {"type": "human", "data": {"content": ASK["content"], "additional_kwargs": {}}},
        {"type": "ai", "data": {"content": REPLY["content"], "tool_calls": []}},
    ],
    example={"messages": [ASK, REPLY]},
)

"""Sessions of Gemini CLI, as it keeps them: messages of the type `user` or `gemini`, with thoughts and calls beside.

What the program says itself (`info`, `warning`, `error`) is in no example, and counted. Source: gemini-cli,
`chatRecordingService.ts` (as of 2026-11).
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
    Text,
    Thought,
    Turn,
    named,
    objects,
    text_in,
    text_or_none,
)
from tuneset.reading.shapes.dialects import dialect

_ROLES = {"user": "user", "gemini": "assistant"}
_OF_THE_PROGRAM = ("info", "warning", "error")


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """The turns of such messages. Raises ShapeError on what no chat message can hold."""
    turns: list[Turn] = []
    for message in messages:
        kind = message.get("type")
        if kind in _OF_THE_PROGRAM:
            continue
        if type(kind) is not str or kind not in _ROLES:
            raise ShapeError("messages: a message is of a type that Gemini CLI does not know", "CNV001")
        calls = _objects(message.get("toolCalls"))
        thoughts = [Thought(text) for one in _objects(message.get("thoughts")) if (text := _thought(one))]
        said: list[Block] = [Text(text) for text in _texts(message.get("content")) if text or not calls]
        made = [Call(text_or_none(one.get("id")), named(one, "name", "a call"), one.get("args")) for one in calls]
        turns.append((_ROLES[kind], [*thoughts, *said, *made]))
        given: list[Block] = [
            Given(text_or_none(one.get("id")), _result(one["result"])) for one in calls if one.get("result")
        ]
        turns += [("tool", given)] if given else []
    return turns


def left_out(messages: Sequence[Message]) -> dict[str, int]:
    """How many messages are the program's own."""
    count = sum(message.get("type") in _OF_THE_PROGRAM for message in messages)
    return {" (of the program)": count} if count else {}


def _objects(value: JsonValue) -> list[dict[str, Any]]:
    return objects(value, "thoughts or calls") if value else []


def _texts(content: JsonValue) -> list[str]:
    """The texts of a content: a text, a part, or a list of them."""
    parts = content if type(content) is list else [content]
    texts = [part.get("text") if type(part) is dict else part for part in parts]
    if any(type(text) is not str for text in texts):
        raise ShapeError("a message holds a part that is no text")
    return [str(text) for text in texts]


def _thought(value: dict[str, Any]) -> str:
    """What a thought says, under its subject.

    >>> _thought({"subject": "Hours", "description": "It is open."})
    'Hours: It is open.'
    """
    return ": ".join(text for key in ("subject", "description") if type(text := value.get(key)) is str and text)


def _result(value: JsonValue) -> str:
    """What a call gave: the responses in its parts."""
    parts = value if type(value) is list else [value]
    texts = []
    for part in parts:
        response = part.get("functionResponse") if type(part) is dict else None
        held = response.get("response") if type(response) is dict else part
        output = held.get("output") if type(held) is dict and held.keys() == {"output"} else held
        texts.append(text_in(output))
    return "\n".join(texts)


def _is_own(message: Message) -> bool:
    return message.get("type") == "gemini" and "content" in message and "role" not in message and "id" in message


GEMINI_CLI = dialect(
    "gemini_cli",
    _is_own,
    turns_of,
    raw=[
        {"id": "1", "type": "user", "content": ASK["content"]},
        {"id": "2", "type": "gemini", "content": REPLY["content"], "thoughts": [], "model": "small"},
    ],
    example={"messages": [ASK, REPLY]},
    left_out=left_out,
)

"""Messages of Haystack (`ChatMessage.to_dict`): contents of parts without a type, each named by its only key.

Versions before 2.9 wrote their keys with an underscore (`_role`, `_content`). Source: haystack-ai 2,
`dataclasses/chat_message.py` (as of 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuneset.reading.shapes.base import ASK, REPLY, Message, ShapeError
from tuneset.reading.shapes.blocks import (
    Block,
    Call,
    Given,
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

_OWN_PARTS = ("tool_call", "tool_call_result", "reasoning")


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """The turns of such messages. Raises ShapeError on what no chat message can hold."""
    return [_turn({name.removeprefix("_"): value for name, value in message.items()}) for message in messages]


def _turn(message: Message) -> Turn:
    role = speaker_role(message.get("role"))
    if role is None:
        raise ShapeError("messages: a message has no role that Haystack knows", "CNV001")
    blocks = [_block(part) for part in parts_of(message.get("content"), "content")]
    meta = message.get("meta")
    return role, [*blocks, Stopped()] if type(meta) is dict and is_stopped(meta) else blocks


def _block(part: dict[str, Any]) -> Block:
    if type(part.get("text")) is str:
        return Text(part["text"])
    call, given, thought = (part.get(name) for name in _OWN_PARTS)
    if type(call) is dict:
        return Call(text_or_none(call.get("id")), named(call, "tool_name", "a call"), call.get("arguments"))
    if type(given) is dict:
        origin = given.get("origin")
        return Given(text_or_none(origin.get("id")) if type(origin) is dict else None, text_in(given.get("result")))
    if type(thought) is dict:
        return Thought(named(thought, "reasoning_text", "a thought"))
    raise ShapeError("a content has a part that no chat message can hold")


def _is_own(message: Message) -> bool:
    if "_role" in message:
        return type(message.get("_content")) is list
    parts = message.get("content")
    if type(message.get("role")) is not str or type(parts) is not list:
        return False
    return any(
        type(part) is dict and any(name in part and "type" not in part for name in _OWN_PARTS) for part in parts
    ) or ({"meta", "name"} <= message.keys() and all(type(part) is dict and part.keys() == {"text"} for part in parts))


HAYSTACK = dialect(
    "haystack",
    _is_own,
    turns_of,
    raw=[
        {"role": "user", "meta": {}, "name": None, "content": [{"text": ASK["content"]}]},
        {"role": "assistant", "meta": {}, "name": None, "content": [{"text": REPLY["content"]}]},
    ],
    example={"messages": [ASK, REPLY]},
)

"""Messages of Semantic Kernel's `ChatHistory`, as Python serializes it: a role and `items` with their content type.

Source: semantic-kernel 1, `contents/chat_history.py` (as of 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    objects,
    text_in,
    text_or_none,
)
from tuneset.reading.shapes.dialects import dialect
from tuneset.reading.turn_marks import is_stopped
from tuneset.roles import speaker_role


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """The turns of such messages. Raises ShapeError on what no chat message can hold."""
    return [_turn(message) for message in messages]


def _turn(message: Message) -> Turn:
    role = speaker_role(message.get("role"))
    if role is None:
        raise ShapeError("messages: a message has no role that Semantic Kernel knows", "CNV001")
    blocks = [_block(item) for item in objects(message.get("items"), "items")]
    return role, [*blocks, Stopped()] if is_stopped(message) else blocks


def _block(item: dict[str, Any]) -> Block:
    kind = item.get("content_type")
    if kind == "text":
        return Text(named(item, "text", "an item"))
    if kind == "reasoning":
        return Thought(named(item, "text", "an item"))
    if kind == "function_call":
        return Call(text_or_none(item.get("id")), named(item, "name", "a call"), item.get("arguments"))
    if kind == "function_result":
        return Given(text_or_none(item.get("id")), text_in(item.get("result")))
    address = item.get("uri", item.get("data_uri"))
    if kind == "image" and type(address) is str:
        return Image(str(address))
    raise ShapeError("an item is of a type that no chat message can hold")


def _is_own(message: Message) -> bool:
    items = message.get("items")
    if "role" not in message or type(items) is not list:
        return False
    return message.get("content_type") == "message" or any(
        type(item) is dict and "content_type" in item for item in items
    )


SEMANTIC_KERNEL = dialect(
    "semantic_kernel",
    _is_own,
    turns_of,
    raw=[
        {"role": "user", "content_type": "message", "items": [{"content_type": "text", "text": ASK["content"]}]},
        {"role": "assistant", "content_type": "message", "items": [{"content_type": "text", "text": REPLY["content"]}]},
    ],
    example={"messages": [ASK, REPLY]},
)

"""Messages of Semantic Kernel's `ChatHistory`, as .NET serializes it: `Role` with its label and `Items` with a `$type`.

Calls have the name of their plugin before that of their function, as the connectors send them. Source: Semantic Kernel
1 for .NET, `ChatMessageContent` (as of 2026-11).
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


def is_own(message: Message) -> bool:
    """Whether a message is one of Semantic Kernel for .NET.

    >>> is_own({"Role": {"Label": "user"}, "Items": [{"$type": "TextContent", "Text": "?"}]}), is_own({"Role": "user"})
    (True, False)
    """
    items = message.get("Items")
    return _label(message) is not None and type(items) is list and all(type(one) is dict for one in items)


def _label(message: Message) -> str | None:
    role = message.get("Role")
    label = role.get("Label") if type(role) is dict else role
    return label if type(label) is str else None


def _turn(message: Message) -> Turn:
    role = speaker_role(_label(message))
    if role is None:
        raise ShapeError("messages: a message has no role that Semantic Kernel knows", "CNV001")
    blocks = [_block(item) for item in objects(message.get("Items"), "Items")]
    held = message.get("Metadata")
    stopped = is_stopped(held) if type(held) is dict else False
    return role, [*blocks, Stopped()] if stopped else blocks


def _block(item: dict[str, Any]) -> Block:
    kind = item.get("$type")
    if kind == "TextContent":
        return Text(named(item, "Text", "an item"))
    if kind == "ReasoningContent":
        return Thought(named(item, "Text", "an item"))
    if kind == "FunctionCallContent":
        names = (item.get("PluginName"), named(item, "FunctionName", "a call"))
        return Call(text_or_none(item.get("Id")), "-".join(name for name in names if name), item.get("Arguments"))
    if kind == "FunctionResultContent":
        return Given(text_or_none(item.get("CallId")), text_in(item.get("Result")))
    address = item.get("Uri") or item.get("DataUri")
    if kind == "ImageContent" and type(address) is str:
        return Image(address)
    raise ShapeError("an item is of a type that no chat message can hold")


def _said(label: str, text: str) -> Message:
    return {"Role": {"Label": label}, "Items": [{"$type": "TextContent", "Text": text}]}


SEMANTIC_KERNEL_NET = dialect(
    "semantic_kernel_net",
    is_own,
    turns_of,
    raw=[_said("user", ASK["content"]), _said("assistant", REPLY["content"])],
    example={"messages": [ASK, REPLY]},
)

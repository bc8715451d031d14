"""Messages of LlamaIndex, as its chat stores keep them: `role`, `blocks` and `additional_kwargs`.

A message of older versions has a `content` instead, and is a chat message. Source: llama-index-core 0.14,
`base/llms/types.py` (as of 2026-11).
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
    Text,
    Thought,
    Turn,
    named,
    objects,
    text_or_none,
)
from tuneset.reading.shapes.dialects import dialect, parts_of
from tuneset.roles import speaker_role


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """The turns of such messages. Raises ShapeError on what no chat message can hold."""
    return [_turn(message) for message in messages]


def _turn(message: Message) -> Turn:
    name = message.get("role")
    role = "tool" if name == "function" else speaker_role(name)
    if role is None:
        raise ShapeError("messages: a message has no role that LlamaIndex knows", "CNV001")
    more = message.get("additional_kwargs")
    beside = more if type(more) is dict else {}
    blocks = [_block(each) for each in _listed(message)]
    if role == "tool":
        text = "\n".join(block.text for block in blocks if isinstance(block, Text))
        if len(blocks) != sum(isinstance(block, Text) for block in blocks):
            raise ShapeError("what a tool gave is more than text")
        return role, [Given(text_or_none(beside.get("tool_call_id")), text)]
    calls = [] if any(isinstance(block, Call) for block in blocks) else _calls(beside)
    return role, [*([block for block in blocks if block != Text("")] if calls else blocks), *calls]


def _listed(message: Message) -> list[dict[str, Any]]:
    blocks = message.get("blocks")
    return objects(blocks, "blocks") if blocks else parts_of(message.get("content"), "content")


def _block(block: dict[str, Any]) -> Block:
    kind = block.get("block_type", block.get("type"))
    if kind == "text":
        return Text(named(block, "text", "a block"))
    if kind == "thinking":
        return Thought(text_or_none(block.get("content")) or "")
    if kind == "tool_call":
        return Call(
            text_or_none(block.get("tool_call_id")), named(block, "tool_name", "a call"), block.get("tool_kwargs")
        )
    if kind == "image":
        return Image(_address(block))
    raise ShapeError("a block is of a type that no chat message can hold")


def _address(block: dict[str, Any]) -> str:
    """The address of an image, or the image itself. Raises ShapeError for one that lies in a file."""
    if type(block.get("url")) is str:
        return str(block["url"])
    if type(block.get("image")) is not str:
        raise ShapeError("an image lies in a file beside the export")
    held, media = block["image"], text_or_none(block.get("image_mimetype")) or "image/png"
    return held if held.startswith("data:") else f"data:{media};base64,{held}"


def _calls(beside: Message) -> list[Block]:
    calls = beside.get("tool_calls")
    found: list[Block] = []
    for call in objects(calls, "tool_calls") if calls else ():
        held = call.get("function", call)
        found.append(Call(text_or_none(call.get("id")), named(held, "name", "a call"), held.get("arguments")))
    return found


def _is_own(message: Message) -> bool:
    return type(message.get("blocks")) is list and "role" in message


LLAMA_INDEX = dialect(
    "llama_index",
    _is_own,
    turns_of,
    raw=[
        {"role": "user", "additional_kwargs": {}, "blocks": [{"block_type": "text", "text": ASK["content"]}]},
        {"role": "assistant", "additional_kwargs": {}, "blocks": [{"block_type": "text", "text": REPLY["content"]}]},
    ],
    example={"messages": [ASK, REPLY]},
)

"""Messages of a thread of OpenAI's Assistants API, as it lists them: the newest first, parts with `text.value`.

An answer that quotes files is told and not read: what it rests on is not in it. Source: OpenAI API reference,
Assistants v2, the message object (as of 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuneset.reading.shapes.base import ASK, REPLY, Message, ShapeError
from tuneset.reading.shapes.blocks import Block, Image, Text, Turn, named
from tuneset.reading.shapes.dialects import dialect, in_time, parts_of
from tuneset.roles import speaker_role

_THREAD_MESSAGE = "thread.message"


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """The turns of such messages, the oldest first. Raises ShapeError on what no chat message can hold."""
    return [_turn(message) for message in in_time(messages)]


def _turn(message: Message) -> Turn:
    role = speaker_role(message.get("role"))
    if role is None:
        raise ShapeError("messages: a message has no role that threads know", "CNV001")
    if message.get("attachments"):
        raise ShapeError("a message has files attached that are not in the export")
    if message.get("status") in ("incomplete", "in_progress"):
        raise ShapeError("a message of the thread has not ended")
    return role, [_block(part) for part in parts_of(message.get("content"), "content")]


def _block(part: dict[str, Any]) -> Block:
    kind, held = part.get("type"), part.get("text")
    if kind == "text" and type(held) is dict:
        if held.get("annotations"):
            raise ShapeError("an answer quotes files that are not in the export")
        return Text(named(held, "value", "a part"))
    if kind == "text":
        return Text(named(part, "text", "a part"))
    if kind == "refusal":
        return Text(named(part, "refusal", "a part"))
    if kind == "image_url":
        return Image(named(part.get("image_url"), "url", "an image"))
    raise ShapeError("a part is of a type that no chat message can hold, such as an image in a file of the API")


def _is_own(message: Message) -> bool:
    if message.get("object") == _THREAD_MESSAGE:
        return True
    content = message.get("content")
    return type(content) is list and any(
        type(part) is dict and type(part.get("text")) is dict and "value" in part["text"] for part in content
    )


def _raw(message: Message, number: int) -> Message:
    parts = [{"type": "text", "text": {"value": message["content"], "annotations": []}}]
    said = {"role": message["role"], "content": parts}
    return {"id": f"msg_{number}", "object": _THREAD_MESSAGE, "created_at": number, "thread_id": "thread_1", **said}


ASSISTANTS_THREAD = dialect(
    "assistants_thread",
    _is_own,
    turns_of,
    raw=[_raw(REPLY, 2), _raw(ASK, 1)],
    example={"messages": [ASK, REPLY]},
)

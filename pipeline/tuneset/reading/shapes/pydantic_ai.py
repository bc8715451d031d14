"""Messages of Pydantic AI (`ModelMessage`): requests and responses of parts, as `ModelMessagesTypeAdapter` dumps them.

A request holds what was said to the model: system texts, questions, what tools gave, and demands to try again. Texts in
`instructions` are sent with each request and stand first. Source: pydantic-ai 2, `messages.py` (as of 2026-11).
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
    objects,
    text_in,
    text_or_none,
)
from tuneset.reading.shapes.dialects import dialect
from tuneset.reading.turn_marks import is_stopped

_KINDS = ("request", "response")
_ENDED = (None, "complete")


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """The turns of such messages. Raises ShapeError on what no chat message can hold."""
    turns: list[Turn] = []
    for message in messages:
        parts = objects(message.get("parts"), "parts")
        if message.get("kind") == "response":
            said = [_said(part) for part in parts]
            stopped = is_stopped(message) or message.get("state") not in _ENDED
            turns.append(("assistant", [*said, Stopped()] if stopped else said))
        else:
            turns += [_asked(part) for part in parts]
    told = next((message["instructions"] for message in messages if message.get("instructions")), None)
    is_told = type(told) is str and not any(role == "system" for role, _ in turns)
    return [("system", [Text(str(told))]), *turns] if is_told else turns


def _said(part: dict[str, Any]) -> Block:
    kind = part.get("part_kind")
    if kind == "text":
        return Text(named(part, "content", "a part"))
    if kind == "thinking":
        return Thought(named(part, "content", "a part"))
    if kind == "tool-call":
        return Call(text_or_none(part.get("tool_call_id")), named(part, "tool_name", "a call"), part.get("args"))
    raise ShapeError("a part is of a kind that no chat message can hold")


def _asked(part: dict[str, Any]) -> Turn:
    kind, content = part.get("part_kind"), part.get("content")
    if kind == "system-prompt":
        return "system", [Text(named(part, "content", "a part"))]
    if kind == "user-prompt":
        return "user", [_piece(each) for each in (content if type(content) is list else [content])]
    if kind == "tool-return" or (kind == "retry-prompt" and part.get("tool_name")):
        return "tool", [Given(text_or_none(part.get("tool_call_id")), text_in(content))]
    if kind == "retry-prompt":
        return "user", [Text(text_in(content))]
    raise ShapeError("a part is of a kind that no chat message can hold")


def _piece(piece: JsonValue) -> Block:
    """A text of a question, or an image by its address or as its bytes."""
    if type(piece) is str:
        return Text(piece)
    if type(piece) is dict and piece.get("kind") == "image-url":
        return Image(named(piece, "url", "an image"))
    if type(piece) is dict and piece.get("kind") == "binary" and str(piece.get("media_type")).startswith("image/"):
        return Image(f"data:{piece['media_type']};base64,{named(piece, 'data', 'an image')}")
    raise ShapeError("a question holds what no chat message can hold")


def is_own(message: Message) -> bool:
    """Whether an object is such a message.

    >>> is_own({"kind": "request", "parts": [{"part_kind": "user-prompt"}]}), is_own({"kind": "request"})
    (True, False)
    """
    parts = message.get("parts")
    if message.get("kind") not in _KINDS or type(parts) is not list:
        return False
    return all(type(part) is dict and "part_kind" in part for part in parts)


PYDANTIC_AI = dialect(
    "pydantic_ai",
    is_own,
    turns_of,
    raw=[
        {"kind": "request", "parts": [{"part_kind": "user-prompt", "content": ASK["content"]}]},
        {"kind": "response", "parts": [{"part_kind": "text", "content": REPLY["content"]}]},
    ],
    example={"messages": [ASK, REPLY]},
)

"""Conversations as LM Studio keeps them (`ID.conversation.json`): messages with versions, one of which is chosen.

An answer has steps: what was said, and what was thought before. The chat's own system text goes first. A message with
files, or with calls of tools, is told: what they held is not read. Source: LM Studio 0.3 and 0.4 (as of 2026-11).
"""

from __future__ import annotations

from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, messages_of, others
from tuneset.reading.shapes.blocks import Block, Stopped, Text, Thought, Turn, messages_from, named, objects
from tuneset.roles import speaker_role

_COLUMN, _SYSTEM = "messages", "systemPrompt"
_ENDED = ("eosFound", "stopStringFound", "toolCalls")
"""Why a whole answer ended; others are the limit of tokens or of the context, the user, or a fault."""


def read_lm_studio(record: Record) -> Shaped:
    """The chosen versions in order."""
    turns = [_turn(message) for message in messages_of(record[_COLUMN], _COLUMN)]
    system = record.get(_SYSTEM)
    if type(system) is str and system.strip() and not any(role == "system" for role, _ in turns):
        turns = [("system", [Text(system)]), *turns]
    return {"messages": messages_from(turns)}, others(record, (_COLUMN, _SYSTEM))


def _turn(message: Message) -> Turn:
    versions = objects(message.get("versions"), "versions")
    place = message.get("currentlySelected", 0)
    if type(place) is not int or not 0 <= place < len(versions):
        raise ShapeError("messages: a message has no version that is chosen")
    version = versions[place]
    role = speaker_role(version.get("role"))
    if role is None:
        raise ShapeError("messages: a message has no role that is known", "CNV001")
    if "steps" not in version:
        return role, _texts(version.get("content"))
    steps = [step for step in objects(version["steps"], "steps") if step.get("type") != "debugInfoBlock"]
    if any(step.get("type") != "contentBlock" for step in steps):
        raise ShapeError("messages: an answer has a step that is no text, such as a call of a tool")
    blocks = [block for step in steps for block in _said(step)]
    return role, [*blocks, Stopped()] if any(_is_cut(step) for step in steps) else blocks


def _said(step: dict[str, Any]) -> list[Block]:
    """What a step says, or thinks."""
    texts = _texts(step.get("content"))
    style = step.get("style")
    if type(style) is dict and style.get("type") == "thinking":
        return [Thought(block.text) for block in texts if isinstance(block, Text)]
    return texts


def _texts(content: JsonValue) -> list[Block]:
    parts = objects(content, "content")
    if any(part.get("type") != "text" for part in parts):
        raise ShapeError("messages: a message has a file, or a call of a tool, that is not read")
    return [Text(named(part, "text", "a part")) for part in parts]


def _is_cut(step: dict[str, Any]) -> bool:
    info = step.get("genInfo")
    stats = info.get("stats") if type(info) is dict else None
    reason = stats.get("stopReason") if type(stats) is dict else None
    return reason is not None and reason not in _ENDED


def _fits(record: Record) -> bool:
    found = record[_COLUMN]
    return type(found) is list and bool(found) and all(type(one) is dict and "versions" in one for one in found)


def _chosen(version: dict[str, Any]) -> Message:
    return {"versions": [version], "currentlySelected": 0}


LM_STUDIO = Shape(
    "lm_studio",
    "sft",
    frozenset((_COLUMN,)),
    read_lm_studio,
    raw={
        "name": "Hours",
        "messages": [
            _chosen({"type": "singleStep", "role": "user", "content": [{"type": "text", "text": ASK["content"]}]}),
            _chosen(
                {
                    "type": "multiStep",
                    "role": "assistant",
                    "steps": [{"type": "contentBlock", "content": [{"type": "text", "text": REPLY["content"]}]}],
                }
            ),
        ],
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)

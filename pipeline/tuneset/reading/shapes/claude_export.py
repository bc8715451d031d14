"""Conversations as claude.ai exports them: `chat_messages` with a sender, a text, contents and attachments.

The text of an attachment goes above the question, the instructions of a project first; where they are not in the row,
that is told. A conversation with files or with calls of tools is rejected: what
they held is not in the export.
"""

from __future__ import annotations

from typing import Any

from tuneset.example_tables import REASONING
from tuneset.reading.branches import chosen
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, messages_of, others
from tuneset.reading.turn_marks import with_asides
from tuneset.roles import speaker_role

_PROJECT = ("project", "project_uuid")
"""Keys of the project that a conversation is in, whose instructions were its system text."""
_SAID = ("text", "thinking")


def read_claude(record: Record) -> Shaped:
    """The messages of the chosen branch in order; of an answer's contents its texts and thoughts."""
    listed = messages_of(record["chat_messages"], "chat_messages")
    places = chosen(listed, record)
    messages = [_message(listed[place]) for place in (range(len(listed)) if places is None else places)]
    project = record.get("project")
    system = project.get("prompt_template") if type(project) is dict else None
    if type(system) is str and system.strip():
        messages = [{"role": "system", "content": system}, *messages]
    rest = others(record, ("chat_messages",))
    is_elsewhere = type(system) is not str and any(record.get(key) for key in _PROJECT)
    return {"messages": messages}, with_asides(rest, "project", int(is_elsewhere))


def _message(message: dict[str, Any]) -> Message:
    role = speaker_role(message.get("sender"))
    if role is None:
        raise ShapeError("chat_messages: a message has no sender that is known", "CNV001")
    contents, attachments = (message.get(key) or [] for key in ("content", "attachments"))
    if type(contents) is not list or type(attachments) is not list:
        raise ShapeError("chat_messages: contents or attachments are no list")
    attached = [one.get("extracted_content") if type(one) is dict else None for one in attachments]
    lost = any(type(text) is not str for text in attached) or bool(message.get("files"))
    if lost or any(type(one) is not dict or one.get("type") not in _SAID for one in contents):
        raise ShapeError("chat_messages: a message has a file or a tool whose content is not in the export")
    texts = [one["text"] for one in contents if one["type"] == "text" and type(one.get("text")) is str]
    text = "\n".join(texts) if texts else message.get("text")
    if type(text) is not str:
        raise ShapeError("chat_messages: a message has no text")
    said: Message = {"role": role, "content": "\n\n".join(part for part in (*attached, text) if part)}
    thoughts = [one["thinking"] for one in contents if type(one.get("thinking")) is str and one["thinking"]]
    return {**said, REASONING: "\n".join(thoughts)} if thoughts else said


def _fits(record: Record) -> bool:
    found = record["chat_messages"]
    return type(found) is list and bool(found) and all(type(one) is dict and "sender" in one for one in found)


CLAUDE = Shape(
    "claude_export",
    "sft",
    frozenset(("chat_messages",)),
    read_claude,
    raw={
        "name": "Hours",
        "chat_messages": [
            {"sender": "human", "text": ASK["content"], "attachments": [], "files": []},
            {"sender": "assistant", "text": REPLY["content"], "attachments": [], "files": []},
        ],
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)

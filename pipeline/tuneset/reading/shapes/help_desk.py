"""Conversations as Intercom and Freshdesk give them: who wrote is known by what the service says of the author.

What agents wrote for themselves (`note`, `private`) is no part of the conversation. Texts stay as they are: HTML is for
`clean.html`. Source: Intercom REST API 2.11 and Freshdesk API v2 (as of 2026-11).
"""

from __future__ import annotations

from typing import Any

from tuneset.reading.message_times import begins_with_newest
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, others
from tuneset.reading.turn_marks import is_public, with_asides

_ASKING = ("user", "lead", "contact")
_ANSWERING = ("admin", "bot", "team", "operator")
_SAID = ("comment", "open", "close", "assignment", "quick_reply", "note_and_reopen", "assign_and_reopen")


def read_intercom(record: Record) -> Shaped:
    """What began the conversation, and its parts that are no notes and have a text."""
    listed = _parts(record)
    parts = [part for part in listed if part.get("part_type") in _SAID]
    aside = sum(part.get("part_type") not in _SAID and bool(part.get("body")) for part in listed)
    if begins_with_newest(parts):
        parts.reverse()
    messages = [message for part in (record["source"], *parts) if (message := _intercom_message(part)) is not None]
    rest = others(record, ("source", "conversation_parts"))
    return {"messages": _joined(messages)}, with_asides(rest, "conversation_parts", aside)


def _parts(record: Record) -> list[dict[str, Any]]:
    held = record["conversation_parts"]
    found = held.get("conversation_parts") if type(held) is dict else held
    return [part for part in found if type(part) is dict] if type(found) is list else []


def _intercom_message(part: dict[str, Any]) -> Message | None:
    author, body = part.get("author"), part.get("body")
    kind = author.get("type") if type(author) is dict else None
    if type(body) is not str or not body.strip() or kind not in (*_ASKING, *_ANSWERING):
        return None
    return {"role": "user" if kind in _ASKING else "assistant", "content": body}


def _is_intercom(record: Record) -> bool:
    source = record["source"]
    return type(source) is dict and "author" in source and "body" in source and bool(_parts(record) or source["body"])


def read_freshdesk(record: Record) -> Shaped:
    """What the ticket says, and the answers to it in both directions that are not private."""
    said = record.get("description_text") or record.get("description")
    turns = [turn for turn in record["conversations"] if is_public(turn)]
    if begins_with_newest(turns):
        turns.reverse()
    messages: list[Message] = [{"role": "user", "content": said}] if type(said) is str and said.strip() else []
    for turn in turns:
        text = turn.get("body_text") or turn.get("body")
        if type(text) is str and text.strip():
            messages.append({"role": "user" if turn["incoming"] else "assistant", "content": text})
    rest = others(record, ("conversations", "description_text", "description"))
    aside = len(record["conversations"]) - len(turns)
    return {"messages": _joined(messages)}, with_asides(rest, "conversations", aside)


def _is_freshdesk(record: Record) -> bool:
    found = record["conversations"]
    if type(found) is not list or not found or not (record.keys() & {"description_text", "description"}):
        return False
    return all(
        type(turn) is dict and type(turn.get("incoming")) is bool and turn.keys() & {"body", "body_text"}
        for turn in found
    )


def _joined(messages: list[Message]) -> list[Message]:
    r"""The messages, where one side that writes twice has said both.

    >>> _joined([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}])
    [{'role': 'user', 'content': 'a\n\nb'}]
    """
    joined: list[Message] = []
    for message in messages:
        if joined and joined[-1]["role"] == message["role"]:
            joined[-1] = {**message, "content": f"{joined[-1]['content']}\n\n{message['content']}"}
        else:
            joined.append(message)
    return joined


INTERCOM = Shape(
    "intercom",
    "sft",
    frozenset(("source", "conversation_parts")),
    read_intercom,
    raw={
        "type": "conversation",
        "source": {"body": ASK["content"], "author": {"type": "user"}},
        "conversation_parts": {
            "conversation_parts": [{"part_type": "comment", "body": REPLY["content"], "author": {"type": "admin"}}]
        },
    },
    example={"messages": [ASK, REPLY]},
    fits=_is_intercom,
)
FRESHDESK = Shape(
    "freshdesk",
    "sft",
    frozenset(("conversations",)),
    read_freshdesk,
    raw={
        "description_text": ASK["content"],
        "conversations": [{"incoming": False, "private": False, "body": "<p>Yes.</p>", "body_text": REPLY["content"]}],
    },
    example={"messages": [ASK, REPLY]},
    fits=_is_freshdesk,
)

"""Conversations of inboxes whose messages say in which direction they went: Chatwoot, HubSpot, and gateways.

What came in is the customer's, what went out is the answer. Notes, comments and activities have no direction or one of
their own, and are no part of the conversation. Sources: Chatwoot API (`message_type` 0 incoming, 1 outgoing,
2 activity, 3 template), HubSpot Conversations API (as of 2026-11).
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.message_times import begins_with_newest
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, json_of, others
from tuneset.reading.shapes.dialects import is_alone
from tuneset.reading.turn_marks import is_public, with_asides

_COLUMNS = ("messages", "results", "thread_messages", "payload")
_WHERE = ("direction", "message_type", "messageType")
_TEXTS = ("content", "text", "body")
_THREADS = ("conversationsThreadId", "conversation_id", "thread_id")
_SIDES = {
    **dict.fromkeys(("incoming", "inbound", "0"), "user"),
    **dict.fromkeys(("outgoing", "outbound", "1"), "assistant"),
}


def _side(message: Message) -> str | None:
    """Who says a message by its direction; None for an activity or a note.

    >>> _side({"message_type": 0}), _side({"direction": "OUTGOING"}), _side({"message_type": 2}), _side({"type": "x"})
    ('user', 'assistant', None, None)
    """
    said = next((message[key] for key in _WHERE if type(message.get(key)) in (str, int)), "")
    return _SIDES.get(str(said).strip().casefold())


def read_inbox(record: Record, column: str) -> Shaped:
    """The messages that went in or out, the oldest first; several in a row of one side are one."""
    listed = _turns(record, column)
    turns = [turn for turn in listed if _side(turn) and is_public(turn)]
    aside = sum(bool(_side(turn)) and not is_public(turn) for turn in listed)
    if len({str(turn.get(key)) for turn in turns for key in _THREADS if key in turn}) > 1:
        raise ShapeError(f"{column} holds messages of several conversations: make a row of each", "ING003")
    if begins_with_newest(turns):
        turns.reverse()
    if any(turn.get("attachments") for turn in turns):
        raise ShapeError("a message has files attached that are not in the export")
    said = [(_side(turn), text) for turn in turns if (text := _text(turn)).strip()]
    messages = [
        {"role": role, "content": "\n\n".join(text for _, text in texts)}
        for role, texts in itertools.groupby(said, key=lambda one: one[0])
    ]
    return {"messages": messages}, with_asides(others(record, (column,)), column, aside)


def _text(message: Message) -> str:
    return next((message[key] for key in _TEXTS if type(message.get(key)) is str), "")


def _turns(record: Record, column: str) -> list[dict[str, Any]]:
    found: JsonValue = json_of(record[column])
    return [one for one in found if type(one) is dict] if type(found) is list else []


def _fits(record: Record, column: str) -> bool:
    """Whether messages of both directions are there, and none says who speaks in another way."""
    turns = _turns(record, column)
    if not is_alone(record, (column,)):
        return False
    if any("role" in turn or "from" in turn for turn in turns[:1]):
        return False
    sides = {_side(turn) for turn in turns}
    return {"user", "assistant"} <= sides and not any("role" in turn or "from" in turn for turn in turns)


def _shape(column: str) -> Shape:
    return Shape(
        "inbox_messages",
        "sft",
        frozenset((column,)),
        partial(read_inbox, column=column),
        raw={
            column: [
                {"content": ASK["content"], "message_type": 0},
                {"content": REPLY["content"], "message_type": 1, "private": False},
            ]
        },
        example={"messages": [ASK, REPLY]},
        fits=partial(_fits, column=column),
    )


INBOX_MESSAGES = tuple(_shape(column) for column in _COLUMNS)

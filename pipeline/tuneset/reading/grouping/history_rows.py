"""Tables in which LangChain keeps histories of chats: one message a row, as JSON, with the `session_id` of its chat.

Written by `SQLChatMessageHistory`, `PostgresChatMessageHistory` and their like; documents of langchain-redis are a
message themselves, with the `session_id` beside it. Sources: langchain-community 0.4, `chat_message_histories`, and
langchain-redis 0.2 (as of 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence

from tuneset.json_text import JsonValue
from tuneset.reading.grouping.base import Grouping, Record
from tuneset.reading.message_times import by_time
from tuneset.reading.shapes.base import json_of
from tuneset.reading.shapes.dialects import is_alone
from tuneset.reading.shapes.langchain import is_langchain

_SESSIONS = ("session_id", "SessionId", "sessionId")


def _fits(record: Record) -> bool:
    if not is_alone(record, ("message",)):  # else the message is one side of what the row says
        return False
    held = _message(record)
    return type(held) is dict and is_langchain(held) and type(_session(record)) in (str, int)


def _message(record: Record) -> JsonValue:
    """The message of a row: what stands in its column, or the row itself.

    >>> _message({"session_id": 1, "message": "{}"}), _message({"session_id": 1, "type": "ai", "data": {}})
    ({}, {'session_id': 1, 'type': 'ai', 'data': {}})
    """
    return record if "message" not in record and type(record.get("data")) is dict else json_of(record.get("message"))


def _session(record: Record) -> object:
    return next((record[name] for name in _SESSIONS if name in record), None)


def _key(record: Record) -> str | None:
    return str(_session(record)) if _fits(record) else None


def _whole(records: Sequence[Record]) -> Record:
    """The messages by their numbers, where all have one, else by their times, else as they stand."""
    numbers = [record.get("id") for record in records]
    if all(type(number) is int for number in numbers) and len(set(numbers)) == len(numbers):
        ordered = sorted(records, key=lambda record: int(record["id"]))
    else:
        ordered = by_time(records)
    return {"session_id": _session(records[0]), "messages": [_message(record) for record in ordered]}


HISTORY_ROWS = Grouping(
    "history_rows",
    _fits,
    _key,
    _whole,
    raw=(
        {"id": 1, "session_id": "s1", "message": '{"type": "human", "data": {"content": "Is it open?"}}'},
        {"id": 2, "session_id": "s1", "message": '{"type": "ai", "data": {"content": "Yes."}}'},
    ),
)

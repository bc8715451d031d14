"""Messages of OpenAI's threads, one a row with its `thread_id`: what became of many threads that were listed.

Source: OpenAI API reference, Assistants v2, the message object (as of 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence

from tuneset.reading.grouping.base import Grouping, Record
from tuneset.reading.message_times import by_time


def _fits(record: Record) -> bool:
    is_message = record.get("object") == "thread.message" and "content" in record
    return is_message and type(record.get("thread_id")) is str


def _key(record: Record) -> str | None:
    return record["thread_id"] if _fits(record) else None


def _whole(records: Sequence[Record]) -> Record:
    return {"thread_id": records[0]["thread_id"], "messages": by_time(records)}


def _raw(number: int, role: str, text: str) -> Record:
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    return {"object": "thread.message", "created_at": number, "thread_id": "thread_1", "role": role, "content": content}


THREAD_MESSAGES = Grouping(
    "thread_messages", _fits, _key, _whole, raw=(_raw(2, "assistant", "Yes."), _raw(1, "user", "Is it open?"))
)

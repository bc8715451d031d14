"""Chats as SillyTavern keeps them: a header, then one message a line that says whether the user wrote it."""

from __future__ import annotations

from collections.abc import Sequence

from tuneset.reading.grouping.base import Grouping, Record


def _fits(record: Record) -> bool:
    return type(record.get("is_user")) is bool and type(record.get("mes")) is str


def _key(record: Record) -> str | None:
    """A file is one chat; its header says nothing in it."""
    if _fits(record):
        return "chat"
    return "" if "chat_metadata" in record or "user_name" in record else None


def _whole(records: Sequence[Record]) -> Record:
    """What user and character said; lines of the program itself (`is_system`) are no part of it."""
    said = [record for record in records if _fits(record) and record.get("is_system") is not True]
    return {
        "messages": [
            {"role": "user" if record["is_user"] else "assistant", "content": record["mes"]} for record in said
        ]
    }


SILLYTAVERN = Grouping(
    "sillytavern",
    _fits,
    _key,
    _whole,
    raw=(
        {"user_name": "Ann", "character_name": "Clerk", "chat_metadata": {}},
        {"name": "Ann", "is_user": True, "mes": "Is it open?"},
        {"name": "Clerk", "is_user": False, "mes": "Yes."},
    ),
)

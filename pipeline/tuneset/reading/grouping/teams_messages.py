"""Messages of Microsoft Teams, as Microsoft Graph lists them: a chat, or a channel's message with its replies.

They are ordered by when they were written, since Graph lists the newest first. A bot is an application; who of people
is the assistant `ingest.mapping` says. Source: Microsoft Graph v1.0, chatMessage (as of 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuneset.reading.grouping.base import Grouping, Record


def _fits(record: Record) -> bool:
    body = record.get("body")
    return type(body) is dict and "content" in body and "createdDateTime" in record and "messageType" in record


def _key(record: Record) -> str | None:
    """The chat, or the message of a channel that was answered."""
    if not _fits(record):
        return None
    return str(record.get("chatId") or record.get("replyToId") or record.get("id"))


def _whole(records: Sequence[Record]) -> Record:
    written = [message for record in records for message in (record, *_replies(record))]
    said = [
        message for message in written if message.get("messageType") == "message" and not message.get("deletedDateTime")
    ]
    said.sort(key=lambda message: str(message.get("createdDateTime")))
    return {"messages": [_said(message) for message in said]}


def _replies(record: Record) -> list[Record]:
    replies = record.get("replies")
    return [reply for reply in replies if type(reply) is dict and _fits(reply)] if type(replies) is list else []


def _said(message: Record) -> dict[str, Any]:
    """A message in the form of a messenger's export."""
    sender = message.get("from")
    by = sender if type(sender) is dict else {}
    user, application = by.get("user"), by.get("application")
    who = user if type(user) is dict else application if type(application) is dict else {}
    is_bot = type(user) is not dict and type(application) is dict
    return {"author": {"name": str(who.get("displayName", "")), "isBot": is_bot}, "content": message["body"]["content"]}


TEAMS_MESSAGES = Grouping(
    "teams_messages",
    _fits,
    _key,
    _whole,
    raw=(
        {
            "id": "1",
            "messageType": "message",
            "createdDateTime": "2026-01-01T10:00:00Z",
            "from": {"user": {"displayName": "Ann"}},
            "body": {"contentType": "text", "content": "Is it open?"},
        },
        {
            "id": "2",
            "replyToId": "1",
            "messageType": "message",
            "createdDateTime": "2026-01-01T10:01:00Z",
            "from": {"application": {"displayName": "Helper"}},
            "body": {"contentType": "text", "content": "Yes."},
        },
    ),
)

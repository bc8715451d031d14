"""Messages of Microsoft Teams, as Microsoft Graph lists them: a chat, or a channel's message with its replies.

They are ordered by when they were written, since Graph lists the newest first. A bot is an application; who of people
is the assistant `ingest.mapping` says. The texts of cards are part of a message, and files beside one are told; a body
that is HTML is for `clean.html`. Source: Microsoft Graph v1.0, chatMessage (as of 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.grouping.base import Grouping, Record
from tuneset.reading.shapes.base import json_of
from tuneset.reading.turn_marks import with_asides

_PLACE = re.compile(r'<attachment id="([^"]*)"(?:\s*/>|>\s*</attachment>)')
_CARD = "application/vnd.microsoft.card."
_QUOTED = "messageReference"
_TEXTS = ("title", "subtitle", "text", "value")
_HELD = ("body", "items", "columns", "facts", "inlines", "rows", "cells", "sections")
"""Keys of a card that hold what it shows; those of its buttons and fields are others."""


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
    lost = sum(_lost(message) for message in said)
    return with_asides({"messages": [_said(message) for message in said]}, "attachments", lost) or {}


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
    return {"author": {"name": str(who.get("displayName", "")), "isBot": is_bot}, "content": _content(message)}


def _content(message: Record) -> str:
    """The body with the texts of cards in their places, else below; a message that is quoted stands before it already.

    >>> card = {"id": "a", "contentType": "application/vnd.microsoft.card.hero", "content": '{"title": "Yes."}'}
    >>> _content({"body": {"content": '<attachment id="a"></attachment>'}, "attachments": [card]})
    'Yes.'
    """
    cards = {str(one.get("id")): _shown(one) for one in _attached(message)}
    content = message["body"]["content"]
    text = content if type(content) is str else ""
    placed = {found[1] for found in _PLACE.finditer(text)}
    text = _PLACE.sub(lambda found: f"\n{cards.get(found[1], '')}\n", text).strip()
    return "\n".join([text, *(card for name, card in cards.items() if card and name not in placed)]).strip()


def _attached(message: Record) -> list[Record]:
    found = message.get("attachments")
    return [one for one in found if type(one) is dict] if type(found) is list else []


def _lost(message: Record) -> bool:
    """Whether something is attached of which nothing is read, such as a file."""
    return any(one.get("contentType") != _QUOTED and not _shown(one) for one in _attached(message))


def _shown(attachment: Record) -> str:
    """The texts of a card, one a line."""
    card = json_of(attachment.get("content"))
    is_card = str(attachment.get("contentType")).startswith(_CARD) and type(card) is dict
    return "\n".join(_texts(card)) if is_card else ""


def _texts(value: JsonValue) -> Iterator[str]:
    """What a card shows in order: its texts and facts, and no button.

    >>> list(_texts({"body": [{"type": "TextBlock", "text": "Open"}, {"facts": [{"title": "Until", "value": "5"}]}]}))
    ['Open', 'Until', '5']
    """
    if type(value) is list:
        for inner in value:
            yield from _texts(inner)
    elif type(value) is dict and not str(value.get("type")).startswith("Action."):
        yield from (value[key] for key in _TEXTS if type(value.get(key)) is str and value[key].strip())
        for key in _HELD:
            yield from _texts(value.get(key))


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

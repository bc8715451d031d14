"""Chats between people as Discord (DiscordChatExporter), Telegram and WhatsApp export them: messages with an author.

Who of them is the assistant nobody but the user can say: a bot is, and everybody else the user. Without a bot the row
is rejected with the mapping that says it.
"""

from __future__ import annotations

from typing import Any

from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, messages_of, others
from tuneset.reading.shapes.turns import turn_keys

_TELEGRAM = (
    "ingest.mapping: {messages: messages, role_key: from, content_key: text, roles: {NAME: user, OTHER: assistant}}"
)
_DISCORD = "ingest.mapping: {messages: messages, role_key: author.name, roles: {NAME: user, OTHER: assistant}}"


def read_messenger(record: Record) -> Shaped:
    """The messages, where a bot is among those who speak."""
    turns = [turn for turn in messages_of(record["messages"], "messages") if _is_discord(turn) or _is_telegram(turn)]
    if not any(_is_bot(turn) for turn in turns):
        mapping = _DISCORD if turns and _is_discord(turns[0]) else _TELEGRAM
        raise ShapeError(
            f"messages are from people, and none is known to be the assistant; say who is, with {mapping}", "CNV001"
        )
    messages: list[Message] = []
    for turn in turns:
        text = turn.get("content")
        if type(text) is str and text:
            messages.append({"role": "assistant" if _is_bot(turn) else "user", "content": text})
    return {"messages": messages}, others(record, ("messages",))


def _is_bot(turn: dict[str, Any]) -> bool:
    return _is_discord(turn) and turn["author"].get("isBot") is True


def _is_discord(turn: dict[str, Any]) -> bool:
    return type(turn.get("author")) is dict and "content" in turn


def _is_telegram(turn: dict[str, Any]) -> bool:
    return "from" in turn and "text" in turn


def _fits(record: Record) -> bool:
    found = record["messages"]
    first = next((turn for turn in found if type(turn) is dict), {}) if type(found) is list else {}
    if "role" in first:
        return False
    is_telegram = "from_id" in first or "actor_id" in first or (_is_telegram(first) and turn_keys(found) is None)
    return is_telegram or _is_discord(first)


MESSENGER = Shape(
    "messenger_export",
    "sft",
    frozenset(("messages",)),
    read_messenger,
    raw={
        "channel": {"name": "help"},
        "messages": [
            {"content": ASK["content"], "author": {"name": "ann", "isBot": False}},
            {"content": REPLY["content"], "author": {"name": "helper", "isBot": True}},
        ],
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)

"""Lists of messages in the form of a library or an API of its own: what their shapes share.

A library's messages have the same form wherever they stand: under `messages`, `history` or `chat_history`, or as a list
alone. Each of them says by its keys whose they are; what they hold becomes turns of blocks (see `blocks`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.message_times import oldest_first
from tuneset.reading.shapes.base import Message, Record, Shape, Shaped, ShapeError, json_of, messages_of, others
from tuneset.reading.shapes.blocks import Turn, messages_from

_ASKED = frozenset(("messages", "prompt", "question", "query", "input", "inputs", "instruction", "conversations"))
_ANSWERED = frozenset(("choices", "output", "outputs", "response", "completion", "answer"))
"""Columns beside which such a list is only what came before, or what was asked: no shape of a list alone."""
COLUMNS = (
    "messages",
    "history",
    "chat_history",
    "conversation",
    "conversation_history",
    "message_history",
    "chat",
    "data",
)
"""Where such lists stand."""
_PLAIN_KEYS = 2  # a role and a content
IsOwn = Callable[[Message], bool]
Turns = Callable[[Sequence[Message]], list[Turn]]
LeftOut = Callable[[Sequence[Message]], dict[str, int]]


def dialect(
    name: str,
    is_own: IsOwn,
    turns_of: Turns,
    raw: Sequence[Message],
    example: dict[str, Any],
    left_out: LeftOut | None = None,
) -> tuple[Shape, ...]:
    """The shapes of one library's messages, one for each column in which they may stand.

    `is_own` says whether a message is of that library, by its keys; a list is, where one of its messages is and all are
    objects. `raw` is a conversation of it, `example` what that becomes. `left_out` counts what is in no message, by a
    word for it.
    """
    return tuple(
        Shape(
            name,
            "sft",
            frozenset((column,)),
            partial(_read, column=column, turns_of=turns_of, left_out=left_out),
            raw={column: list(raw)},
            example=example,
            fits=partial(_fits, column=column, is_own=is_own),
        )
        for column in COLUMNS
    )


def _read(record: Record, column: str, turns_of: Turns, left_out: LeftOut | None) -> Shaped:
    listed = messages_of(record[column], column)
    if record.get("has_more") is True:
        raise ShapeError("the row is a page of a conversation that has more: get all of its pages", "ING003")
    messages = messages_from(turns_of(listed))
    told = {f"{column}{what}": count for what, count in left_out(listed).items()} if left_out else {}
    return {"messages": messages}, {**(others(record, (column,)) or {}), **told} or None


def _fits(record: Record, column: str, is_own: IsOwn) -> bool:
    listed = record[column] if type(record[column]) is list else json_of(record[column])
    if type(listed) is not list:
        return False
    found = False
    for message in listed:
        if type(message) is not dict:
            return False
        plain = len(message) == _PLAIN_KEYS and type(message.get("content")) is str
        found = found or (not plain and is_own(message))
    return found and is_alone(record, (column,))


def is_alone(record: Record, columns: tuple[str, ...]) -> bool:
    """Whether a list of messages is what a row says, and no other column holds the question or the answer.

    >>> is_alone({"dialogue": [], "id": 1}, ("dialogue",)), is_alone({"dialogue": [], "answer": "!"}, ("dialogue",))
    (True, False)
    """
    if not _ANSWERED.isdisjoint(record):
        return False
    return "messages" in columns or not any(name in record for name in _ASKED.difference(columns))


def in_time(messages: Sequence[Message]) -> list[Message]:
    """Messages with the oldest first, where they are listed from the newest on and begin with an answer."""
    return oldest_first(list(messages), list(messages))


def parts_of(value: JsonValue, where: str) -> list[dict[str, Any]]:
    """The parts of a message: a text alone is one. Raises ShapeError where they are none."""
    found = [{"type": "text", "text": value}] if type(value) is str else [] if value is None else value
    if type(found) is not list or any(type(part) not in (dict, str) for part in found):
        raise ShapeError(f"{where} is neither text nor a list of parts")
    return [{"type": "text", "text": part} if type(part) is str else part for part in found]

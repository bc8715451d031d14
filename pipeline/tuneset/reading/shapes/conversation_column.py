"""A conversation in a column of another name than `messages`: `{"dialogue": [{"role": "user", ...}, ...]}`.

Only where the column holds nothing but messages, with `role` and `content` or with `from` and `value`.
"""

from __future__ import annotations

from functools import partial

from tuneset.reading.containers.envelopes import is_conversation
from tuneset.reading.shapes.base import ASK, REPLY, Record, Shape, Shaped
from tuneset.reading.shapes.sharegpt import read_sharegpt

_NAMES = (
    "conversation", "dialogue", "dialog", "turns", "chat", "data", "items", "history", "chat_history",
    "conversation_history", "transcript", "thread", "dialogues",
)  # fmt: skip
_OTHER_PARTS = frozenset(("messages", "conversations", "prompt", "completion", "question", "answer", "input", "output"))


def _read(record: Record, column: str) -> Shaped:
    return read_sharegpt({"conversations" if key == column else key: value for key, value in record.items()})


def _fits(record: Record, column: str) -> bool:
    """A history alone is the conversation; beside a question it is what came before it."""
    return is_conversation(record[column]) and (column != "history" or _OTHER_PARTS.isdisjoint(record))


CONVERSATIONS = tuple(
    Shape(
        "conversation",
        "sft",
        frozenset((name,)),
        partial(_read, column=name),
        raw={name: [ASK, REPLY]},
        example={"messages": [ASK, REPLY]},
        fits=partial(_fits, column=name),
    )
    for name in _NAMES
)

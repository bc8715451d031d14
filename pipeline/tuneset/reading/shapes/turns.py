"""A list of turns under other keys than `role` and `content`: `speaker` and `text`, `sender` and `message`.

Read only where every turn has one key of a speaker and one of a text, and the list of `roles` knows all of them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, json_of, others
from tuneset.roles import speaker_role

_SPEAKER_KEYS = ("role", "from", "speaker", "sender", "author", "type", "name")
_TEXT_KEYS = ("content", "value", "text", "message", "utterance", "body")
_COLUMNS = (
    "messages", "conversations", "conversation", "dialogue", "dialog", "turns", "chat", "data", "items", "history",
    "chat_history", "conversation_history", "transcript", "thread", "utterances", "log", "dialogues", "chat_messages",
)  # fmt: skip
_READ_ELSEWHERE = ({"role", "content"}, {"from", "value"})
"""Chat and ShareGPT have shapes of their own, which keep what else a turn holds."""


def turn_keys(value: JsonValue) -> tuple[str, str] | None:
    """The keys of speaker and text that all turns of a list have, or None.

    >>> turn_keys([{"speaker": "Human", "text": "?"}, {"speaker": "AI", "text": "!"}])
    ('speaker', 'text')
    >>> turn_keys([{"speaker": "Ann", "text": "?"}]) is None
    True
    """
    if type(value) is not list or not value or any(type(turn) is not dict for turn in value):
        return None
    for speaker in _SPEAKER_KEYS:
        if all(speaker_role(turn.get(speaker)) is not None for turn in value):
            for text in _TEXT_KEYS:
                if all(type(turn.get(text)) is str for turn in value):
                    return speaker, text
    return None


def read_turns(record: Record, column: str) -> Shaped:
    """The turns as messages; what else a turn holds says nothing of the conversation."""
    turns: Any = json_of(record[column])
    keys = turn_keys(turns)
    assert keys is not None
    return {"messages": [_message(turn, *keys) for turn in turns]}, others(record, (column,))


def _message(turn: Message, speaker: str, text: str) -> Message:
    return {"role": speaker_role(turn[speaker]), "content": turn[text]}


def _fits(record: Record, column: str) -> bool:
    turns = json_of(record[column])
    first = turns[0] if type(turns) is list and turns else None
    if type(first) is not dict or "tool_calls" in first or any(pair <= first.keys() for pair in _READ_ELSEWHERE):
        return False
    return turn_keys(turns) is not None


def _shape(column: str) -> Shape:
    return Shape(
        "turns",
        "sft",
        frozenset((column,)),
        partial(read_turns, column=column),
        raw={column: [{"speaker": "Human", "text": ASK["content"]}, {"speaker": "AI", "text": REPLY["content"]}]},
        example={"messages": [ASK, REPLY]},
        fits=partial(_fits, column=column),
    )


TURNS = tuple(_shape(column) for column in _COLUMNS)

"""Turns as a list for each key, where others write an object for each turn: `{"role": [...], "content": [...]}`.

Sequences of features of Hugging Face `datasets` come out so. The lists may be the row's own columns, or stand in the
column of the conversation. They are put together to turns, and read as any list of these is. Beside a question and an
answer of the row's own they are what these are about.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, json_of, others
from tuneset.reading.shapes.dialects import is_alone
from tuneset.reading.shapes.sharegpt import read_sharegpt
from tuneset.reading.shapes.turns import read_turns, said_in

_COLUMNS = (
    "messages", "conversations", "conversation", "dialogue", "dialog", "turns", "chat", "history", "chat_history",
    "utterances", "transcript",
)  # fmt: skip
_PAIRS = (
    ("role", "content"), ("roles", "contents"), ("from", "value"), ("speaker", "text"), ("speaker", "utterance"),
    ("speakers", "utterances"),
)  # fmt: skip
_SINGLE = {"roles": "role", "contents": "content", "speakers": "speaker", "utterances": "utterance"}


def turns_in(value: JsonValue) -> list[Message] | None:
    """The turns that lists of one length say together; None where a value is no object of such lists.

    A key that a turn has nothing under is none of its keys, as such tables fill them with null.

    >>> turns_in({"role": ["user", "assistant"], "content": ["?", "!"], "name": [None, "bot"]})
    [{'role': 'user', 'content': '?'}, {'role': 'assistant', 'content': '!', 'name': 'bot'}]
    >>> turns_in({"role": ["user"], "content": []}), turns_in({"role": "user"}), turns_in({})
    (None, None, None)
    """
    found = json_of(value)
    if type(found) is not dict or not found or any(type(column) is not list for column in found.values()):
        return None
    lengths = {len(column) for column in found.values()}
    if len(lengths) != 1 or lengths == {0}:
        return None
    keys = [str(_SINGLE.get(key, key)) for key in found]
    rows = zip(*found.values(), strict=True)
    return [{key: held for key, held in zip(keys, row, strict=True) if held is not None} for row in rows]


def _read(record: Record, columns: tuple[str, ...]) -> Shaped:
    turns = _turns(record, columns)
    assert turns is not None
    column = columns[0] if len(columns) == 1 else "turns"
    shaped = read_sharegpt({"conversations": turns}) if _is_chat(turns) else read_turns({column: turns}, column)
    return shaped[0], others(record, columns)


def _turns(record: Record, columns: tuple[str, ...]) -> list[Message] | None:
    if len(columns) == 1:
        return turns_in(record[columns[0]])
    return turns_in({column: json_of(record[column]) for column in columns})


def _is_chat(turns: list[Message]) -> bool:
    return all("role" in turn for turn in turns) or all("from" in turn and "value" in turn for turn in turns)


def _fits(record: Record, columns: tuple[str, ...]) -> bool:
    if len(columns) == 1 and type(record[columns[0]]) not in (dict, str):
        return False
    if not is_alone(record, columns):
        return False
    turns = _turns(record, columns)
    return turns is not None and (_is_chat(turns) or said_in(turns, columns[0]) is not None)


def _shape(columns: tuple[str, ...]) -> Shape:
    speaker, text = columns if len(columns) == 2 else ("role", "content")
    said: dict[str, Any] = {
        speaker: ["user", "assistant"] if speaker != "from" else ["human", "gpt"],
        text: [ASK["content"], REPLY["content"]],
    }
    return Shape(
        "column_lists",
        "sft",
        frozenset(columns),
        partial(_read, columns=columns),
        raw=said if len(columns) > 1 else {columns[0]: said},
        example={"messages": [ASK, REPLY]},
        fits=partial(_fits, columns=columns),
    )


COLUMN_LISTS = tuple(_shape(columns) for columns in (*((column,) for column in _COLUMNS), *_PAIRS))

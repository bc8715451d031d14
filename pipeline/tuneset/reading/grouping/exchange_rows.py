"""One exchange a row, a question with its answer, with the id of its conversation and the number of its turn.

Without the earlier turns a later question may mean nothing, and each row by itself might go to another side of the
split. Only numbered turns are joined: rows that share no more than an id may each stand alone. Where a row says the
earlier turns itself, in its question or beside it, nothing is said twice. Columns that are the same in all rows belong
to the conversation, what else a row says of its answer to that answer.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tuneset.json_text import JsonValue
from tuneset.reading.grouping.base import Grouping, Record
from tuneset.reading.grouping.message_rows import IDS, column, common, is_same
from tuneset.reading.shapes.base import Message
from tuneset.reading.shapes.companions import CHOICES, CONTEXT, HISTORY, IMAGES
from tuneset.reading.shapes.transcripts import begins
from tuneset.reading.turn_marks import with_weight

_ASKED = ("question", "query", "prompt", "user_message", "user_input", "user", "human", "instruction", "input")
_ANSWERED = (
    "answer", "response", "completion", "assistant_message", "bot_response", "bot_message", "model_response",
    "assistant", "bot", "output", "reply",
)  # fmt: skip
_TURNS = ("turn", "turn_id", "turn_index", "turn_idx", "turn_number", "turn_no")
_OTHERS = (
    *("messages", "conversations", "chat_history", "previous_turns", "chosen", "rejected", "label", "kto_tag"),
    *(HISTORY, *CONTEXT, *CHOICES, *IMAGES),
)
"""Columns that belong to a single question, hold turns themselves, or make rows of another kind."""
_MARKED = ("<|", "[INST]", "<start_of_turn>", "### ")
_SAID_AGAIN = 12
"""Characters of an answer that no later question has by chance. Ours."""


def _fits(record: Record) -> bool:
    names = [column(record, known) for known in (IDS, _TURNS, _ASKED, _ANSWERED)]
    if None in names or column(record, _OTHERS) is not None:
        return False
    of, turn, asked, answered = (record[name] for name in names if name is not None)
    if type(of) not in (str, int) or _number(turn) is None or type(asked) is not str or type(answered) is not str:
        return False
    return str(of).strip() != "" and not asked.lstrip().startswith(_MARKED) and not begins(asked)


def _number(value: JsonValue) -> float | None:
    """The number of a turn, also as a table writes it.

    >>> _number("2"), _number(2), _number("2nd"), _number(True)
    (2.0, 2.0, None, None)
    """
    if type(value) not in (str, int, float):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _key(record: Record) -> str | None:
    return str(record[column(record, IDS) or ""]) if _fits(record) else None


def _whole(records: Sequence[Record]) -> Record:
    first = records[0]
    if len(records) == 1:
        return first
    of, turn, asked, answered = (column(first, known) or "" for known in (IDS, _TURNS, _ASKED, _ANSWERED))
    ordered = sorted(records, key=lambda record: _number(record[turn]) or 0)
    numbers = [_number(record[turn]) for record in ordered]
    if len(set(numbers)) < len(numbers):  # answers to one question, of which nobody says which is the one
        return {of: first[of], "exchanges with one number": len(numbers) - len(set(numbers))}
    pairs = itertools.pairwise(ordered)
    if all(len(one[answered]) >= _SAID_AGAIN and one[answered] in other[asked] for one, other in pairs):
        return ordered[-1]
    same = frozenset(name for name in first if is_same(name, ordered))
    messages: list[Message] = []
    for record in ordered:
        beside = {name: value for name, value in record.items() if name not in same}
        messages.append({"role": "user", "content": record[asked]})
        messages.append(with_weight({"role": "assistant", "content": record[answered]}, beside))
    shared = {name: common(name, ordered) for name in first if name not in (turn, asked, answered)}
    return {**shared, "messages": messages}


EXCHANGE_ROWS = Grouping(
    "exchange_rows",
    _fits,
    _key,
    _whole,
    raw=(
        {"conversation_id": "c1", "turn": 1, "question": "Is it open?", "answer": "Yes."},
        {"conversation_id": "c1", "turn": 2, "question": "And on Sunday?", "answer": "No."},
    ),
)

"""One exchange a row, a question with its answer, with the id of its conversation and the number of its turn.

Without the earlier turns a later question may mean nothing, and each row by itself might go to another side of the
split. Only numbered turns are joined: rows that share no more than an id may each stand alone, and so may rows of one
number or one question, which are attempts at it. What a row alone would say more than its question and answer, such as
the input of an instruction, leaves it a row. Where a row says the earlier turns itself, in its question or beside it,
nothing is said twice. Columns that are the same in all rows belong
to the conversation, what else a row says of its answer to that answer.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

from tuneset.json_text import JsonValue, dumps
from tuneset.reading.grouping.base import Grouping, Record, names_nothing
from tuneset.reading.grouping.message_rows import IDS, alike, column, common, is_same
from tuneset.reading.shapes.base import Message, ShapeError
from tuneset.reading.shapes.choose import KnownShapes, choose, possible_shapes, shapes_of
from tuneset.reading.shapes.companions import CHOICES, CONTEXT, HISTORY, IMAGES, read_row
from tuneset.reading.shapes.transcripts import begins
from tuneset.reading.turn_marks import with_weight
from tuneset.roles import SYSTEM_ROLES

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
    if names_nothing(str(of)) or asked.lstrip().startswith(_MARKED) or begins(asked):
        return False
    return _is_all(record, [asked, answered])


def _is_all(record: Record, exchange: list[str]) -> bool:
    """Whether a question and its answer are all that a row alone says; of no known shape it says nothing else."""
    shape = choose(record, _possible(tuple(record)))
    if shape is None:
        return True
    try:
        messages: list[Message] = read_row(shape, record)[0]["messages"]
    except ShapeError:
        return False
    said = [str(message.get("content")).strip() for message in messages if message.get("role") not in SYSTEM_ROLES]
    return said == [text.strip() for text in exchange]


@functools.lru_cache(maxsize=1024)
def _possible(keys: tuple[str, ...]) -> KnownShapes:
    return possible_shapes(keys, shapes_of("sft"))


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


def _whole(rows: Sequence[Record]) -> Record | None:
    records = alike(rows, (_TURNS, _ASKED, _ANSWERED))
    if records is None:
        return None
    first = records[0]
    names = [*dict.fromkeys(name for record in records for name in record)]
    of, turn, asked, answered = (column(first, known) or "" for known in (IDS, _TURNS, _ASKED, _ANSWERED))
    once = {dumps(each): each for each in records}.values()
    ordered = sorted(once, key=lambda record: _number(record[turn]) or 0)
    numbers = [_number(record[turn]) for record in ordered]
    if len(set(numbers)) == 1 or len({record[asked] for record in ordered}) == 1:
        return None
    if len(set(numbers)) < len(numbers):  # answers to one question, of which nobody says which is the one
        return {of: first[of], "exchanges with one number": len(numbers) - len(set(numbers))}
    pairs = itertools.pairwise(ordered)
    if all(_is_said(one[asked], one[answered], other[asked]) for one, other in pairs):
        return ordered[-1]
    same = frozenset(name for name in names if is_same(name, ordered))
    messages: list[Message] = []
    for record in ordered:
        beside = {name: value for name, value in record.items() if name not in same}
        messages.append({"role": "user", "content": record[asked]})
        messages.append(with_weight({"role": "assistant", "content": record[answered]}, beside))
    shared = {name: common(name, ordered) for name in names if name not in (turn, asked, answered)}
    return {**shared, "messages": messages}


def _is_said(asked: str, answered: str, later: str) -> bool:
    r"""Whether a later question says an exchange before it.

    >>> _is_said("Open?", "Yes.", "Open?\nYes.\nWhen?"), _is_said("Open?", "Yes.", "Yes. And when?")
    (True, False)
    """
    return answered in later and (len(answered) >= _SAID_AGAIN or asked in later)


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

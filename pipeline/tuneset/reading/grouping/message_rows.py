"""One message a row, with the id of its conversation: tables as databases and help desks export them.

Where all rows of a conversation number their turns, the numbers are the order, else the times at which they were said
are, and without those the rows. Columns that are the same in all of its rows belong to the conversation. A row that was
said aside, such as an internal note, is part of the conversation's rows and none of its messages, and so is one of
another branch, where each row names the one before it. Calls of tools, what was thought and weights go with their
message. Rows with `parts` are messages of the AI SDK, whose shape reads them. A row whose id is empty, or only the name
of a missing value, belongs to no conversation that could be known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuneset.json_text import JsonValue
from tuneset.reading.branches import chosen
from tuneset.reading.grouping.base import Grouping, Record, names_nothing
from tuneset.reading.message_times import by_time
from tuneset.reading.shapes.base import json_of
from tuneset.reading.turn_marks import are_said, with_asides, with_weight
from tuneset.reading.verdicts import may_judge, truth
from tuneset.roles import speaker_role

IDS = (
    "conversation_id", "conversationid", "conv_id", "dialogue_id", "dialog_id", "chat_id", "session_id", "sessionid",
    "chatid", "thread_id", "threadid", "ticket_id", "conversation",
)  # fmt: skip
_SPEAKERS = ("role", "speaker", "from", "sender", "author", "author_role", "sender_type")
_TEXTS = ("content", "text", "message", "value", "utterance", "body")
_PARTS = "parts"
_CARRIED = (
    "tool_calls", "tool_call_id", "function_call", "reasoning_content", "reasoning", "thinking", "refusal",
    *("weight", "loss", "train", "trainable"),
)  # fmt: skip
"""Columns of what a message holds beside its text, which are keys of it then."""
_WEIGHTS = ("weight", "loss", "train", "trainable")
_ORDER = ("turn", "turn_id", "turn_index", "turn_number", "message_index", "position", "seq", "order", "index")


def column(names: Iterable[str], known: Sequence[str]) -> str | None:
    """The column that has one of the known names, in any capitals.

    >>> column(["Text", "Turn"], ("turn",))
    'Turn'
    """
    folded = {name.strip().casefold(): name for name in names}
    return next((folded[name] for name in known if name in folded), None)


def _fits(record: Record) -> bool:
    names = [column(record, known) for known in (IDS, _SPEAKERS, (*_TEXTS, _PARTS))]
    if None in names:
        return False
    of, speaker, text = (record[name] for name in names if name is not None)
    is_text = type(text) in (str, type(None)) if column(record, _TEXTS) else type(json_of(text)) is list
    return type(of) in (str, int) and not names_nothing(str(of)) and type(speaker) is str and is_text


def speaker(record: Record) -> str | None:
    """The role of who speaks in a row; None for one that is not known."""
    return speaker_role(record[column(record, _SPEAKERS) or ""])


def _key(record: Record) -> str | None:
    return str(record[column(record, IDS) or ""]) if _fits(record) else None


def _whole(rows: Sequence[Record]) -> Record | None:
    records = alike(rows, (_SPEAKERS, (*_TEXTS, _PARTS)))
    if records is None:
        return None
    first = records[0]
    names = [*dict.fromkeys(name for record in records for name in record)]
    speaker, parts = column(first, _SPEAKERS) or "", column(first, (_PARTS,)) or ""
    text = column(first, _TEXTS) or parts
    ordered = _ordered(records)
    same = frozenset(name for name in names if is_same(name, ordered))
    of_turns = [name for name in names if name not in (speaker, text, *same) and may_judge([name])]
    shared = {name: common(name, ordered) for name in names if name not in (speaker, text, *of_turns)}
    is_known = all(speaker_role(record[speaker]) is not None for record in ordered)
    carried = [name for name in names if name.strip().casefold() in _CARRIED and is_known and text != parts]
    shared = {name: value for name, value in shared.items() if name not in carried}
    of_all = len(ordered)
    branch = chosen(ordered, {})
    ordered = ordered if branch is None else [ordered[place] for place in branch]
    ordered = [record for record, is_said in zip(ordered, are_said(ordered), strict=True) if is_said]
    shared = with_asides(shared, text, of_all - len(ordered)) or {}
    if text == parts:
        shared.pop(parts, None)
        return {**shared, "messages": [{"role": one[speaker], _PARTS: json_of(one[parts])} for one in ordered]}
    if not is_known:
        turns = [
            {"from": one[speaker], "value": one[text], **{name: one.get(name) for name in of_turns}} for one in ordered
        ]
        return {**shared, "conversations": turns}
    messages = [
        with_weight(
            {"role": speaker_role(record[speaker]), "content": record[text], **_beside(record, carried)},
            {name: value for name, value in record.items() if name not in same},
        )
        for record in ordered
    ]
    return {**shared, "messages": messages}


def _beside(record: Record, carried: Sequence[str]) -> dict[str, JsonValue]:
    """What a message holds beside its text, in the columns that are carried; tables leave empty what is not there.

    >>> _beside({"Reasoning": "Hm.", "tool_calls": "", "weight": "0"}, ["Reasoning", "tool_calls", "weight"])
    {'reasoning': 'Hm.', 'weight': 0}
    """
    held: dict[str, JsonValue] = {}
    for name in carried:
        key, value = name.strip().casefold(), json_of(record.get(name))
        if key in _WEIGHTS:
            said = truth(value)
            value = None if said is None else int(said)
        if value is not None and value not in ("", []):
            held[key] = value
    return held


def alike(records: Sequence[Record], needed: Sequence[Sequence[str]]) -> list[Record] | None:
    """The records, which all have what is needed under the names that the first has; None where one lacks some of it.

    >>> alike([{"text": "?"}, {"content": "!", "id": 7}], [("content", "text")])
    [{'text': '?'}, {'text': '!', 'id': 7}]
    >>> alike([{"text": "?"}, {"id": 7}], [("text",)]) is None
    True
    """
    made = []
    for record in records:
        names = dict.fromkeys(record)
        renamed = {column(names, known): column(records[0], known) for known in needed}
        if None in renamed or None in renamed.values():
            return None
        made.append({renamed.get(name) or name: value for name, value in record.items()})
    return made


def is_same(name: str, records: Sequence[Record]) -> bool:
    """Whether a column holds the same in all rows of a conversation, and so is said of all of it."""
    return all(record.get(name) == records[0].get(name) for record in records)


def common(name: str, records: Sequence[Record]) -> JsonValue:
    """What a column holds in all rows; where they differ all of it, so that nothing is lost unsaid."""
    values = [record.get(name) for record in records]
    return values[0] if all(value == values[0] for value in values) else values


def _ordered(records: Sequence[Record]) -> list[Record]:
    """The rows by their numbers, where each has one of its own; else by their times."""
    name = column(records[0], _ORDER)
    try:
        numbers = [float(record[name]) for record in records] if name else []
    except (KeyError, TypeError, ValueError):
        return by_time(records)
    if len(set(numbers)) < len(records):
        return by_time(records)
    return [record for _, record in sorted(zip(numbers, records, strict=True), key=lambda pair: pair[0])]


MESSAGE_ROWS = Grouping(
    "message_rows",
    _fits,
    _key,
    _whole,
    raw=(
        {"conversation_id": "c1", "turn": 1, "role": "user", "content": "Is it open?"},
        {"conversation_id": "c1", "turn": 2, "role": "assistant", "content": "Yes."},
    ),
)

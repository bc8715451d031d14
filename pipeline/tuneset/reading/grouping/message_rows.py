"""One message a row, with the id of its conversation: tables as databases and help desks export them.

Where all rows of a conversation number their turns, the numbers are the order, else the rows are. Columns that are the
same in all of its rows belong to the conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuneset.json_text import JsonValue
from tuneset.reading.grouping.base import Grouping, Record
from tuneset.roles import speaker_role

IDS = (
    "conversation_id", "conversationid", "conv_id", "dialogue_id", "dialog_id", "chat_id", "session_id", "sessionid",
    "thread_id", "threadid", "ticket_id", "conversation",
)  # fmt: skip
_SPEAKERS = ("role", "speaker", "from", "sender", "author", "author_role", "sender_type")
_TEXTS = ("content", "text", "message", "value", "utterance", "body")
_ORDER = ("turn", "turn_id", "turn_index", "turn_number", "message_index", "position", "seq", "order", "index")


def _column(names: Iterable[str], known: Sequence[str]) -> str | None:
    """The column that has one of the known names, in any capitals.

    >>> _column(["Text", "Turn"], ("turn",))
    'Turn'
    """
    folded = {name.strip().casefold(): name for name in names}
    return next((folded[name] for name in known if name in folded), None)


def _fits(record: Record) -> bool:
    names = [_column(record, known) for known in (IDS, _SPEAKERS, _TEXTS)]
    if None in names:
        return False
    of, speaker, text = (record[name] for name in names if name is not None)
    return type(of) in (str, int) and type(speaker) is str and type(text) in (str, type(None))


def speaker(record: Record) -> str | None:
    """The role of who speaks in a row; None for one that is not known."""
    return speaker_role(record[_column(record, _SPEAKERS) or ""])


def _key(record: Record) -> str | None:
    return str(record[_column(record, IDS) or ""]) if _fits(record) else None


def _whole(records: Sequence[Record]) -> Record:
    first = records[0]
    speaker, text = _column(first, _SPEAKERS) or "", _column(first, _TEXTS) or ""
    ordered = _ordered(records)
    shared = {name: _common(name, ordered) for name in first if name not in (speaker, text)}
    if all(speaker_role(record[speaker]) is not None for record in ordered):
        messages = [{"role": speaker_role(record[speaker]), "content": record[text]} for record in ordered]
        return {**shared, "messages": messages}
    return {**shared, "conversations": [{"from": record[speaker], "value": record[text]} for record in ordered]}


def _common(name: str, records: Sequence[Record]) -> JsonValue:
    """What a column holds in all rows; where they differ all of it, so that nothing is lost unsaid."""
    values = [record.get(name) for record in records]
    return values[0] if all(value == values[0] for value in values) else values


def _ordered(records: Sequence[Record]) -> list[Record]:
    """The rows by their numbers, where each has one of its own; else as they stand."""
    name = _column(records[0], _ORDER)
    try:
        numbers = [float(record[name]) for record in records] if name else []
    except (KeyError, TypeError, ValueError):
        return list(records)
    if len(set(numbers)) < len(records):
        return list(records)
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

"""Rows of a shape of the user's own, by what `ingest.mapping` in params.yaml says of their columns."""

from __future__ import annotations

import difflib
import fnmatch
from collections import abc
from collections.abc import Callable
from functools import partial

from tuneset.errors import UsageError
from tuneset.json_text import JsonValue, shown_key
from tuneset.model import Format
from tuneset.params import FixedText, Mapping, Mappings
from tuneset.reading.message_times import oldest_first
from tuneset.reading.shapes import fields
from tuneset.reading.shapes.base import Message, Record, Shape, Shaped, ShapeError, conversation, messages_of
from tuneset.reading.shapes.companions import tool_of
from tuneset.reading.shapes.fields import Field
from tuneset.reading.shapes.preference_pair import read_chosen_pair
from tuneset.reading.turn_marks import are_said, with_weight
from tuneset.roles import SPEAKERS

_NO_COLUMN_NEAR = "name columns that the raw rows have"


_MESSAGE_KEYS = ("name", "tool_calls", "tool_call_id", "weight", "refusal", "reasoning_content", "reasoning")


def entries(mappings: Mappings) -> list[tuple[str, Mapping]]:
    """The mappings by the name of the shape that each makes: `mapping`, or `mapping 1`, `mapping 2` of a list."""
    if mappings is None:
        return []
    if isinstance(mappings, Mapping):
        return [("mapping", mappings)]
    return [(f"mapping {number}", mapping) for number, mapping in enumerate(mappings, 1)]


def shapes(mappings: Mappings, line_format: Format, source: str | None) -> tuple[Shape, ...]:
    """The shapes of the mappings that a file is read by; with None of all.

    Raises UsageError where one names no column, or not what the line format needs.
    """
    found = []
    for name, mapping in entries(mappings):
        _check(mapping, line_format)
        if source is None or not mapping.files or any(fnmatch.fnmatch(source, pattern) for pattern in mapping.files):
            found.append(_shape(name, mapping, line_format))
    return tuple(found)


def check_use(
    mappings: Mappings, line_format: Format, counts: abc.Mapping[str, int], columns: Callable[[], set[str]]
) -> None:
    """Raise UsageError where a mapping fits no row.

    `counts` are those of ingest; `columns` gives names of the raw data's columns, among which the nearest is advised.
    """
    for name, mapping in entries(mappings):
        if counts.get(f"shape.{name}", 0) + counts.get(f"unread.{name}", 0):
            continue
        known = sorted(columns())
        missing = [
            place
            for field in needed(mapping, line_format)
            for place in fields.places(field)
            if place not in known and place.partition(".")[0] not in known
        ]
        near = [match for place in missing for match in difflib.get_close_matches(place, known, n=1)]
        which = f"ingest.{name}".replace(" ", ", entry ")
        lacking = f": no row has {' and '.join(missing)}" if missing else ""
        raise UsageError(
            f"{which} fits no row{lacking}",
            hint=f"did you mean {' and '.join(map(shown_key, near))}?" if near else _NO_COLUMN_NEAR,
        )


def needed(mapping: Mapping, line_format: Format) -> list[Field]:
    """What a row must have for a mapping to fit it."""
    asked = [mapping.messages] if mapping.messages else [mapping.user]
    answered = {
        "sft": [] if mapping.messages else [mapping.assistant],
        "dpo": [mapping.chosen, mapping.rejected],
        "rft": [],
        "kto": [] if mapping.messages else [mapping.assistant],
    }[line_format]
    return [field for field in (*asked, *answered) if field is not None]


def _check(mapping: Mapping, line_format: Format) -> None:
    if not any(fields.places(field) for field in needed(mapping, line_format)):
        raise UsageError("ingest.mapping names no column", allowed="`messages`, or `user` and `assistant`")
    if line_format == "dpo" and (mapping.chosen is None or mapping.rejected is None):
        raise UsageError(
            "ingest.mapping does not name the two answers of a preference pair",
            hint="name their columns with `chosen` and `rejected`",
        )


def _shape(name: str, mapping: Mapping, line_format: Format) -> Shape:
    wanted = needed(mapping, line_format)

    def fits(record: Record) -> bool:
        return all(fields.has(record, field) for field in wanted)

    read = {"sft": _read_conversation, "dpo": _read_pair, "rft": _read_task, "kto": _read_conversation}[line_format]
    asks = mapping.messages is None
    return Shape(name, line_format, frozenset(), partial(read, mapping=mapping), {}, {}, fits=fits, asks=asks)


def _read_conversation(record: Record, mapping: Mapping) -> Shaped:
    """The row's messages, or its user's and assistant's text."""
    messages = _prompt(record, mapping)
    if mapping.messages is None and mapping.assistant is not None:
        messages.append({"role": "assistant", "content": fields.text(record, mapping.assistant)})
    example = {"messages": messages, **_tools(record, mapping)}
    return example, fields.left_over(record, _used(mapping))


def _read_pair(record: Record, mapping: Mapping) -> Shaped:
    """A preference pair; each answer is a text, a message, or a conversation that ends in the answer."""
    assert mapping.chosen is not None
    assert mapping.rejected is not None
    answers = {
        name: field.text if isinstance(field, FixedText) else _answer(record, field)
        for name, field in (("chosen", mapping.chosen), ("rejected", mapping.rejected))
    }
    example, _ = read_chosen_pair({"prompt": _prompt(record, mapping), **answers}, "prompt")
    example = {**example, "input": {**example["input"], **_tools(record, mapping)}}
    return example, fields.left_over(record, _used(mapping))


def _answer(record: Record, field: str) -> object:
    return fields.value(record, field) if fields.places(field) == [field] else fields.text(record, field)


def _read_task(record: Record, mapping: Mapping) -> Shaped:
    """An rft row: the assistant's text is no turn but a column for the grader, like every other column."""
    asked = mapping.model_copy(update={"assistant": None})
    rest = fields.left_over(record, _used(asked)) or {}
    return {**rest, "messages": _prompt(record, mapping), **_tools(record, mapping)}, None


def _prompt(record: Record, mapping: Mapping) -> list[Message]:
    """The system text, if one is named, and the messages or the user's text."""
    system = ""
    if mapping.system is not None and fields.has(record, mapping.system):
        given = isinstance(mapping.system, str) and fields.places(mapping.system) == [mapping.system]
        empty = given and fields.value(record, str(mapping.system)) is None
        system = "" if empty else fields.text(record, mapping.system)
    if mapping.messages is None:
        asked = [] if mapping.user is None else [("user", fields.text(record, mapping.user))]
        return conversation(system, asked)
    turns = messages_of(fields.value(record, mapping.messages), mapping.messages)
    turns = [turn for turn, is_said in zip(turns, are_said(turns), strict=True) if is_said]
    messages = [_message(turn, number, mapping) for number, turn in enumerate(turns, 1)]
    return [*conversation(system, []), *oldest_first(messages, turns)]


def _tools(record: Record, mapping: Mapping) -> dict[str, object]:
    if mapping.tools is None or not fields.has(record, mapping.tools):
        return {}
    found = fields.value(record, mapping.tools)
    return {"tools": [tool_of(tool) for tool in messages_of(found, mapping.tools)]} if found else {}


def _used(mapping: Mapping) -> list[Field]:
    """What a mapping names."""
    named: list[Field | None] = [mapping.messages, mapping.system, mapping.user, mapping.assistant, mapping.tools]
    named += [mapping.chosen, mapping.rejected]
    return [field for field in named if field is not None]


def _message(turn: Message, number: int, mapping: Mapping) -> Message:
    """A turn with the keys that chat messages have; a role that is in no list stays for `validate` to judge.

    Where roles and texts stand under keys of their own, the turn is no chat message: what else it holds (its date, who
    has read it) is none of a message's keys and stays out.
    """
    if not fields.has(turn, mapping.role_key):
        raise ShapeError(f"{mapping.messages}: message {number} has no key `{mapping.role_key}`")
    speaker = fields.value(turn, mapping.role_key)
    role = mapping.roles.get(speaker, SPEAKERS.get(speaker, speaker)) if type(speaker) is str else speaker
    rest = {key: inner for key, inner in turn.items() if key not in (mapping.role_key, mapping.content_key)}
    content = {"content": _joined(turn[mapping.content_key])} if mapping.content_key in turn else {}
    if mapping.role_key != "role":
        kept = {key: inner for key, inner in rest.items() if key in _MESSAGE_KEYS}
        return with_weight({"role": role, **content, **kept}, rest)
    return {"role": role, **content, **rest}


def _joined(content: JsonValue) -> JsonValue:
    """A text that Telegram gives in pieces, of which links and bold words are objects, as one; else as it is.

    >>> _joined(["see ", {"type": "link", "text": "here"}]), _joined([{"type": "text", "text": "a"}])
    ('see here', [{'type': 'text', 'text': 'a'}])
    """
    if type(content) is not list or not any(type(piece) is str for piece in content):
        return content
    return "".join(piece if type(piece) is str else str(piece.get("text", "")) for piece in content)

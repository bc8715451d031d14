"""A raw row -> the conversation whose last turn asks, or that it is answered already, or why nobody can be asked.

A row is read by the shapes that `ingest` reads. One that lacks its answer, such as `{"question": ...}` or a row with an
empty output, is read as if its answer were there and empty. Nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from tuneset.drop_reasons import NO_PROMPT, UNKNOWN_SHAPE
from tuneset.example_tables import Example
from tuneset.json_text import JsonValue
from tuneset.params import FixedText, Mappings
from tuneset.params import Mapping as ColumnMapping
from tuneset.reading.shapes.base import Message, Record, Shape, Shaped, ShapeError, json_of
from tuneset.reading.shapes.choose import chooser, known_shapes, shapes_of
from tuneset.reading.shapes.companions import read_row
from tuneset.reading.shapes.unknown_row import unknown

ANSWER_COLUMNS = ("completion", "response", "answer", "output", "assistant")
"""Columns of which one is taken to be missing where a row holds a prompt alone."""
_WHO = frozenset({"role", "from", "speaker", "sender", "author", "type", "id", "name"})
"""Keys of a turn that say who speaks, or of what kind it is."""
_ASKING = frozenset({"user", "tool", "function"})
_SAYS = ("tool_calls", "function_call", "refusal", "audio")


class Asked(NamedTuple):
    """A row that asks: its example, whose last message is the question, and the columns that are no part of it."""

    example: Example
    rest: Mapping[str, Any] | None


class Unasked(NamedTuple):
    """A row about which nobody can be asked: a code, and one sentence without values of the row."""

    code: str
    detail: str


Answered = Literal["answered"]
Read = Asked | Answered | Unasked


def reader(mapping: Mappings, source: str) -> Callable[[Record], Read]:
    """What tells of the rows of a file whether they ask. Raises UsageError where a mapping names no column."""
    own = _with_answers(mapping)
    sft, dpo = chooser(known_shapes("sft", own, source)), chooser(shapes_of("dpo"))
    columns = (*_mapped(own), *ANSWER_COLUMNS)

    def read(record: Record) -> Read:
        shape = sft(record)
        fault: Unasked | None = None
        if shape is not None:
            try:
                judged = _judged(read_row(shape, record))
            except ShapeError as error:
                judged = Unasked(error.code, str(error))
            if not isinstance(judged, Unasked):
                return judged
            fault = judged
        elif dpo(record) is not None:
            return Unasked(UNKNOWN_SHAPE, unknown(record, "sft"))
        for filled in (*_filled(record, columns), *_with_turns_filled(record)):
            found = _without_answer(sft(filled), filled)
            if found is not None:
                return found
        return fault or Unasked(UNKNOWN_SHAPE, unknown(record, "sft"))

    return read


def _with_answers(mapping: Mappings) -> Mappings:
    """The mapping with an empty answer where it names none: here that is what the rows are to get."""
    if isinstance(mapping, list):
        return [_with_answer(one) for one in mapping]
    return None if mapping is None else _with_answer(mapping)


def _with_answer(mapping: ColumnMapping) -> ColumnMapping:
    lacks = mapping.user is not None and mapping.assistant is None
    return mapping.model_copy(update={"assistant": FixedText(text="")}) if lacks else mapping


def _mapped(mapping: Mappings) -> list[str]:
    """The columns in which mappings say that answers are."""
    entries = mapping if isinstance(mapping, list) else [mapping]
    return [one.assistant for one in entries if one is not None and isinstance(one.assistant, str)]


def _filled(record: Record, columns: tuple[str, ...]) -> Iterator[Record]:
    """The record with an empty text in each place in turn where its answer may be missing: null first, then absent."""
    empty = [name for name, value in record.items() if value is None]
    for name in (*empty, *(name for name in columns if name not in record)):
        yield {**record, name: ""}


def _with_turns_filled(record: Record) -> Iterator[Record]:
    """The record with a last turn that says nothing as an empty one, and without it.

    >>> list(_with_turns_filled({"turns": [{"speaker": "a", "text": "?"}, {"speaker": "b", "text": None}]}))[1]
    {'turns': [{'speaker': 'a', 'text': '?'}]}
    """
    for name, value in record.items():
        turns = json_of(value)
        if type(turns) is list and turns and type(turns[-1]) is dict and _is_mute(turns[-1]):
            yield {**record, name: [*turns[:-1], _without_nulls(turns[-1])]}
            yield {**record, name: turns[:-1]}


def _is_mute(turn: JsonValue) -> bool:
    """Whether nothing is said in a turn; who speaks is no text.

    >>> _is_mute({"role": "assistant", "content": [{"text": None}]}), _is_mute({"from": "gpt", "value": "So."})
    (True, False)
    """
    if type(turn) is dict:
        return all(name.casefold() in _WHO or _is_mute(value) for name, value in turn.items())
    if type(turn) is list:
        return all(map(_is_mute, turn))
    return not turn.strip() if type(turn) is str else True


def _without_nulls(value: JsonValue) -> JsonValue:
    """A value with an empty text in the place of every null."""
    if type(value) is dict:
        return {name: _without_nulls(inner) for name, inner in value.items()}
    if type(value) is list:
        return [_without_nulls(inner) for inner in value]
    return "" if value is None else value


def _without_answer(shape: Shape | None, filled: Record) -> Asked | None:
    """The row as its shape reads it with an empty answer, or without that turn, where it then asks."""
    if shape is None:
        return None
    try:
        found = _judged(read_row(shape, filled))
    except ShapeError:
        return None
    return found if isinstance(found, Asked) else None


def _judged(shaped: Shaped) -> Read:
    """Whether an example asks; answers at its end that say nothing are none."""
    example, rest = shaped
    messages: list[Message] = list(example["messages"])
    while messages and messages[-1].get("role") == "assistant":
        if _says(messages[-1]):
            return "answered"
        messages.pop()
    last = messages[-1] if messages else {}
    if last.get("role") not in _ASKING:
        return Unasked(NO_PROMPT, "no message of a user stands at its end")
    if not _says(last):
        return Unasked(NO_PROMPT, "the message at its end is empty")
    return Asked({**example, "messages": messages}, rest)


def _says(message: Message) -> bool:
    """Whether a message says or calls anything.

    >>> _says({"role": "user", "content": " "}), _says({"role": "assistant", "content": None, "tool_calls": [{}]})
    (False, True)
    """
    content = message.get("content")
    if isinstance(content, list):
        content = [part for part in content if not _is_empty_part(part)]
    told = (content, *(message.get(key) for key in _SAYS))
    return any(value.strip() if isinstance(value, str) else value for value in told)


def _is_empty_part(part: JsonValue) -> bool:
    """Whether a part of a message is a text that says nothing.

    >>> _is_empty_part({"type": "text", "text": ""}), _is_empty_part({"type": "image_url"})
    (True, False)
    """
    if type(part) is not dict:
        return not part
    return part.get("type", "text") == "text" and not str(part.get("text") or "").strip()

"""Rows within a JSON value: what is one row, what is only a wrapping around rows, and which rows it holds.

An envelope is an object that is no row by itself and holds a list of rows somewhere: `{"data": [...], "page": 1}`,
splits side by side, lists within lists. All its lists of objects are read, at any depth; which key they have is not
asked. Whether an object is a row, the shapes say. An object in which no list holds a row is left as it is: its reject
then names its own keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.containers.base import Takes
from tuneset.reading.containers.json_value import check_value, decode_value
from tuneset.reading.containers.key_verdicts import key_marks, marked
from tuneset.reading.containers.relaxed_json import skip_between
from tuneset.reading.containers.sides_of_a_row import are_parts, are_sides
from tuneset.reading.prose import is_prose
from tuneset.reading.records import RawReject, Records
from tuneset.reading.shapes import pydantic_ai, semantic_kernel_net
from tuneset.reading.shapes.chatbot_pairs import are_pairs
from tuneset.reading.shapes.langchain import is_langchain

MAX_LEVELS = 8
"""How deep a row may lie in envelopes. Ours: exports of services have one to four levels."""

_CONTENT_KEYS = ("content", "tool_calls", "text", "parts", "value", "blocks")
_CONVERSATION_IDS = ("conversation_id", "session_id", "thread_id", "dialogue_id", "chat_id")
_WHOLE_ROWS = ("messages", "conversations")


def is_message(value: JsonValue) -> bool:
    """Whether a value looks like one message of a conversation, and not like a row.

    >>> is_message({"role": "user", "content": "?"}), is_message({"from": "me", "value": "?"}), is_message({"role": 1})
    (True, True, False)
    """
    if type(value) is not dict or not value.keys().isdisjoint(_WHOLE_ROWS):
        return False
    if pydantic_ai.is_own(value) or semantic_kernel_net.is_own(value):
        return True
    if type(value.get("role")) is str:
        return not value.keys().isdisjoint(_CONTENT_KEYS)
    if type(value.get("from")) is str:
        return "value" in value
    return ("data" in value or "kwargs" in value) and is_langchain(value)


def is_conversation(value: JsonValue) -> bool:
    """Whether a value is a bare list of messages, and not one of rows that name different conversations."""
    if type(value) is not list or not value or not all(is_message(message) for message in value):
        return False
    return all(len({str(message.get(key)) for message in value}) == 1 for key in _CONVERSATION_IDS)


def as_row(conversation: list[Any]) -> dict[str, Any]:
    """The row that a bare list of messages, or of pairs, stands for."""
    if type(conversation[0]) is list:
        return {"history": conversation}
    return {"conversations" if "from" in conversation[0] else "messages": conversation}


def holds_rows(value: JsonValue, takes: Takes, levels: int = MAX_LEVELS) -> bool:
    """Whether some list in an object or list holds a row, or the object is nothing but rows by name."""
    if levels == 0:
        return False
    if type(value) is list:
        return any(_is_row(inner, takes) or holds_rows(inner, takes, levels - 1) for inner in value)
    if type(value) is not dict:
        return False
    return is_rows_by_name(value, takes) or any(holds_rows(inner, takes, levels - 1) for inner in value.values())


def _is_row(value: JsonValue, takes: Takes) -> bool:
    return (type(value) is dict and (takes(value) or is_numbered(value, takes))) or is_conversation(value)


def is_numbered(value: dict[str, Any], takes: Takes) -> bool:
    """Whether an object is a row with its number, as the Hugging Face viewer gives it: `{"row_idx": 0, "row": {}}`."""
    return "row_idx" in value and type(value.get("row")) is dict and takes(value["row"])


def row_of(value: dict[str, Any]) -> dict[str, Any]:
    """The row of a numbered one, marked where the viewer cut some of its cells.

    >>> row_of({"row_idx": 0, "row": {"text": "It"}, "truncated_cells": ["text"]})
    {'text': 'It', 'is_truncated': True}
    """
    row: dict[str, Any] = value["row"]
    return {**row, "is_truncated": True} if value.get("truncated_cells") else row


def is_rows_by_name(value: dict[str, Any], takes: Takes) -> bool:
    """Whether an object holds nothing but rows under names of their own: `{"id1": {...}, "id2": {...}}`.

    A request and its response are two parts of one row, whatever each looks like; so are a good and a bad answer.
    """
    only_rows = bool(value) and all(type(inner) is dict and takes(inner) for inner in value.values())
    return (only_rows or _is_conversations_by_name(value)) and not are_parts(value)


def _is_conversations_by_name(value: dict[str, Any]) -> bool:
    """Whether an object holds nothing but conversations under names of their own, as stores of chats do.

    >>> said = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
    >>> _is_conversations_by_name({"ann": said}), _is_conversations_by_name({"good": said, "bad": said})
    (True, False)
    """
    if not value or not all(is_conversation(inner) for inner in value.values()):
        return False
    return not are_sides(value)


def about_one_text(value: JsonValue, takes: Takes) -> list[JsonValue] | None:
    """The rows of an object that has questions about one text, each with that text, as SQuAD has them; None of another.

    >>> about_one_text({"context": "Rome.", "qas": [{"q": 1}]}, lambda row: "q" in row)
    [{'context': 'Rome.', 'q': 1}]
    """
    if type(value) is not dict or type(value.get("context")) is not str or type(value.get("qas")) is not list:
        return None
    asked = [{"context": value["context"], **each} if type(each) is dict else each for each in value["qas"]]
    return asked if any(type(each) is dict and takes(each) for each in asked) else None


def rows_of(value: JsonValue, takes: Takes, beside: dict[str, int]) -> Iterator[JsonValue]:
    """Yield the rows of a value in order, and what stands in the place of a row and is none.

    `beside` counts the texts that stand beside the rows in an envelope, by their key.

    >>> data = {"page": 1, "data": [{"q": 1}, [{"q": 2}]], "more": {"data": [{"q": 3}]}}
    >>> list(rows_of(data, lambda row: "q" in row, {}))
    [{'q': 1}, {'q': 2}, {'q': 3}]
    """
    if type(value) is list:
        if is_conversation(value):
            yield as_row(value)
        elif any(type(inner) in (dict, list) for inner in value):
            for inner in value:
                yield from [as_row(inner)] if are_pairs(inner) else rows_of(inner, takes, beside)
        else:
            yield value
    elif type(value) is not dict or takes(value):
        yield value
    elif is_numbered(value, takes):
        yield row_of(value)
    elif is_rows_by_name(value, takes):
        marks = key_marks(value, by_name=True)
        for name, inner in value.items():
            yield marked(as_row(inner) if type(inner) is list else inner, marks.get(name))
    elif (asked := about_one_text(value, takes)) is not None:
        yield from asked
    elif holds_rows(value, takes):
        yield from _members(value, takes, beside)
    else:
        yield value


def _members(envelope: dict[str, Any], takes: Takes, beside: dict[str, int]) -> Iterator[JsonValue]:
    """The rows in an envelope: in all its lists of objects, and in the objects in it that are envelopes themselves."""
    marks = key_marks(envelope)
    for key, inner in envelope.items():
        lists_rows = type(inner) is list and any(type(single) in (dict, list) for single in inner)
        if lists_rows or (type(inner) is dict and holds_rows(inner, takes)):
            yield from (marked(row, marks.get(key)) for row in rows_of(inner, takes, beside))
        elif is_prose(inner):
            beside[key] = beside.get(key, 0) + 1


def table_rows(value: JsonValue, takes: Takes) -> list[dict[str, Any]] | None:
    """The rows of a table that a data frame wrote as one value by columns; None where the value is none.

    pandas writes `{"question": {"0": "a", "1": "b"}}`, with `orient="list"` `{"question": ["a", "b"]}`, and with
    `orient="split"` `{"columns": [...], "data": [[...], ...]}`.

    >>> table_rows({"q": {"0": "a", "1": "b"}}, lambda row: "q" in row)
    [{'q': 'a'}, {'q': 'b'}]
    """
    if type(value) is not dict or not value:
        return None
    rows = _by_split(value) or _by_columns(value)
    if not rows or not takes(rows[0]) or any(type(rows[0].get(key)) is dict for key in _WHOLE_ROWS):
        return None
    return rows


def _by_split(value: dict[str, Any]) -> list[dict[str, Any]]:
    columns, data = value.get("columns"), value.get("data")
    if type(columns) is not list or type(data) is not list or any(type(name) is not str for name in columns):
        return []
    if any(type(cells) is not list or len(cells) != len(columns) for cells in data):
        return []
    return [dict(zip(columns, cells, strict=True)) for cells in data]


def _by_columns(value: dict[str, Any]) -> list[dict[str, Any]]:
    first = next(iter(value.values()))
    if is_message(first):  # a prompt and its completion, each a message
        return []
    if type(first) is dict and all(type(column) is dict and column.keys() == first.keys() for column in value.values()):
        return [{name: column[index] for name, column in value.items()} for index in first]
    of_text = any(type(column) is list and column and type(column[0]) is str for column in value.values())
    if of_text and all(type(column) is list and len(column) == len(first) for column in value.values()):
        return [dict(zip(value, cells, strict=True)) for cells in zip(*value.values(), strict=True)]
    return []


def begins_envelope(text: str, position: int, takes: Takes, levels: int = MAX_LEVELS) -> bool:
    """Whether the object or list at a position, which cannot be read whole, begins as one that wraps rows does.

    Looks as far as values can be read: at the first row, or at what breaks off before it.

    >>> begins_envelope('{"page": 1, "data": [{"q": 1}, {"q": ', 0, lambda row: "q" in row)
    True
    """
    if levels == 0:
        return False
    in_object = text[position] == "{"
    position = skip_between(text, position + 1)
    while position < len(text) and text[position] not in "]}":
        try:
            if in_object:
                _, position = decode_value(text, position)
                position = skip_between(text, skip_between(text, position) + 1)  # past the colon
            value, end = decode_value(text, position)
        except (ValueError, RecursionError):
            breaks_off = text[position : position + 1] in ("[", "{")
            return breaks_off and begins_envelope(text, position, takes, levels - 1)
        if (_is_row(value, takes) and not in_object) or holds_rows(value, takes, levels - 1):
            return True
        position = skip_between(text, end)
    return False


def unwrapped(records: Records, takes: Takes, *, sole: bool) -> Records:
    """The records of whole lines with the rows of envelopes in their place; the items of such a line count anew.

    `sole` says that the only record may be all that its file holds, and so a table by columns.
    """
    table = table_rows(records.values[0], takes) if sole and records.values and records.rows == 1 else None
    opened = {0: list[JsonValue](table)} if table is not None else _envelopes(records, takes)
    if not opened:
        return records
    return _expanded(records, opened)


def _envelopes(records: Records, takes: Takes) -> dict[int, list[JsonValue]]:
    """What the envelopes among the records hold, by their place."""
    opened: dict[int, list[JsonValue]] = {}
    for place, value in enumerate(records.values):
        if not takes(value):
            rows = list(rows_of(value, takes, records.beside))
            if len(rows) != 1 or rows[0] is not value:
                opened[place] = rows
    return opened


def _expanded(records: Records, opened: dict[int, list[JsonValue]]) -> Records:
    found = [(line, item, place) for place, (line, item) in enumerate(zip(records.lines, records.items, strict=True))]
    met: list[tuple[int, int, int | RawReject]] = [*found, *((each.line, each.item, each) for each in records.rejects)]
    grown = Records(beside=records.beside)
    line, item = 0, 0
    for at, _, what in sorted(met, key=lambda each: each[:2]):
        line, item = (line, item) if at == line else (at, 0)
        if isinstance(what, RawReject):
            grown.rejects.append(what._replace(item=item))
            item += 1
            continue
        for row in opened.get(what, [records.values[what]]):
            reject = check_value(row) if what in opened else None
            if reject is None:
                grown.add(line, item, row)
            else:
                grown.rejects.append(RawReject(line, item, *reject))
            item += 1
    return grown

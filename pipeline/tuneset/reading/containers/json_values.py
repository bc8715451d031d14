"""JSON that is not one value a line: arrays, envelopes, indented JSON, values one after another.

Read as a stream, row by row, each with the physical line on which it starts. What wraps rows is entered and what is
a row is taken whole (`envelopes.py` says which is which), however deep it lies and whatever its key. A broken row is
rejected, and reading goes on at the next place that opens as it did: with the same first key, or with a brace on a
line of the same indent; the reject says where. Everything else in the place of a row is rejected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from tuneset.json_text import JsonValue
from tuneset.reading import decode
from tuneset.reading.containers.base import Container, Shard, Takes
from tuneset.reading.containers.envelopes import (
    MAX_LEVELS,
    about_one_text,
    as_row,
    begins_envelope,
    holds_rows,
    is_conversation,
    is_message,
    is_numbered,
    is_rows_by_name,
    row_of,
    table_rows,
)
from tuneset.reading.containers.json_beginning import is_json_values
from tuneset.reading.containers.json_value import check_value, decode_value
from tuneset.reading.containers.key_verdicts import Mark, key_mark, key_marks, marked
from tuneset.reading.containers.relaxed_json import skip_between
from tuneset.reading.containers.repeated_keys import repeated
from tuneset.reading.containers.text_window import TextWindow, TooLongError
from tuneset.reading.prose import is_prose
from tuneset.reading.records import RawReject, Records, Row, in_batches
from tuneset.reading.shapes.chatbot_pairs import are_pairs

TAKEN_WHOLE = 16 << 20
"""Characters. A longer object or list is entered where it begins as an envelope does. Ours: as much as a shard."""

_BROKEN_BYTE = re.compile("[\udc80-\udcff]")  # how `surrogateescape` shows a byte that is no UTF-8
_CLOSES = {"list": "]", "envelope": "}", "names": "}"}

Opened = Literal["list", "envelope", "names"]
"""What has been entered: a list of rows, an object that holds lists of rows, or one whose members are rows."""


class _Reader:
    """Walks through a text and yields its rows; `takes` says which objects are rows, None that all are."""

    def __init__(self, pieces: Iterable[bytes], takes: Takes | None, beside: dict[str, int]) -> None:
        self.text = TextWindow(pieces)
        self.unwraps = takes is not None
        self.takes: Takes = takes or bool
        self.beside = beside
        self.opened: list[Opened] = []
        self.marks: dict[int, dict[str, Mark] | None] = {}  # by level: what the keys say; None where not all are known
        self.said: Mark | None = None  # by the key of the value that is read
        self.under: tuple[int, Mark | None] = (0, None)  # by a key around it, and from which level on
        self.line, self.item = 0, -1

    def rows(self) -> Iterator[Row | RawReject]:
        """Every row in order, or why it could not be read."""
        text = self.text
        sole = True
        while mark := text.next_mark():
            if mark in ("]", "}"):
                yield from self._close(mark)
            elif self.opened and self.opened[-1] != "list":
                yield from self._member()
            elif mark == "[" and self._is_entered():
                self._enter()
            else:
                yield from self._value(sole=sole)
            sole = False

    def _close(self, mark: str) -> Iterator[RawReject]:
        """Leave what the bracket closes; one that closes nothing is told."""
        while self.opened and _CLOSES[self.opened[-1]] != mark and mark in map(_CLOSES.get, self.opened):
            self.opened.pop()  # a broken row was passed over, and with it the end of what had been entered
        if self.opened and _CLOSES[self.opened[-1]] == mark:
            self.opened.pop()
        else:
            line, item = self._place(self.text.line)
            yield RawReject(line, item, "JSN001", "invalid JSON: a closing bracket without an opening one")
        self.text.move(self.text.position + 1)

    def _member(self) -> Iterator[Row | RawReject]:
        """A key of an entered object and its value."""
        text = self.text
        if text.text[text.position] != '"':
            self.opened.clear()  # a broken row was passed over, and with it the end of what had been entered
            return
        try:
            key, _ = text.take_value()
            marks = self.marks.get(len(self.opened))
            self.said = key_mark(str(key)) if marks is None else marks.get(str(key))
            if text.next_mark() == ":":
                text.move(text.position + 1)
            mark = text.next_mark()
            if (mark == "{" and self.opened[-1] == "names") or (mark == "[" and self._begins_with_message()):
                yield from self._value(sole=False)
            elif mark in ("[", "{"):
                self._enter_or_pass(str(key))
            else:
                self._pass(str(key))
        except (ValueError, RecursionError) as error:
            yield self._broken(error)
        self.said = None

    def _enter_or_pass(self, key: str) -> None:
        """Enter a list of objects, or an object that holds rows; pass over what holds none."""
        text = self.text
        if text.text[text.position] == "[" and self._first_inside() in ("{", "["):
            self._enter()
            return
        try:
            value, raw = text.take_value(TAKEN_WHOLE)
        except ValueError:
            if not begins_envelope(text.text, text.position, self.takes):
                raise
            self._enter()
            return
        if self._wraps(value):
            text.back(raw)
            self._enter(value)
        elif is_prose(value):
            self.beside[key] = self.beside.get(key, 0) + 1

    def _pass(self, key: str) -> None:
        value, _ = self.text.take_value()
        if is_prose(value):
            self.beside[key] = self.beside.get(key, 0) + 1

    def _wraps(self, value: JsonValue) -> bool:
        """Whether a value, which is no row, holds rows."""
        if type(value) is list:
            return any(type(inner) in (dict, list) for inner in value)
        return holds_rows(value, self.takes)

    def _enter(self, value: JsonValue = None) -> None:
        opened: Opened = "list" if self.text.text[self.text.position] == "[" else "envelope"
        if type(value) is dict and is_rows_by_name(value, self.takes):
            opened = "names"
        said = self._mark() or self.said
        self.opened.append(opened)
        self.marks[len(self.opened)] = key_marks(value, by_name=opened == "names") if type(value) is dict else None
        if self.under[1] is None:
            self.under = (len(self.opened), said)
        self.text.move(self.text.position + 1)

    def _mark(self) -> Mark | None:
        """What a key around the position says of the rows under it; the outermost that says something counts."""
        if len(self.opened) < self.under[0]:
            self.under = (0, None)
        return self.under[1]

    def _first_inside(self) -> str:
        """The first character in the list at the position that says something."""
        text = self.text
        while (place := skip_between(text.text, text.position + 1)) >= len(text.text) - 1 and not text.ended:
            text.fill()
        return text.text[place : place + 1]

    def _is_entered(self) -> bool:
        """Whether the list at the position is a list of rows, and not a row itself or what can be none."""
        if not self.opened and not self.unwraps:
            return True
        if len(self.opened) >= MAX_LEVELS or not self.unwraps:
            return False
        first = self._first_inside()
        if first == "{":
            return not self._begins_with_message()
        return (first == "[" and not (self.opened and are_pairs(self._looked_at()))) or not self.opened

    def _begins_with_message(self) -> bool:
        """Whether the first object in the list at the position is a message, as far as it can be read."""
        return is_message(self._looked_at(1))

    def _looked_at(self, past: int = 0) -> JsonValue:
        """The value at the position, or so many characters past it, as far as it can be read; else None."""
        text = self.text
        while True:
            try:
                value, _ = decode_value(text.text, skip_between(text.text, text.position + past))
            except (ValueError, RecursionError):
                if text.ended or len(text.text) - text.position > TAKEN_WHOLE:
                    return None
                text.fill()
            else:
                return value

    def _value(self, *, sole: bool) -> Iterator[Row | RawReject]:
        """A value in the place of a row: a row, an envelope that is entered, or why it is none."""
        text, line = self.text, self.text.line
        try:
            value, raw = self._taken()
        except (ValueError, RecursionError) as error:
            if self._is_broken_envelope():
                self._enter()
            else:
                yield self._broken(error)
            return
        if not self.unwraps:
            yield self._row(line, value, raw)
        elif type(value) is list and (is_conversation(value) or (self.opened and are_pairs(value))):
            yield self._row(line, as_row(value), raw)
        elif type(value) is list and self._wraps(value) and len(self.opened) < MAX_LEVELS:
            text.back(raw)
            self._enter()
        elif sole and (table := table_rows(value, self.takes)) is not None and not text.next_mark():
            yield from self._rows(line, table, value, raw)
        elif type(value) is not dict or self.takes(value):
            yield self._row(line, value, raw)
        elif is_numbered(value, self.takes):
            yield self._row(line, row_of(value), raw)
        elif (asked := about_one_text(value, self.takes)) is not None:
            yield from self._rows(line, asked, value, raw)
        elif holds_rows(value, self.takes):
            text.back(raw)
            self._enter(value)
        else:
            yield self._row(line, value, raw)

    def _taken(self) -> tuple[JsonValue, str]:
        """The value at the position, unless it is so long that it is better entered."""
        try:
            return self.text.take_value(TAKEN_WHOLE)
        except TooLongError:
            if self._is_broken_envelope():
                raise
            return self.text.take_value()

    def _is_broken_envelope(self) -> bool:
        """Whether what cannot be taken whole at the position begins as an envelope does."""
        text = self.text
        enters = self.unwraps and len(self.opened) < MAX_LEVELS and text.text[text.position] in ("{", "[")
        return enters and begins_envelope(text.text, text.position, self.takes)

    def _place(self, line: int) -> tuple[int, int]:
        """The place of the next row that starts on a line."""
        self.item = self.item + 1 if line == self.line else 0
        self.line = line
        return line, self.item

    def _rows(self, line: int, rows: Iterable[JsonValue], value: JsonValue, raw: str) -> Iterator[Row | RawReject]:
        """The rows that one value holds, which is no row itself."""
        if (told := repeated(raw, value)) is not None:
            yield RawReject(*self._place(line), *told)
            return
        for row in rows:
            yield self._row(line, row, raw, is_whole=False)

    def _row(self, line: int, value: JsonValue, raw: str, *, is_whole: bool = True) -> Row | RawReject:
        reject = _check(value, raw) or (repeated(raw, value) if is_whole else None)
        line, item = self._place(line)
        if reject:
            return RawReject(line, item, *reject)
        mark = self._mark() or self.said if self.opened else None
        return line, item, marked(value, mark), len(raw)

    def _broken(self, error: Exception) -> RawReject:
        """Why the value at the position cannot be read, and where reading goes on."""
        line, item = self._place(self.text.line)
        code, detail = self.text.explain(error)
        where = self.text.skip_broken(error)
        return RawReject(line, item, code, f"{detail}; {where}" if where else detail)


def read_values(
    pieces: Iterable[bytes], takes: Takes | None = None, beside: dict[str, int] | None = None
) -> Iterator[Row | RawReject]:
    """Yield every row of the text, in order, or why it could not be read.

    `takes` tells rows from envelopes; without it every object is a row. `beside` gets the texts that stand beside the
    rows in envelopes, counted by key.
    """
    return _Reader(pieces, takes, {} if beside is None else beside).rows()


def _check(value: JsonValue, raw: str) -> tuple[str, str] | None:
    if not raw.isascii() and _BROKEN_BYTE.search(raw):
        return "FIL002", "the row holds bytes that are not UTF-8"
    if type(value) is dict and "\\u" not in raw:
        return None  # nothing that a check could find: a lone surrogate needs an escape
    return check_value(value)


def _read(shard: Shard, takes: Takes) -> Iterator[Records]:
    beside: dict[str, int] = {}
    for records in in_batches(read_values(decode.text_pieces(shard.path, shard.content), takes, beside)):
        records.beside.update(beside)
        beside.clear()
        yield records


JSON_VALUES = Container("json", "JSON", is_json_values, _read, b'[{"question": "?", "answer": "!"}]\n')

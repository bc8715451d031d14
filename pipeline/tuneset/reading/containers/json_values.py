"""JSON that is not one value a line: an array of records, indented JSON, or values one after another.

Read as a stream, record by record, each with the physical line on which it starts. A broken record is rejected and
reading goes on at the next place that opens as it did: with the same first key, or with a brace on a line of the same
indent. A list within the array, and everything else that is no object, is rejected.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import re
from collections.abc import Iterable, Iterator

import orjson

from tuneset.json_text import JsonValue
from tuneset.reading import decode
from tuneset.reading.containers.base import Container, Head, Shard
from tuneset.reading.containers.jsonl import MAX_LINE_BYTES, check_value, decode_value, explain
from tuneset.reading.records import RawReject, Records, Row, in_batches

_WRAPPED = re.compile(rb'\s*\{\s*"data"\s*:\s*\[\s*\{')
"""The start of `{"data": [{...}]}`, a list of records in an envelope."""

_BROKEN_BYTE = re.compile("[\udc80-\udcff]")  # how `surrogateescape` shows a byte that is no UTF-8
_SPACE_AND_COMMAS = re.compile(r"[\s,\x1e\ufeff]*")
_FIRST_KEY = re.compile(r'\{\s*"[^"\\]+"\s*:')
_LONGEST_OPENING = 256  # characters
_ENVELOPE = 256  # characters at the start in which `{"data": [{` is looked for
_LONGEST_TOKEN = 16  # characters; -Infinity is the longest that can be cut by the end of a buffer, but for strings


def read_values(pieces: Iterable[bytes]) -> Iterator[Row | RawReject]:
    """Yield every record of the text, in order, or why it could not be read."""
    text = _Text(pieces)
    text.fill()
    wrapped = _WRAPPED.match(text.text[:_ENVELOPE].encode("utf-8", "surrogateescape"))
    if wrapped:
        text.move(wrapped.end() - 1)  # the brace is the first record's
    inside = bool(wrapped)
    item_of_line = _Items()
    while text.skip_space():
        mark = text.text[text.position]
        if mark == "[" and not inside:
            inside = True
            text.move(text.position + 1)
        elif mark == "]" and inside:
            if wrapped:
                return
            inside = False
            text.move(text.position + 1)
        else:
            line = text.line
            item = item_of_line.next(line)
            try:
                value, raw = text.take_value()
            except (ValueError, RecursionError) as error:
                yield RawReject(line, item, *text.explain(error))
                text.skip_broken()
                continue
            reject = _check(value, raw)
            yield RawReject(line, item, *reject) if reject else (line, item, value, len(raw))


def _check(value: JsonValue, raw: str) -> tuple[str, str] | None:
    if not raw.isascii() and _BROKEN_BYTE.search(raw):
        return "FIL002", "the row holds bytes that are not UTF-8"
    if type(value) is dict and "\\u" not in raw:
        return None  # nothing that a check could find: a lone surrogate needs an escape
    return check_value(value)


class _Items:
    """Counts the records that start on the same line."""

    def __init__(self) -> None:
        self.line, self.item = 0, 0

    def next(self, line: int) -> int:
        self.item = self.item + 1 if line == self.line else 0
        self.line = line
        return self.item


class _Text:
    """A window on a text that is read as a stream: what is left of it from the record in hand on.

    Args:
        pieces: the text as UTF-8.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces = iter(pieces)
        self.decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.text, self.position, self.line, self.ended = "", 0, 1, False
        self.columns_gone = 0  # characters of the line at the window's start that have left the window

    def fill(self) -> None:
        """Drop what has been read and take in at least as much as is left."""
        cut = self.text.rfind("\n", 0, self.position)
        self.columns_gone = self.position - cut - 1 if cut >= 0 else self.columns_gone + self.position
        taken = [self.text[self.position :]]
        wanted = len(taken[0]) + 1
        self.position = 0
        while wanted > 0 and not self.ended:
            piece = next(self.pieces, None)
            self.ended = piece is None
            taken.append(self.decoder.decode(piece or b"", final=self.ended))
            wanted -= len(taken[-1])
        self.text = "".join(taken)

    def move(self, position: int) -> None:
        """Go on to a position of the window, counting lines."""
        self.line += self.text.count("\n", self.position, position)
        self.position = position

    def skip_space(self) -> bool:
        """Go on to the next record or bracket; False at the end of the text."""
        while True:
            found = _SPACE_AND_COMMAS.match(self.text, self.position)
            assert found is not None
            self.move(found.end())
            if self.position < len(self.text):
                return True
            if self.ended:
                return False
            self.fill()

    def take_value(self) -> tuple[JsonValue, str]:
        """Read the value at the position and go past it; the value and its text.

        Raises what `decode_value` raises, with the position left where the value starts.
        """
        while True:
            try:
                value, end = decode_value(self.text, self.position)
            except json.JSONDecodeError as error:
                cut_short = error.msg.startswith("Unterminated string") or error.pos > len(self.text) - _LONGEST_TOKEN
                if self.ended or not cut_short or len(self.text) - self.position > MAX_LINE_BYTES:
                    raise
            else:
                if end < len(self.text) or self.ended:
                    raw = self.text[self.position : end]
                    self.move(end)
                    return value, raw
            self.fill()

    def explain(self, error: Exception) -> tuple[str, str]:
        """Code and sentence for a value that could not be read, with line and column in the file."""
        if not isinstance(error, json.JSONDecodeError):
            return explain(error, "")
        code, detail = explain(error, self.text[self.position : error.pos + 1])
        line = self.line + self.text.count("\n", self.position, error.pos)
        cut = self.text.rfind("\n", 0, error.pos)
        column = error.pos - cut if cut >= 0 else self.columns_gone + error.pos + 1
        return code, detail.replace(f"at column {error.colno}", f"at line {line}, column {column}")

    def skip_broken(self) -> None:
        """Go past the broken record at the position: to the next place that opens like it, or to the end."""
        with contextlib.suppress(ValueError, RecursionError):
            _, end = json.JSONDecoder().raw_decode(self.text, self.position)  # NaN is its only fault
            if end < len(self.text) or self.ended:
                self.move(end)
                return
        following = self._opening()
        self.move(self.position + 1)
        while True:
            found = following.search(self.text, self.position)
            if found:
                self.move(self.text.index("{", found.start()))
                return
            if self.ended:
                self.move(len(self.text))
                return
            self.move(max(self.position, len(self.text) - _LONGEST_OPENING))
            self.fill()

    def _opening(self) -> re.Pattern[str]:
        """What the next record will begin with: the same first key, or a brace on a line of its own indent."""
        start = self.text.rfind("\n", 0, self.position) + 1
        before = self.text[start : self.position]
        next_line = "\n" + (before if before.isspace() else "") + r"\{"
        key = _FIRST_KEY.match(self.text, self.position, self.position + _LONGEST_OPENING)
        return re.compile(f"{re.escape(key.group())}|{next_line}" if key else next_line)


def _recognise(head: Head) -> bool:
    """An array, an envelope, or a value that goes on after its first line; one value a line is JSON lines."""
    first = head.lines[0].strip()
    if not head.is_text or first[:1] not in (b"{", b"["):
        return False
    if _WRAPPED.match(head.text):
        return True
    if first[:1] == b"{":
        return not _is_json(first) and _spans_lines(head.text)
    return not (_is_json(first) and len(head.lines) > 1)


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _spans_lines(head: bytes) -> bool:
    r"""Whether the JSON value at the start goes on after the first line, as in indented JSON.

    >>> _spans_lines(b'{\n  "a": 1\n}'), _spans_lines(b'{"a": }\n{"a": 2}'), _spans_lines(b'{\n  "a": [')
    (True, False, True)
    """
    text = head.decode("utf-8", "replace").lstrip()
    first_line = text.index("\n") if "\n" in text else len(text)
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        end = error.pos  # all before it is well-formed
    except RecursionError:
        return False
    return end > first_line


def _read(shard: Shard) -> Iterator[Records]:
    return in_batches(read_values(decode.text_pieces(shard.path, shard.content)))


JSON_VALUES = Container("json", "JSON", _recognise, _read, b'[{"question": "?", "answer": "!"}]\n')

"""A window on a text that is read as a stream, from which JSON values are taken one after another."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable

from tuneset.json_text import JsonValue
from tuneset.reading.containers.json_value import MAX_ROW_BYTES, decode_value, explain
from tuneset.reading.containers.relaxed_json import skip_between, without_comments

_FIRST_KEY = re.compile(r'\{\s*"[^"\\]+"\s*:')
_LONGEST_OPENING = 256  # characters
_LONGEST_TOKEN = 16  # characters; -Infinity is the longest that can be cut by the end of a buffer, but for strings
_RELAXED_AT_FIRST = 4096  # characters of a value that are looked at for comments, before more are


class TooLongError(ValueError):
    """A value is longer than is taken at once."""


class TextWindow:
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

    def skip_between(self) -> bool:
        """Go on past white space, commas and comments to the next value or bracket; False at the end of the text."""
        while True:
            self.move(skip_between(self.text, self.position))
            whole_comment = not self.text.startswith(("/", "/*"), self.position) or self.ended
            if self.position < len(self.text) and whole_comment:
                return True
            if self.ended:
                return False
            self.fill()

    def next_mark(self) -> str:
        """The character at the position, read in where it has not been; empty at the end of the text."""
        return self.text[self.position] if self.skip_between() else ""

    def take_value(self, most: int = MAX_ROW_BYTES) -> tuple[JsonValue, str]:
        """Read the value at the position and go past it; the value and its text.

        Raises what `decode_value` raises, with the position left where the value starts, and TooLongError where more
        than `most` characters do not hold it.
        """
        while True:
            try:
                value, end = decode_value(self.text, self.position)
            except json.JSONDecodeError as error:
                cut_short = _is_cut_short(error)
                if self.ended or not cut_short:
                    relaxed = self._relaxed()
                    if relaxed is None:
                        raise
                    value, end = relaxed
                    if end < len(self.text) or self.ended:
                        return value, self._take(end)
                elif len(self.text) - self.position > most:
                    raise TooLongError from error
            else:
                if end < len(self.text) or self.ended:
                    return value, self._take(end)
            self.fill()

    def _relaxed(self) -> tuple[JsonValue, int] | None:
        """The value at the position with comments and needless commas left out, and its end; None where that fails."""
        size = _RELAXED_AT_FIRST
        while True:
            text = without_comments(self.text[self.position : self.position + size])
            try:
                value, end = decode_value(text, 0)
            except json.JSONDecodeError as error:
                cut_short = _is_cut_short(error)
                if not cut_short or self.position + size >= len(self.text):
                    return None
            except (ValueError, RecursionError):
                return None
            else:
                return value, self.position + end
            size *= 8

    def _take(self, end: int) -> str:
        raw = self.text[self.position : end]
        self.move(end)
        return raw

    def back(self, raw: str) -> None:
        """Go back before what was taken last."""
        self.position -= len(raw)
        self.line -= raw.count("\n")

    def explain(self, error: Exception) -> tuple[str, str]:
        """Code and sentence for a value that could not be read, with line and column in the file."""
        if isinstance(error, TooLongError):
            return "FIL005", f"the row is longer than {MAX_ROW_BYTES:,} characters"
        if not isinstance(error, json.JSONDecodeError):
            return explain(error, "")
        code, detail = explain(error, self.text[self.position : error.pos + 1])
        line = self.line + self.text.count("\n", self.position, error.pos)
        column = self._column(error.pos)
        return code, detail.replace(f"at column {error.colno}", f"at line {line}, column {column}")

    def skip_broken(self, error: Exception) -> str:
        """Go past the broken record at the position: to the next place that opens like it, or to the end.

        Returns where reading goes on, in words: what lies between is not read. Nothing where its end is certain.
        """
        only_a_number = not isinstance(error, json.JSONDecodeError | RecursionError | TooLongError)
        if only_a_number and self._go_past_value():
            return ""
        self._go_to_opening()
        if self.position >= len(self.text):
            return "what follows is not read"
        return f"reading goes on at line {self.line}, column {self._column(self.position)}"

    def _column(self, position: int) -> int:
        """The column of a position in its physical line, from 1."""
        cut = self.text.rfind("\n", 0, position)
        return position - cut if cut >= 0 else self.columns_gone + position + 1

    def _go_past_value(self) -> bool:
        """Go past a value whose only fault is a number that JSON does not have."""
        while True:
            try:
                _, end = json.JSONDecoder().raw_decode(self.text, self.position)
            except json.JSONDecodeError as error:
                cut_short = _is_cut_short(error)
                if self.ended or not cut_short or len(self.text) - self.position > MAX_ROW_BYTES:
                    return False
            except (ValueError, RecursionError):
                return False
            else:
                if end < len(self.text) or self.ended:
                    self.move(end)
                    return True
            self.fill()

    def _go_to_opening(self) -> None:
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


def _is_cut_short(error: json.JSONDecodeError) -> bool:
    """Whether more text may make a value of what is none, since its end stands where the text ends.

    That a string has no end is told by the parser's words alone: where it begins may be anywhere.

    >>> told = []
    >>> for text in ('{"a": "b', '{"a": tr', '{"a" "b", "c": "d and more"}'):
    ...     try:
    ...         json.loads(text)
    ...     except json.JSONDecodeError as error:
    ...         told.append(_is_cut_short(error))
    >>> told
    [True, True, False]
    """
    return error.msg.startswith("Unterminated string") or error.pos > len(error.doc) - _LONGEST_TOKEN

r"""Control characters and invisible marks: what no one sees and no model should learn, without loss of what it meant.

A form feed or vertical tab is a break and becomes one; what terminals were sent is written as they show it
(`terminal.py`), marks without meaning go (`invisible.py`). Any other control character that strayed into a text goes,
where no two words become one. Where it is data it stays: in a table of characters, serialised bytes, a message that
it divides into fields, in quotes, or as a word of its own such as a key of an editor's macro.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from tuneset.cleaning.repair.affected_texts import CLOSING, OPENING, WHITE_SPACE, ends_in_breaks, narrowed, not_ascii
from tuneset.cleaning.repair.invisible import without_marks
from tuneset.cleaning.repair.terminal import as_shown, without_chat_colours

CONTROL_CHARACTERS = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ufeff\u200b]"
"""C0 and C1 controls but for tab and the ends of lines, and the invisible U+FEFF and U+200B."""
_TEXTS_AT_ONCE = 2048  # few enough for their bytes to stay in a core's cache, and for memory that is used again

_STRAY = (
    "\x01-\x07\x0e-\x1a\x1c-\x1f\x7f"  # inside brackets; NUL has rules of its own, ESC and backspace are for terminals
)
_OF_DATA = re.compile("[\x01-\x06\x08\x0e-\x19\x1b-\x1f\x7f-\x9f\u2028\u2029]")
_NO_CHARACTER = re.compile("[\ufdd0-\ufdef\ufffe\uffff]|\x0b\x0c|\x0c\x0b")
_LATIN_1 = frozenset(map(chr, range(0x80, 0xA0)))
_KINDS_OF_A_TABLE = 3
_NO_ACCIDENT = 2
"""So many control characters did not stray into a text."""
_BREAKS = re.compile(r"[\x0b\x0c]+")
_RUN = re.compile(rf"[{_STRAY}]+")
_TWO_BYTES = re.compile(r"(?:[\t\n\r -\xff]\x00){3,}|(?:\x00[\t\n\r -\xff]){3,}")
_SILENT = frozenset("\x02\x07\x0e\x0f\x7f")
"""Hyphens of PDF, a bell, shifts of the alphabet, a rub-out: they divide nothing."""


def remove_control_characters(texts: pl.Series) -> pl.Series:
    """Control characters that say nothing go; breaks become breaks, and what is data stays."""
    suspects = narrowed(texts, _holds_ascii_controls(texts) | not_ascii(texts), CONTROL_CHARACTERS)
    places = suspects.fill_null(value=False).arg_true()
    if places.is_empty():
        return texts
    before = texts.gather(places)
    after = pl.Series([without_control_characters(text) for text in before], dtype=pl.String)
    return texts.clone().scatter(places, after) if (before != after).any() else texts


def without_control_characters(text: str) -> str:
    r"""One text without control characters that say nothing; a second call changes nothing.

    >>> [without_control_characters(text) for text in ("a\x0cb", "\x1b[31mred\x1b[0m", "ri\x02ng", "8=FIX\x019=6")]
    ['a\nb', 'red', 'ring', '8=FIX\x019=6']
    """
    while (after := _once(text)) != text:  # each time it has fewer of them
        text = after
    return text


def _once(text: str) -> str:
    text = without_marks(text)
    if _is_table(text):
        return text
    text = without_chat_colours(as_shown(text))
    if len(_OF_DATA.findall(text)) >= _NO_ACCIDENT:
        return _RUN.sub(_kept_in_data, text)
    text = _BREAKS.sub(_line_end, text)
    if "\x00" in text:
        text = _without_nul(text)
    return _RUN.sub(_nothing_or_itself, text)


def _is_table(text: str) -> bool:
    r"""Whether the control characters are those of a table or of bytes that a program wrote.

    >>> _is_table("\x03\x02\x16\x05"), _is_table("\x00 \n\x85\u2028"), _is_table("a\x07b\x07c\x00")
    (True, True, False)
    """
    body = as_shown(text).rstrip("" if ends_in_breaks(text) else WHITE_SPACE)
    kinds = set(_OF_DATA.findall(body)) | ({"\x00"} & set(body))
    return (
        len(kinds) >= _KINDS_OF_A_TABLE
        or (len(kinds) > 1 and bool(kinds & _LATIN_1))
        or _NO_CHARACTER.search(body) is not None
    )


def _line_end(found: re.Match[str]) -> str:
    """What a form feed or vertical tab becomes: a line end, or nothing on a line of its own, which is one then."""
    before, after = _beside(found)
    if _is_quoted(before, after):
        return found.group()
    return "" if not before or not after or before == after == "\n" else "\n"


def _without_nul(text: str) -> str:
    r"""NUL goes out of texts of two bytes a character and out of words; what it ends or divides stays divided.

    >>> [_without_nul(text) for text in ("h\x00i\x00 \x00y\x00o\x00", "A=1\x00B=2\x00", "Par\x00is", "ab\x00cd\x00ef")]
    ['hi yo', 'A=1 B=2', 'Paris', 'ab cd ef']
    """
    text = _TWO_BYTES.sub(lambda found: found.group().replace("\x00", ""), text)
    several = text.strip("\x00").count("\x00") > 1

    def between(found: re.Match[str]) -> str:
        before, after = _beside(found)
        if _is_quoted(before, after):
            return found.group()
        if not before and not after.isascii():  # no string of C, nor of two bytes a character
            return found.group()
        if _is_blank(before) or _is_blank(after):
            return ""
        return "" if not several and _in_a_word(before, after) else " "

    return re.sub("\x00+", between, text)


def _nothing_or_itself(found: re.Match[str]) -> str:
    """What takes the place of a stray control character: nothing, or itself where two words would become one."""
    before, after = _beside(found)
    if _is_quoted(before, after):
        return found.group()
    if _is_blank(before) and _is_blank(after):
        return found.group() if before or after else ""
    if _is_blank(before) or _is_blank(after):
        return ""
    return "" if set(found.group()) <= _SILENT else found.group()


def _kept_in_data(found: re.Match[str]) -> str:
    """What takes their place where they are many: in the middle of a word they are still nothing, else they stay."""
    before, after = _beside(found)
    return "" if set(found.group()) <= _SILENT and _in_a_word(before, after) else found.group()


def _in_a_word(before: str, after: str) -> bool:
    return before.isascii() and before.islower() and after.isascii() and after.islower()


def _is_quoted(before: str, after: str) -> bool:
    """Whether a character stands by itself in quotes or brackets, or within the brackets of a regular expression."""
    quoted = bool(before) and before in OPENING and bool(after) and after in CLOSING
    return quoted or before in tuple("[\"'`") or after == "]"


def _is_blank(character: str) -> bool:
    return not character or character in WHITE_SPACE


def _beside(found: re.Match[str]) -> tuple[str, str]:
    text = found.string
    return text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]


def _holds_ascii_controls(texts: pl.Series) -> pl.Series:
    r"""Which texts hold a control of ASCII but tab and newline; several times as fast as a regular expression.

    >>> _holds_ascii_controls(pl.Series(["a\tb\n", "a\fb", None, "\x7f"])).to_list()
    [False, True, False, True]
    """
    holds = np.zeros(len(texts), dtype=bool)
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        some = texts.slice(start, _TEXTS_AT_ONCE).fill_null("")
        raw = np.frombuffer(some.str.join("\n").cast(pl.Binary).item(), np.uint8)
        found = (raw < 32) & (raw - np.uint8(9) > 1) | (raw == 127)  # what is below 9 wraps around
        if found.any():
            ends = np.cumsum(some.str.len_bytes().to_numpy().astype(np.int64) + 1)  # each with its line end
            holds[start + np.searchsorted(ends, np.flatnonzero(found), side="right")] = True
    return pl.Series(holds)

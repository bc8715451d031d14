"""White space that says nothing: at the end of a text, on blank lines, before its first line. Never inside a line.

Indentation stays, also that of an answer of one line. Blank lines and ends of a diff and of a table with tabs say
something and stay: an unchanged empty line is a space there, an empty cell a tab. So does all that stands between the
fences of a block of code, where a blank line may be one of a patch, of a text in quotes or of a language that reads it.
"""

from __future__ import annotations

import re

import polars as pl

from tuneset.cleaning.repair.affected_texts import WHITE_SPACE, ends_in_breaks

_LEADING = r"\A[ \t]*\n|\A [^ \t\n]"
_BLANK_LINE = r"(?m)^[ \t]+$"
_ENDS_LIKE_DATA = r"\n \n*\z|\t[ \t\n]*\z|[\x0b\x0c\x{85}\x{2028}\x{2029}]\s*[\x0b\x0c\x{85}\x{2028}\x{2029}]\s*\z"

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})(.*)")
_CHANGED_LINE = re.compile(r"^(?:[+-]|@@ -)", re.MULTILINE)
_CELLS = re.compile(r"[^\s] *\t[^\n]*[^\s]")
_BUT_TABS = WHITE_SPACE.replace("\t", "")


def strip_white_space(texts: pl.Series) -> pl.Series:
    r"""White space at the ends and on blank lines goes.

    >>> strip_white_space(pl.Series(["a \n", "  return x\n", " a\n \n+b\n ", "a\tb\n\t\n"])).to_list()
    ['a', '  return x', ' a\n \n+b\n ', 'a\tb\n\t']
    """
    begun = texts.str.starts_with("\n").fill_null(value=False).arg_true()
    if len(begun):
        texts = texts.clone().scatter(begun, texts.gather(begun).str.strip_chars_start("\n"))
    stripped = texts.str.strip_chars_end()
    shorter = stripped.str.len_bytes() != texts.str.len_bytes()
    blank = texts.str.contains(" \n", literal=True) | texts.str.contains("\t\n", literal=True)
    suspects = texts.str.contains(_LEADING)
    for narrow, pattern in ((shorter, _ENDS_LIKE_DATA), (blank, _BLANK_LINE)):
        places = narrow.fill_null(value=False).arg_true()
        if len(places):
            suspects = suspects.clone().scatter(
                places, suspects.gather(places) | texts.gather(places).str.contains(pattern)
            )
    places = suspects.fill_null(value=False).arg_true()
    if places.is_empty():
        return stripped if shorter.any() else texts
    result = stripped.scatter(places, pl.Series([_stripped(text) for text in texts.gather(places)], dtype=pl.String))
    return result if (result != texts).any() else texts


def _stripped(text: str) -> str:
    """One text without white space that says nothing."""
    if ends_in_breaks(text):
        return text
    is_diff, is_table = _CHANGED_LINE.search(text) is not None, _CELLS.search(text) is not None

    def says_nothing(line: str) -> bool:
        return not line.strip(WHITE_SPACE) and not (is_diff and line == " ") and not (is_table and "\t" in line)

    lines = text.split("\n")
    in_code = _in_code(lines)
    lines = [
        "" if number not in in_code and not line.strip(" \t") and says_nothing(line) else line
        for number, line in enumerate(lines)
    ]
    while lines and says_nothing(lines[-1]):
        lines.pop()
    first = next((number for number, line in enumerate(lines) if line), 0)
    lines = lines[first:]
    if lines and lines[-1] != " ":
        lines[-1] = lines[-1].rstrip(_BUT_TABS if is_table else WHITE_SPACE)
    if len(lines) == 1 and lines[0][:1] == " " and lines[0][1:2].isalpha():  # as completions begin, and no indentation
        lines[0] = lines[0][1:]
    return "\n".join(lines)


def _in_code(lines: list[str]) -> set[int]:
    """The numbers of the lines between two fences (CommonMark 0.31, 4.5); of a fence that is not closed none.

    >>> sorted(_in_code(["```py", "a", "", "```", "", "~~~", " "]))
    [1, 2]
    """
    inside: set[int] = set()
    opened, begun = "", 0
    for number, line in enumerate(lines):
        found = _FENCE.match(line)
        if found is None:
            continue
        fence, rest = found.groups()
        if not opened:
            opened, begun = fence, number
        elif fence.startswith(opened) and not rest.strip():
            inside.update(range(begun + 1, number))
            opened = ""
    return inside

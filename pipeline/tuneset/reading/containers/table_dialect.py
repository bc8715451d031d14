"""How a delimited table is written: its delimiter, where its header stands, and whether it has one.

Exports put a title above the header, `sep=;` before everything, blanks after commas, a column twice, or no header at
all. A line that names columns that examples have is a header for certain; any other is one only where it cannot be a
row of text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

DELIMITERS = "\t,;|"  # the first wins where two give the same number of columns
KNOWN = frozenset(
    (
        *("question", "answer", "prompt", "completion", "response", "instruction", "input", "output", "query"),
        *("messages", "conversations", "conversation", "chosen", "rejected", "system", "context", "text"),
        *("history", "tools", "role", "content", "user", "assistant"),
    )
)
"""Column names that examples have, in lower case."""

_LONGEST_COLUMN_NAME = 64  # characters; prose with commas in it is no header
_LINES_LOOKED_AT = 10
_ROWS_LOOKED_AT = 20
_SEP_LINE = re.compile(r'"?sep=([^\r\n"])"?\s*\Z', re.IGNORECASE)
_QUOTED = re.compile('"[^"]*"')
_NUMBERS = re.compile(r"\d[\d\s.,:/+TZ-]*(?:[AaPp][Mm])?(?: ?(?:GMT|UTC)[\d:+-]*)?")
_SENTENCE_END = re.compile("[.?!\u3002\uff1f\uff01]\\s*\\Z")


class Dialect(NamedTuple):
    """How a table is written.

    Args:
        mark: the delimiter.
        names: of the columns, each once.
        skipped: how many physical lines stand above the first row.
        spaced: whether a blank follows each delimiter.
    """

    mark: str
    names: tuple[str, ...]
    skipped: int
    spaced: bool


def dialect(lines: Sequence[str], *, sure: bool = False) -> Dialect | None:
    r"""How the table that begins with these lines is written; None where it is none.

    `sure` says that it was recognised as a table before, so that the widths of its rows are not asked.

    >>> dialect(["Export 2026", "", "question; answer", "a; b"])
    Dialect(mark=';', names=('question', 'answer'), skipped=3, spaced=True)
    >>> dialect(["What is a?,It is b.", "What is c?,It is d."]).names
    ('column_1', 'column_2')
    """
    told = _SEP_LINE.match(lines[0]) if lines else None
    marks, start = (told[1], 1) if told else (DELIMITERS, 0)
    found = [(number, line.rstrip("\r\n")) for number, line in enumerate(lines) if number >= start and line.strip()]
    if not found:
        return None
    for place, (number, line) in enumerate(found[:_LINES_LOOKED_AT]):
        header = _known_header(line, marks, [row for _, row in found[place + 1 :]])
        if header and not _are_rows([row for _, row in found[:place]], header):
            return Dialect(header.mark, header.names, number + 1, header.spaced)
    number, first = found[0]
    mark = delimiter(first, marks)
    rows = [line for _, line in found]
    spaced = mark is not None and _is_spaced(first, mark)
    if mark is None or not (sure or _is_table(rows, mark, spaced=spaced)):
        return None
    cells = _cells(first, mark, spaced=spaced)
    if len(rows) > 1 and any(_SENTENCE_END.search(cell) for cell in cells) and not _heads_numbers(cells, rows, mark):
        return Dialect(mark, tuple(f"column_{place}" for place in range(1, len(cells) + 1)), number, spaced)
    return Dialect(mark, _once(cells), number + 1, spaced)


def _heads_numbers(cells: Sequence[str], rows: Sequence[str], mark: str) -> bool:
    """Whether a cell of the first line is a word above nothing but numbers or times, as forms export them.

    >>> _heads_numbers(["Timestamp", "Open?"], ["", "2026/01/02 10:00,Yes", "2026/01/03 9:00,No"], ",")
    True
    >>> _heads_numbers(["Why?", "So."], ["", "How?,Thus."], ",")
    False
    """
    below = [_cells(row, mark, spaced=False) for row in rows[1:]]
    whole = [row for row in below if len(row) == len(cells)]
    return any(
        not _NUMBERS.fullmatch(cell) and whole and all(_NUMBERS.fullmatch(row[place]) for row in whole)
        for place, cell in enumerate(cells)
    )


def _known_header(line: str, marks: str, below: Sequence[str]) -> Dialect | None:
    """A header by its names: two that are known, one in a table, or one alone above a column."""
    for mark in marks:
        spaced = _is_spaced(line, mark)
        names = _cells(line, mark, spaced=spaced)
        known = sum(name.lower() in KNOWN for name in names)
        of_table = known == 1 and _are_names(names) and _is_table([line, *below], mark, spaced=spaced)
        if known > 1 or of_table:
            return Dialect(mark, _once(names), 0, spaced)
    alone = line.strip().strip('"').lower() in KNOWN
    of_column = alone and not any(row.startswith(("{", "[")) for row in below)
    return Dialect(",", (line.strip().strip('"'),), 0, spaced=False) if of_column else None


def _are_rows(above: Sequence[str], header: Dialect) -> bool:
    """Whether a line above what looks like a header may be a row of the same table, which then has another header."""
    width = len(header.names)
    return any(width == 1 or len(_cells(line, header.mark, spaced=header.spaced)) == width for line in above)


def delimiter(header: str, marks: str = DELIMITERS) -> str | None:
    r"""The delimiter of a table's first line, or None where it is none of two or more columns.

    >>> delimiter("question,answer\r"), delimiter("question\tanswer, short"), delimiter("Dear all,")
    (',', '\t', None)
    """
    widths = {
        mark: len(names) for mark in marks if _are_names(names := _cells(header.strip("\r\n"), mark, spaced=True))
    }
    return max(widths, key=widths.__getitem__) if widths else None


def _are_names(names: Sequence[str]) -> bool:
    """Whether the cells of a line may be names of columns: different, short, and but one without a name."""
    named = [name for name in names if name]
    return (
        len(names) > 1
        and len(named) >= len(names) - 1  # an index column often has no name
        and len(named) > 1
        and len(set(named)) == len(named)
        and max(map(len, named)) <= _LONGEST_COLUMN_NAME
    )


def _is_spaced(line: str, mark: str) -> bool:
    """Whether a blank follows each delimiter.

    >>> _is_spaced("a, b, c", ","), _is_spaced("a, b,c", ","), _is_spaced("a", ",")
    (True, False, False)
    >>> _is_spaced('"a,b", "c"', ","), _is_spaced('"a, b","c"', ",")
    (True, False)
    """
    outside = _QUOTED.sub("", line)
    return mark in outside and outside.count(mark) == outside.count(f"{mark} ")


def _cells(line: str, mark: str, *, spaced: bool) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=mark, skipinitialspace=spaced))]
    except (csv.Error, StopIteration):
        return []


def _once(names: Iterable[str]) -> tuple[str, ...]:
    """Names of which each stands once.

    >>> _once(["q", "notes", "notes"])
    ('q', 'notes', 'notes_2')
    """
    met: dict[str, int] = {}
    made = []
    for name in names:
        met[name] = met.get(name, 0) + 1
        made.append(name if met[name] == 1 else f"{name}_{met[name]}")
    return tuple(made)


def _is_table(lines: Sequence[str], mark: str, *, spaced: bool) -> bool:
    """Whether most of the first rows have as many cells as the header, so that a note before JSON lines is none."""
    widths = []
    try:
        for row in csv.reader((line + "\n" for line in lines), delimiter=mark, skipinitialspace=spaced):
            widths.append(len(row))
            if len(widths) == _ROWS_LOOKED_AT:
                break
    except csv.Error:
        pass  # what came before it counts
    return not widths[1:] or widths[1:].count(widths[0]) > len(widths[1:]) / 2

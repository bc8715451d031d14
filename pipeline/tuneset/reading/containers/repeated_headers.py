"""Rows that are the header of their table once more: tables that were put together, or printed page by page, have them.

A row whose every column holds the column's own name says nothing, in whatever container it came. A lone column is no
table: its name may be what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tuneset.drop_reasons import REPEATED_HEADER
from tuneset.reading.records import RawReject, Records

_FEWEST_COLUMNS = 2
_DETAIL = "the row is the header of the table once more"


def without_headers(batches: Iterable[Records]) -> Iterator[Records]:
    """The batches, in which each row that repeats the header is a reject."""
    for batch in batches:
        repeated = [place for place, value in enumerate(batch.values) if is_header(value)]
        if repeated:
            yield _without(batch, frozenset(repeated))
        else:
            yield batch


def is_header(row: dict[str, Any]) -> bool:
    """Whether each column of a row holds its own name; of two columns of one name the second is read as `NAME_2`.

    >>> is_header({"question": "Question", "answer": " answer "}), is_header({"note": "note", "note_2": "note"})
    (True, True)
    >>> is_header({"question": "question", "answer": "Frage"}), is_header({"text": "text"}), is_header({})
    (False, False, False)
    """
    for name, value in row.items():
        if type(value) is not str or not _is_name(value, name):
            return False
    return len(row) >= _FEWEST_COLUMNS


def _is_name(value: str, name: str) -> bool:
    if value == name:
        return True
    cell, column = value.strip().casefold(), name.strip().casefold()
    if cell == column:
        return True
    of, _, number = column.rpartition("_")
    return cell == of and number.isdecimal()


def _without(batch: Records, repeated: frozenset[int]) -> Records:
    kept = Records(rejects=list(batch.rejects), beside=batch.beside)
    for place, (line, item, value) in enumerate(zip(batch.lines, batch.items, batch.values, strict=True)):
        if place in repeated:
            kept.rejects.append(RawReject(line, item, REPEATED_HEADER, _DETAIL))
        else:
            kept.add(line, item, value)
    return kept

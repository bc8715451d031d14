"""From the first bytes of a text to the kind of container it is. The file's extension is not asked.

Nothing is parsed beyond what the decision needs; how a container is read stands in its own file.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import json
import re
from typing import Literal

import orjson

Container = Literal["jsonl", "json", "csv", "parquet"]
"""`json` is an array, or JSON values spread over several lines; `csv` is any delimited table with a header."""

DELIMITERS = "\t,;|"  # the first wins where two give the same number of columns
WRAPPED = re.compile(rb'\s*\{\s*"data"\s*:\s*\[\s*\{')
"""The start of `{"data": [{...}]}`, a list of records in an envelope."""

_LONGEST_COLUMN_NAME = 64  # characters; prose with commas in it is no header
_ROWS_LOOKED_AT = 20
_CONTROL = bytes({*range(32)} - {*b"\t\n\r\f\x1b\x1e"})  # 0x1e separates records in RFC 7464


def is_binary(head: bytes) -> bool:
    r"""Whether bytes are neither text nor JSON with stray NULs in it.

    >>> is_binary(b"\x89PNG\r\n\x1a\n\x00\x00"), is_binary(b'{"a": 1}\n\x00\x00')
    (True, False)
    """
    if head.lstrip()[:1] in (b"{", b"["):
        return False
    controls = len(head) - len(head.translate(None, _CONTROL))
    return b"\0" in head or controls > len(head) / 20


def container(head: bytes, *, whole: bool) -> Container:
    """Tell what a text holds.

    Args:
        head: its first bytes as UTF-8, from its very beginning.
        whole: whether `head` is all there is.
    """
    lines = [line for line in head.split(b"\n")[: None if whole else -1] if line.strip()] or [head]
    first = lines[0].strip()
    if WRAPPED.match(head):
        return "json"
    if first[:1] == b"{":
        return "jsonl" if _is_json(first) or not _spans_lines(head) else "json"
    if first[:1] == b"[":
        return "jsonl" if _is_json(first) and len(lines) > 1 else "json"
    mark = delimiter(first)
    return "csv" if mark and _is_table(lines, mark) else "jsonl"


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


def _is_table(lines: list[bytes], mark: str) -> bool:
    """Whether most of the first rows have as many cells as the header, so that a note before JSON lines is none."""
    text = (line.decode("utf-8", "replace") + "\n" for line in lines)
    widths = []
    with contextlib.suppress(csv.Error):
        for row in itertools.islice(csv.reader(text, delimiter=mark), _ROWS_LOOKED_AT):
            widths.append(len(row))  # noqa: PERF401  what came before an error counts
    return not widths[1:] or widths[1:].count(widths[0]) > len(widths[1:]) / 2


def delimiter(header: bytes) -> str | None:
    r"""The delimiter of a table's header line, or None where it is no header of two or more columns.

    >>> delimiter(b"question,answer\r"), delimiter(b"question\tanswer, short"), delimiter(b"Dear all,")
    (',', '\t', None)
    """
    text = header.decode("utf-8", "replace").strip("\r")
    widths = {mark: len(columns) for mark in DELIMITERS if (columns := _columns(text, mark))}
    return max(widths, key=widths.__getitem__) if widths else None


def _columns(header: str, mark: str) -> list[str]:
    """The names in a header line, or nothing where they cannot be names of columns."""
    try:
        names = [name.strip() for name in next(csv.reader([header], delimiter=mark))]
    except csv.Error:
        return []
    named = [name for name in names if name]
    good = (
        len(names) > 1
        and len(named) >= len(names) - 1  # an index column often has no name
        and len(named) > 1
        and len(set(named)) == len(named)
        and max(map(len, named)) <= _LONGEST_COLUMN_NAME
    )
    return names if good else []

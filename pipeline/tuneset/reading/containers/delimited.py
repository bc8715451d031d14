"""Tables of text with a header: CSV, TSV and the like, one record a row.

Lines end at a line feed only; a row's line is the one on which it starts, also where quoted cells span lines. A row
with a wrong number of cells is rejected; where the cause is a quote that is never closed, reading goes on at the
very next line, so that one such quote costs one row and not the rest of the file.
"""

from __future__ import annotations

import collections
import contextlib
import csv
import itertools
from collections.abc import Iterable, Iterator

from tuneset.errors import InputError
from tuneset.reading import decode
from tuneset.reading.containers.base import Container, Head, Shard, Takes
from tuneset.reading.records import RawReject, Records, Row, in_batches

DELIMITERS = "\t,;|"  # the first wins where two give the same number of columns
_LONGEST_COLUMN_NAME = 64  # characters; prose with commas in it is no header
_ROWS_LOOKED_AT = 20
MAX_ROW_CHARACTERS = 16 << 20
"""A row that runs on for longer is taken for one with a quote that is never closed. Ours."""


def read_rows(pieces: Iterable[bytes], source: str) -> Iterator[Row | RawReject]:
    """Yield every row below the header as a dict of text by column name, or why it is none.

    Raises InputError where the header names a column twice or there is none.
    """
    lines = _Lines(pieces)
    for first in lines:
        if first.strip():
            break
    else:
        raise InputError(f"{source}: holds no header", allowed="a first line with the names of the columns")
    mark = delimiter(first.encode("utf-8", "replace").rstrip(b"\r\n"))
    if mark is None:
        raise InputError(f"{source}: line {lines.line} is no header", allowed="two or more different column names")
    names = [name.strip() for name in next(csv.reader([first], delimiter=mark))]
    reader = csv.reader(lines, delimiter=mark, strict=True)
    while True:
        start = lines.begin_row()
        usual = csv.field_size_limit(MAX_ROW_CHARACTERS)  # for the whole process, so for this row only
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RowTooLongError):
            cells = []
        finally:
            csv.field_size_limit(usual)
        taken = "".join(lines.taken)
        if not taken.strip():
            continue
        if not cells and len(lines.taken) > 1:
            lines.put_back()
            yield RawReject(start, 0, "CSV001", "a quote is opened and never closed")
        elif not cells:
            yield RawReject(start, 0, "CSV001", "a quote or a carriage return stands where none may")
        elif len(cells) != len(names):
            detail = f"the number of cells is {len(cells)}; the header has {len(names)}"
            yield RawReject(start, 0, "CSV001", detail)
        elif not taken.isascii() and not _is_text(taken):
            yield RawReject(start, 0, "FIL002", "the row holds bytes that are not UTF-8")
        else:
            yield start, 0, dict(zip(names, cells, strict=True)), len(taken)


def _is_text(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


class _RowTooLongError(ValueError):
    """A row has run on past MAX_ROW_CHARACTERS."""


class _Lines:
    """The lines of a text, of which those of the row in hand can be put back.

    Args:
        pieces: the text as UTF-8; a byte that is none becomes a lone surrogate.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.source = _split(pieces)
        self.waiting: collections.deque[str] = collections.deque()
        self.taken: list[str] = []
        self.line = 0  # physical line of the last one given
        self.length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.length > MAX_ROW_CHARACTERS:
            raise _RowTooLongError
        text = self.waiting.popleft() if self.waiting else next(self.source)
        self.line += 1
        self.length += len(text)
        self.taken.append(text)
        return text

    def begin_row(self) -> int:
        """Forget the last row's lines; the physical line of the one to come."""
        self.taken, self.length = [], 0
        return self.line + 1

    def put_back(self) -> None:
        """Give the row's lines again, all but the first."""
        self.waiting.extendleft(reversed(self.taken[1:]))
        self.line -= len(self.taken) - 1


def _split(pieces: Iterable[bytes]) -> Iterator[str]:
    r"""Lines with their line feed.

    >>> list(_split([b"a\nb", b"c\r\n", b"d"]))
    ['a\n', 'bc\r\n', 'd']
    """
    rest: list[bytes] = []
    for piece in pieces:
        *lines, tail = piece.split(b"\n")
        if lines:
            lines[0] = b"".join([*rest, lines[0]])
            rest = []
        rest.append(tail)
        for line in lines:
            yield line.decode("utf-8", "surrogateescape") + "\n"
    last = b"".join(rest)
    if last:
        yield last.decode("utf-8", "surrogateescape")


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


def _recognise(head: Head) -> bool:
    first = head.lines[0].strip()
    if not head.is_text or first[:1] in (b"{", b"["):
        return False
    mark = delimiter(first)
    return mark is not None and _is_table(head.lines, mark)


def _is_table(lines: list[bytes], mark: str) -> bool:
    """Whether most of the first rows have as many cells as the header, so that a note before JSON lines is none."""
    text = (line.decode("utf-8", "replace") + "\n" for line in lines)
    widths = []
    with contextlib.suppress(csv.Error):
        for row in itertools.islice(csv.reader(text, delimiter=mark), _ROWS_LOOKED_AT):
            widths.append(len(row))  # noqa: PERF401  what came before an error counts
    return not widths[1:] or widths[1:].count(widths[0]) > len(widths[1:]) / 2


def _read(shard: Shard, _: Takes) -> Iterator[Records]:
    return in_batches(read_rows(decode.text_pieces(shard.path, shard.content), shard.source))


DELIMITED = Container("csv", "CSV, TSV", _recognise, _read, b"question,answer\n?,!\n")

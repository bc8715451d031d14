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
from tuneset.reading.containers.foreign import is_event_stream
from tuneset.reading.containers.table_dialect import Dialect, dialect
from tuneset.reading.records import RawReject, Records, Row, in_batches

_LINES_LOOKED_AT = 40
MAX_ROW_CHARACTERS = 16 << 20
"""A row that runs on for longer is taken for one with a quote that is never closed. Ours."""


def read_rows(pieces: Iterable[bytes], source: str) -> Iterator[Row | RawReject]:
    """Yield every row below the header as a dict of text by column name, or why it is none.

    Raises InputError where no line can be a header.
    """
    lines = _Lines(_uniform(pieces))
    written = dialect(lines.ahead(_LINES_LOOKED_AT), sure=True)
    if written is None:
        raise InputError(
            f"{source}: has no line that can be a header", allowed="a first line with the names of the columns"
        )
    for _ in range(written.skipped):
        next(lines)
    names = written.names
    reader = csv.reader(lines, delimiter=written.mark, strict=True, skipinitialspace=written.spaced)
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
        if len(cells) != len(names) and '\\"' in taken:
            cells = _with_backslashes(taken, written, len(names)) or cells
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


def _with_backslashes(taken: str, written: Dialect, width: int) -> list[str]:
    """The cells of a row in which quotes within quotes have a backslash, as programs write it; else nothing."""
    reader = csv.reader(
        taken.splitlines(keepends=True), delimiter=written.mark, strict=True, escapechar="\\", doublequote=False
    )
    with contextlib.suppress(csv.Error):
        rows = list(reader)
        if len(rows) == 1 and len(rows[0]) == width:
            return rows[0]
    return []


def _uniform(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a text, with line feeds where its first mebibyte has carriage returns alone."""
    rest = iter(pieces)
    head = b""
    for piece in rest:
        head += piece
        if b"\n" in head or len(head) >= decode.HEAD_BYTES:
            break
    only_returns = b"\n" not in head
    for piece in itertools.chain([head], rest):
        yield piece.replace(b"\r", b"\n") if only_returns else piece


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

    def ahead(self, count: int) -> list[str]:
        """The next lines, which are not taken."""
        while len(self.waiting) < count and (line := next(self.source, None)) is not None:
            self.waiting.append(line)
        return list(self.waiting)

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


def _recognise(head: Head) -> bool:
    if not head.is_text or head.text.lstrip()[:1] in (b"{", b"[") or is_event_stream(head.text):
        return False
    return dialect(_head_lines(_with_line_feeds(head.text), whole=head.whole)) is not None


def _head_lines(text: bytes, *, whole: bool) -> list[str]:
    """The lines of a file's beginning; the last one, which may be cut, only where there is no other."""
    lines = text.decode("utf-8", "surrogateescape").split("\n")
    return lines if whole or len(lines) == 1 else lines[:-1]


def _with_line_feeds(text: bytes) -> bytes:
    r"""A text whose lines end with a carriage return alone, as old spreadsheets write it, with line feeds.

    >>> _with_line_feeds(b"a\rb"), _with_line_feeds(b"a\r\nb")
    (b'a\nb', b'a\r\nb')
    """
    return text if b"\n" in text else text.replace(b"\r", b"\n")


def _read(shard: Shard, _: Takes) -> Iterator[Records]:
    return in_batches(read_rows(decode.text_pieces(shard.path, shard.content), shard.source))


DELIMITED = Container("csv", "CSV, TSV", _recognise, _read, b"question,answer\n?,!\n")

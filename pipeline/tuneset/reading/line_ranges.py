"""A file's lines by byte ranges, so that several processes can share one file, and no line can fill the memory.

Lines end at the byte 0x0A and nowhere else. What a line holds is not looked at.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

RANGE_BYTES = 8 << 20
"""How much of a file one task takes, where nothing else is said."""
MAX_LINE_BYTES = 160 << 20
"""A longer line is no example of a file to upload: ten images of 10 MB in base64 make 133 MB (OpenAI vision guide,
2026-11-20). What `prepare` reads may be longer (`containers/json_value.py`): raw rows hold more than is written."""
_READ_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class ByteRange:
    """Part of a file: the lines that begin at `start` or later, and before `end`; the first line begins at `first`."""

    path: Path
    start: int
    end: int
    first: int


def byte_ranges(path: Path, first: int, size: int, step: int | None = None) -> list[ByteRange]:
    """Cut a file of `size` bytes into ranges, from where its first line begins; an empty file makes one empty range.

    A range has `step` bytes, RANGE_BYTES where that is not given.

    >>> [part.start for part in byte_ranges(Path("a"), 3, 20 << 20)]
    [3, 8388611, 16777219]
    """
    step = step or RANGE_BYTES
    starts = range(first, max(size, first + 1), step)
    return [ByteRange(path, begin, min(begin + step, size), first) for begin in starts]


def lines_of(part: ByteRange) -> list[bytes | None]:
    """The lines of a range without their ends; None for one that is longer than MAX_LINE_BYTES.

    A line that begins before the range belongs to the range before. What follows the last line end of the file is a
    line only where it is not empty.
    """
    with part.path.open("rb") as handle:
        begin = part.start
        if begin > part.first:
            handle.seek(begin - 1)
            begin += _skip_line(handle, part.end - begin + 1) - 1
        handle.seek(begin)
        if begin >= part.end:
            return []
        block = handle.read(part.end - begin)
        if block.endswith(b"\n"):
            return [*block[:-1].split(b"\n")]
        lines: list[bytes | None] = [*block.split(b"\n")]
        last = lines.pop()
        assert last is not None
        tail = handle.readline(MAX_LINE_BYTES + 1 - len(last))
        complete = tail.endswith(b"\n")
        if len(last) + len(tail) - complete > MAX_LINE_BYTES:
            lines.append(None)
        elif last or tail:
            lines.append(last + tail.removesuffix(b"\n"))
        return lines


def file_lines(path: Path, first: int) -> Iterator[bytes | None]:
    """Yield all lines of a file, range by range."""
    for part in byte_ranges(path, first, path.stat().st_size):
        yield from lines_of(part)


def _skip_line(handle: BinaryIO, most: int) -> int:
    """Read on to the next line's start without keeping what is read, or until `most` bytes are passed; how many were.

    Without that bound every range within one enormous line would read the rest of it.
    """
    skipped = 0
    while skipped <= most and (piece := handle.readline(_READ_BYTES)):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped

"""A file's lines by byte ranges, so that several processes can share one file, and no line can fill the memory.

Lines end at the byte 0x0A and nowhere else. What a line holds is not looked at.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

RANGE_BYTES = 8 << 20
"""How much of a file one task takes."""
MAX_LINE_BYTES = 160 << 20
"""A longer line is no example: ten images of 10 MB in base64 make 133 MB (OpenAI vision guide, 2026-11-20)."""
_READ_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class ByteRange:
    """Part of a file: the lines that begin at `start` or later, and before `end`."""

    path: Path
    start: int
    end: int


def byte_ranges(path: Path, start: int, size: int) -> list[ByteRange]:
    """Cut a file from `start` to `size` into ranges; an empty rest makes one empty range.

    >>> [part.start for part in byte_ranges(Path("a"), 3, 20 << 20)]
    [3, 8388611, 16777219]
    """
    starts = range(start, max(size, start + 1), RANGE_BYTES)
    return [ByteRange(path, begin, min(begin + RANGE_BYTES, size)) for begin in starts]


def lines_of(part: ByteRange, first: int) -> Iterator[bytes | None]:
    """Yield the lines of a range without their ends; None for one that is longer than MAX_LINE_BYTES.

    `first` is where the file's first line begins: a range that starts later skips to its first line's start. The
    piece after the last line end is a line only where it is not empty.
    """
    with part.path.open("rb") as handle:
        position = part.start
        if part.start > first:
            handle.seek(part.start - 1)
            position += _skip_line(handle) - 1
        else:
            handle.seek(part.start)
        while position < part.end:
            line = handle.readline(MAX_LINE_BYTES + 1)
            if not line:
                return
            position += len(line)
            if line.endswith(b"\n"):
                yield line[:-1]
            elif len(line) <= MAX_LINE_BYTES:
                yield line
            else:
                position += _skip_line(handle)
                yield None


def _skip_line(handle: BinaryIO) -> int:
    """Read on to the next line's start without keeping what is read; the bytes passed over."""
    skipped = 0
    while piece := handle.readline(_READ_BYTES):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped

"""Some lines of a written file, as if drawn by lot, in time that does not grow with the file: blocks, evenly spread.

A line is taken where it begins in a block, so that long lines are no likelier than short ones. A file that is smaller
than all blocks together is taken whole. The same bytes give the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from tuneset.reading.line_ranges import ByteRange, lines_of

BLOCK_BYTES = 64 << 10
_READ_BYTES = 1 << 20


class WrittenLine(NamedTuple):
    """A line of a file: the byte at which it begins, and the line without its end."""

    at: int
    text: bytes


class Looked(NamedTuple):
    """The lines that were taken, and whether they are all."""

    lines: list[WrittenLine]
    whole: bool


def look(path: Path, blocks: int) -> Looked:
    """Take lines of up to so many blocks of BLOCK_BYTES; none of a file that is not there."""
    size = path.stat().st_size if path.is_file() else 0
    whole = size <= blocks * BLOCK_BYTES
    taken: list[WrittenLine] = []
    for start, end in _blocks(size, blocks):
        at = _begin(path, start)
        for line in lines_of(ByteRange(path, start, end, 0)):
            if line is None:  # longer than any line of an example
                break
            taken.append(WrittenLine(at, line))
            at += len(line) + 1
    return Looked([line for line in taken if line.text], whole)


def examples(lines: Sequence[WrittenLine]) -> Iterator[dict[str, object]]:
    """Yield the lines as examples, in their order."""
    return (orjson.loads(line.text) for line in lines)


def numbers(path: Path, lines: Sequence[WrittenLine]) -> list[int]:
    """The number of each line in its file, from 1; reads the file up to the last of them.

    >>> numbers(Path("nowhere"), [])
    []
    """
    if not lines:
        return []
    places = sorted(line.at for line in lines)
    found: dict[int, int] = {}
    done = ends = 0
    with path.open("rb") as handle:
        for place in places:
            while done < place:
                piece = handle.read(min(_READ_BYTES, place - done))
                done += len(piece)
                ends += piece.count(b"\n")
            found[place] = ends + 1
    return [found[line.at] for line in lines]


def _begin(path: Path, start: int) -> int:
    """Where the first line begins that does so at `start` or later."""
    if not start:
        return 0
    with path.open("rb") as handle:
        handle.seek(start - 1)
        while (piece := handle.readline(_READ_BYTES)) and not piece.endswith(b"\n"):
            pass
        return handle.tell()


def _blocks(size: int, blocks: int) -> list[tuple[int, int]]:
    """Begin and end of each block; one range for a file that is taken whole.

    >>> [begin / BLOCK_BYTES for begin, _ in _blocks(3 * BLOCK_BYTES, 2)]
    [0.0, 1.5]
    """
    if size <= blocks * BLOCK_BYTES:
        return [(0, size)] if size else []
    return [(begin, begin + BLOCK_BYTES) for begin in (number * size // blocks for number in range(blocks))]

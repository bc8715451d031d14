"""Some lines of a written file, as if drawn by lot, in time that does not grow with the file: blocks, evenly spread.

A line is taken where it begins in a block, so that long lines are no likelier than short ones. A file that is smaller
than all blocks together is taken whole. The same bytes give the same lines.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import orjson

from tuneset.execution import storage
from tuneset.execution.stores import file_ranges
from tuneset.execution.stores.file_ranges import Range
from tuneset.execution.stores.location import Location

BLOCK_BYTES = 64 << 10


class WrittenLine(NamedTuple):
    """A line of a file: the byte at which it begins, and the line without its end."""

    at: int
    text: bytes


class Looked(NamedTuple):
    """The lines that were taken, and whether they are all."""

    lines: list[WrittenLine]
    whole: bool


def look(file: Location, blocks: int) -> Looked:
    """Take lines of up to so many blocks of BLOCK_BYTES; none of a file that is not there."""
    size = storage.size(file) or 0
    whole = size <= blocks * BLOCK_BYTES
    taken: list[WrittenLine] = []
    for start, end in _blocks(size, blocks):
        at = file_ranges.first_line(file, size, start)
        for line in file_ranges.every_line(Range(file, start, end, size)):
            if line is None:  # longer than any line of an example
                break
            taken.append(WrittenLine(at, line))
            at += len(line) + 1
    return Looked([line for line in taken if line.text], whole)


def examples(lines: Sequence[WrittenLine]) -> Iterator[dict[str, object]]:
    """Yield the lines as examples, in their order."""
    return (orjson.loads(line.text) for line in lines)


def numbers(file: Location, lines: Sequence[WrittenLine], places: Sequence[tuple[int, int]] = ()) -> list[int]:
    """The number of each line in its file, from 1; reads the file from the last known place before each.

    `places` are known ones, ascending: a byte at which a line begins, and how many lines are before it. The last is the
    end of the file; where it has another one by now, nothing is known.
    """
    if not lines:
        return []
    known = [(0, 0), *((start, before) for start, before in places)]  # lists, where they were read from a file
    if known[-1][0] != storage.size(file):
        known = [(0, 0)]
    starts = [start for start, _ in known]
    found: dict[int, int] = {}
    at, before = 0, 0
    for line in sorted(lines):
        at, before = max((at, before), known[bisect.bisect_right(starts, line.at) - 1])
        before += file_ranges.count_ends(file, at, line.at)
        at = line.at
        found[at] = before + 1
    return [found[line.at] for line in lines]


def _blocks(size: int, blocks: int) -> list[tuple[int, int]]:
    """Begin and end of each block; one range for a file that is taken whole.

    >>> [begin / BLOCK_BYTES for begin, _ in _blocks(3 * BLOCK_BYTES, 2)]
    [0.0, 1.5]
    """
    if size <= blocks * BLOCK_BYTES:
        return [(0, size)] if size else []
    return [(begin, begin + BLOCK_BYTES) for begin in (number * size // blocks for number in range(blocks))]

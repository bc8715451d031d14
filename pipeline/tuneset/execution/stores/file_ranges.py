"""The lines of a written file by ranges, wherever the file lies: of an object a range alone is fetched."""

from __future__ import annotations

import concurrent.futures
import hashlib
import tempfile
from pathlib import Path
from typing import NamedTuple

from tuneset import artifacts
from tuneset.execution import storage
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import Location
from tuneset.reading.line_ranges import ByteRange, lines_of

_SMALL_LINE_BYTES = 2048  # a file with fewer bytes a sampled line is read whole
_LOOKED_BYTES, _PIECE_BYTES = 16 << 10, 256 << 10
_READ_BYTES = 8 << 20
_ASKED_AT_ONCE = 32


class Range(NamedTuple):
    """Part of a file of `size` bytes: the lines that begin at `start` or later, and before `end`."""

    file: Location
    start: int
    end: int
    size: int


def ranges(file: Location, size: int, step: int) -> list[Range]:
    """Cut a file of `size` bytes into ranges of `step` bytes; an empty file makes one empty range.

    >>> [(one.start, one.end) for one in ranges(Path("a"), 5, 4)], len(ranges(Path("a"), 0, 4))
    ([(0, 4), (4, 5)], 1)
    """
    return [Range(file, start, min(start + step, size), size) for start in range(0, max(size, 1), step)]


def lines(part: Range) -> list[bytes]:
    """The lines of a range without their ends; those are left out that are empty, or too long for an example."""
    return [line for line in every_line(part) if line]


def every_line(part: Range) -> list[bytes | None]:
    """The lines of a range without their ends, as `lines_of` gives those of a local file."""
    if isinstance(part.file, Path):
        return lines_of(ByteRange(part.file, part.start, part.end, 0))
    with tempfile.TemporaryDirectory(prefix="tuneset-") as folder:
        path = Path(folder, part.file.name)
        local_copies.fetch_range(part.file, path, max(part.start - 1, 0), part.end)
        with path.open("ab") as handle:
            at, last = part.end, b""
            while at < part.size and not last.endswith(b"\n"):  # the rest of the last line
                end = min(at + _PIECE_BYTES, part.size)
                piece = local_copies.whole_range(part.file, at, end)
                last = piece[: piece.find(b"\n") + 1] or piece
                handle.write(last)
                at = end
        return lines_of(ByteRange(path, part.start, part.end, 0))


def first_line(file: Location, size: int, start: int) -> int:
    """Where the first line begins that does so at `start` or later, in a file of `size` bytes."""
    if not start:
        return 0
    at = start - 1
    while at < size:
        end = min(at + _LOOKED_BYTES, size)
        found = _bytes(file, at, end).find(b"\n")
        if found >= 0:
            return at + found + 1
        at = end
    return size


def count_ends(file: Location, start: int, end: int) -> int:
    """How many lines end between two bytes of a file, of which one piece is in memory at a time."""
    cuts = range(start, end, _READ_BYTES)
    return sum(_bytes(file, at, min(at + _READ_BYTES, end)).count(b"\n") for at in cuts)


def spread(file: Location, size: int, number: int) -> list[bytes]:
    """Some lines of a file of `size` bytes, from places that are spread evenly over it; all of them where it is small.

    A line that begins at such a place, or lies about it, is not taken, but the next one.
    """
    if size <= number * _SMALL_LINE_BYTES:
        found = _bytes(file, 0, size).split(b"\n")
    elif isinstance(file, Path):
        found = [_line_after(file, size, size * place // number) for place in range(number)]
    else:
        with concurrent.futures.ThreadPoolExecutor(_ASKED_AT_ONCE) as threads:
            found = list(threads.map(lambda place: _line_after(file, size, size * place // number), range(number)))
    return [line for line in found if line]


def sha256(file: Location) -> str:
    """The digest of a file as 64 hex digits, read in pieces. Raises FileNotFoundError."""
    if isinstance(file, Path):
        return artifacts.sha256_file(file)
    size = storage.size(file)
    if size is None:
        raise FileNotFoundError(str(file))
    digest = hashlib.sha256()
    for start in range(0, size, _READ_BYTES):
        digest.update(local_copies.whole_range(file, start, min(start + _READ_BYTES, size)))
    return digest.hexdigest()


def _line_after(file: Location, size: int, place: int) -> bytes:
    """The line after the next line end."""
    found = b""
    while place < size and found.count(b"\n") < 2:
        end = min(place + max(_LOOKED_BYTES, len(found)), size)
        found += _bytes(file, place, end)
        place = end
    return found.partition(b"\n")[2].partition(b"\n")[0]


def _bytes(file: Location, start: int, end: int) -> bytes:
    if not isinstance(file, Path):
        return local_copies.whole_range(file, start, end) if start < end else b""
    with file.open("rb") as handle:
        handle.seek(start)
        return handle.read(end - start)

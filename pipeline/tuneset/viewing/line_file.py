"""A file of lines that is read at any place: where each line begins, found once by looking for line ends.

Eight bytes of memory a line; the text itself stays on disk and is read as it is asked for.
"""

from __future__ import annotations

import functools
import itertools
import os
import re
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tuneset.artifacts import read_error

_READ_BYTES = 4 << 20
_GAP_BYTES = 64 << 10
"""Lines that stand no further apart are read together."""
_LINE_END = ord("\n")
_TWO = 2
"""Starts that are known when a line is known: its own and the next."""
_SMALL = 0x20
"""The bit that makes an ASCII letter small; other bytes it changes in the text and in what is looked for alike."""
_DENSE = 8
"""Where a text stands so often a line, all lines may hold it."""
_ODD = ("\u212a".encode(), "\u0130".encode(), b"\\u", b"\\/")
"""The Kelvin sign and the dotted capital I, whose small forms are k and i; escapes that `json_text` does not write."""


class LineFile:
    """The lines of one file, by their numbers from 0; blank ones too, so that numbers are physical.

    Raises InputError where the file cannot be read, when it is made as well as when it is asked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise read_error(path, error) from error
        self._closed = weakref.finalize(self, os.close, self._file)
        self._starts: npt.NDArray[np.int64] = np.zeros(1, np.int64)
        self._read = 0
        self._is_read = False
        self._lock = threading.Lock()
        self._odd: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.starts()) - 1

    def starts(self, line: int | None = None) -> npt.NDArray[np.int64]:
        """The byte at which each line begins, and the end of the last: of all, or at least up to a line.

        The first lines of a large file can be shown before it has been read to its end.
        """
        with self._lock:
            found, known = [self._starts], len(self._starts)
            while not self._is_read and (line is None or known < line + _TWO):
                piece = os.pread(self._file, _READ_BYTES, self._read)
                found.append(np.flatnonzero(np.frombuffer(piece, np.uint8) == _LINE_END) + (self._read + 1))
                self._read += len(piece)
                self._is_read = not piece
                known += len(found[-1])
            self._starts = np.concatenate(found) if len(found) > 1 else self._starts
            if self._is_read and self._starts[-1] != self._read:  # the last line has no end
                self._starts = np.append(self._starts, self._read)
            return self._starts

    def close(self) -> None:
        """Close the file."""
        self._closed()

    def read(self, numbers: npt.NDArray[np.int64]) -> list[bytes]:
        """The lines of these numbers, without their ends, in the order asked for; those beyond the end are empty."""
        found: list[bytes] = [b""] * len(numbers)
        order, starts, ends = self._places(numbers)
        far = starts[1:] - ends[:-1] > _GAP_BYTES
        for part in np.split(np.arange(len(order)), np.flatnonzero(far) + 1):
            if not len(part):
                continue
            first = int(starts[part[0]])
            text = os.pread(self._file, int(ends[part[-1]]) - first, first)
            cuts = zip(
                order[part].tolist(), (starts[part] - first).tolist(), (ends[part] - first).tolist(), strict=True
            )
            for place, start, end in cuts:
                found[place] = text[start:end].removesuffix(b"\n").removesuffix(b"\r")
        return found

    def odd_lines(self) -> npt.NDArray[np.int64]:
        """The lines that are suspects whatever they hold; looked for once, which takes longer than a search."""
        starts = self.starts()
        with self._lock:
            if self._odd is None:
                self._odd = _odd_lines(self._file, starts)
            return self._odd

    def _places(
        self, numbers: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The order of the lines in the file without those beyond its end, and where each begins and ends."""
        starts = self.starts(int(numbers.max())) if len(numbers) else self._starts
        order = np.argsort(numbers, kind="stable")
        order = order[numbers[order] < len(starts) - 1]
        return order, starts[numbers[order]], starts[numbers[order] + 1]

    def suspects(self, numbers: npt.NDArray[np.int64], needle: bytes) -> npt.NDArray[np.bool_]:
        """Which of the lines may hold a text whose small letters are `needle`, as JSON writes it.

        Never false of a line that does: lines with letters whose small form is an ASCII letter, and with escapes that
        `json_text` would not write, are suspects whatever they hold. What takes time lets other threads work.
        """
        odd = self.odd_lines()
        found = np.isin(numbers, odd) if len(odd) else np.zeros(len(numbers), np.bool_)
        order, starts, ends = self._places(numbers)
        far = starts[1:] - ends[:-1] > _GAP_BYTES
        wanted = _either_case(needle)
        for part in np.split(np.arange(len(order)), np.flatnonzero(far) + 1):
            if not len(part):
                continue
            first = int(starts[part[0]])
            text = bytearray(int(ends[part[-1]]) - first)
            os.preadv(self._file, [text], first)
            letters = np.frombuffer(text, np.uint8)
            np.bitwise_or(letters, _SMALL, out=letters)
            places = np.fromiter(_found(text, wanted, _DENSE * len(part)), np.int64) + first
            if len(places) > _DENSE * len(part):
                found[order[part]] = True
                continue
            line = np.searchsorted(starts[part], places, side="right") - 1
            held = line[(line >= 0) & (places < ends[part][line])]
            found[order[part[held]]] = True
        return found


def _found(text: bytearray, needle: bytes | re.Pattern[bytes], most: int) -> Iterator[int]:
    r"""Where a text stands; one place more than `most` where there are more.

    >>> list(_found(bytearray(b"a a\nb\na"), b"a", 9)), list(_found(bytearray(b"aaaa"), b"a", 1))
    ([0, 2, 6], [0, 1])
    """
    if isinstance(needle, re.Pattern):
        yield from (match.start() for match in itertools.islice(needle.finditer(text), most + 1))
        return
    place = text.find(needle)
    while place >= 0 and most >= 0:
        yield place
        most -= 1
        place = text.find(needle, place + 1)


def _either_case(needle: bytes) -> bytes | re.Pattern[bytes]:
    r"""What a text in small letters is in bytes that have _SMALL: beyond ASCII a letter may be one of several.

    >>> _either_case(b"abc"), _either_case("\u4e16".encode()) == _with_small("\u4e16")
    (b'abc', True)
    >>> bool(_either_case("\u0440a".encode()).fullmatch(_with_small("\u0420A")))
    True
    """
    forms = [sorted({_with_small(one) for one in _forms().get(letter, letter)}) for letter in needle.decode()]
    if all(len(one) == 1 for one in forms):
        return b"".join(one for (one,) in forms)
    return re.compile(b"".join(b"(?:" + b"|".join(map(re.escape, one)) + b")" for one in forms))


def _with_small(letter: str) -> bytes:
    return bytes(byte | _SMALL for byte in letter.encode())


@functools.cache
def _forms() -> Mapping[str, str]:
    """The letters that have a small form, by it; the two small sigmas have one capital."""
    forms: dict[str, str] = {"\u03c2": "\u03c2\u03a3"}
    for letter in map(chr, range(sys.maxunicode + 1)):
        small = letter.lower()
        if small != letter:
            forms[small] = forms.get(small, small) + letter
    return forms


def _odd_lines(file: int, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The lines that hold one of _ODD."""
    found: list[int] = []
    place, kept = 0, b""
    while piece := os.pread(file, _READ_BYTES, place):
        text = kept + piece
        first = place - len(kept)
        for odd in _ODD:
            at = text.find(odd)
            while at >= 0:
                line = int(np.searchsorted(starts, first + at, side="right")) - 1
                found.append(line)
                at = text.find(odd, int(starts[line + 1]) - first) if line + 1 < len(starts) else -1
        place += len(piece)
        kept = text[-max(map(len, _ODD)) + 1 :]
    return np.unique(np.array(found, np.int64))

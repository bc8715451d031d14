"""A local file on its way out: its hashes, and byte ranges of it that are read in pieces and counted as they are read.

Nothing is sent from here, and no more than a piece of a file is in memory.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from tuneset.artifacts import read_error
from tuneset.errors import RemoteError

_PIECE = 1 << 20

OnBytes = Callable[[str, int, int], None]
"""Told the name of a file, how many of its bytes are sent, and how many there are."""


@dataclasses.dataclass(frozen=True)
class FileHashes:
    """What a file holds: sha256 (64 hex digits), md5 (32, for the Uploads API alone) and size in bytes."""

    sha256: str
    md5: str
    bytes: int


def hash_file(path: Path) -> FileHashes:
    """Read a file once and give its hashes and size. Raises InputError where it cannot be read."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with open_file(path) as handle:
        while piece := handle.read(_PIECE):
            sha256.update(piece)
            md5.update(piece)
            size += len(piece)
    return FileHashes(sha256.hexdigest(), md5.hexdigest(), size)


def check_unchanged(path: Path, expected: FileHashes) -> None:
    """Hash what is about to be sent. Raises RemoteError `file_changed` where it is not what was hashed before."""
    if hash_file(path) != expected:
        raise RemoteError(
            f"{path}: changed while it was being uploaded",
            code="file_changed",
            hint="let whatever writes it finish, then run the same command again",
        )


def open_file(path: Path) -> BinaryIO:
    """Open a file to be read. Raises InputError where that cannot be."""
    try:
        return path.open("rb")
    except OSError as error:
        raise read_error(path, error) from error


class Counter:
    """Adds up what several slices have read of one file; safe to be told by several threads."""

    def __init__(self, name: str, total: int, on_bytes: OnBytes) -> None:
        self._name, self._total, self._on_bytes = name, total, on_bytes
        self._lock = threading.Lock()
        self._done = 0

    def add(self, count: int) -> None:
        """Count bytes that were read; a negative number for those that are to be read again."""
        with self._lock:
            self._done += count
            self._on_bytes(self._name, self._done, self._total)


def open_range(path: Path, start: int, length: int, counter: Counter) -> BinaryIO:
    """A range of a file as a file of its own: it can be read, rewound and hashes."""
    return io.BufferedReader(_Range(path, start, length, counter), _PIECE)


class _Range(io.RawIOBase):
    """Reads a range of a file and counts what it reads.

    It has no descriptor, because the HTTP client would take the size of the whole file for its length.
    """

    def __init__(self, path: Path, start: int, length: int, counter: Counter) -> None:
        super().__init__()
        self._handle = open_file(path)
        self._start, self._length, self._place, self._counted = start, length, 0, 0
        self._counter = counter

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401  any writable buffer
        """Read on; 0 at the end of the range, and where the file has become shorter."""
        self._handle.seek(self._start + self._place)
        piece = self._handle.read(min(len(buffer), self._length - self._place))
        buffer[: len(piece)] = piece
        self._place += len(piece)
        # Relative to what was counted: what a second attempt reads again is not counted twice.
        self._counter.add(self._place - self._counted)
        self._counted = self._place
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place within the range."""
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._length}[whence]
        return self._place

    def tell(self) -> int:
        """The place within the range."""
        return self._place

    def close(self) -> None:
        """Close the file."""
        self._handle.close()
        super().close()

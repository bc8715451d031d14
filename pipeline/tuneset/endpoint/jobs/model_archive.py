"""The weights of a model as one tar archive, made while it is sent: neither memory nor disk has to hold it."""

from __future__ import annotations

import contextlib
import os
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

PIECE = 1 << 20
"""Bytes that are read at a time."""


class Member(NamedTuple):
    """A file of the weights: its name in the archive, its bytes, and the file itself, open."""

    name: str
    size: int
    handle: IO[bytes]


def members(weights: Path, opened: contextlib.ExitStack) -> list[Member]:
    """Each file of the weights, which are a file or a folder, by name; `opened` closes them.

    What is open stays readable when it is deleted. Raises FileNotFoundError where it is deleted just now.
    """
    files = sorted(path for path in weights.rglob("*") if path.is_file()) if weights.is_dir() else [weights]
    root = weights if weights.is_dir() else weights.parent
    found = []
    for path in files:
        handle = opened.enter_context(path.open("rb"))
        found.append(Member(path.relative_to(root).as_posix(), os.fstat(handle.fileno()).st_size, handle))
    return found


def archive_bytes(found: Sequence[Member]) -> int:
    """How long the archive of these members is."""
    return sum(len(_head(one)) + one.size + -one.size % tarfile.BLOCKSIZE for one in found) + len(_END)


def archive(found: Sequence[Member]) -> Iterator[bytes]:
    """The archive, piece by piece. Raises OSError where a member has become shorter."""
    for one in found:
        yield _head(one)
        left = one.size
        while left:
            piece = one.handle.read(min(PIECE, left))
            if not piece:
                raise OSError(None, "has become shorter", one.name)
            left -= len(piece)
            yield piece
        yield bytes(-one.size % tarfile.BLOCKSIZE)
    yield _END


_END = bytes(2 * tarfile.BLOCKSIZE)


def _head(one: Member) -> bytes:
    member = tarfile.TarInfo(one.name)
    member.size = one.size
    return member.tobuf(tarfile.PAX_FORMAT)

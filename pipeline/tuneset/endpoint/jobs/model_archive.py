"""The weights of a model as one tar archive, made while it is sent: neither memory nor disk has to hold it."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

PIECE = 1 << 20
"""Bytes that are read at a time."""


def members(weights: Path) -> list[tuple[str, Path, int]]:
    """Each file of the weights, a file or a folder: its name in the archive, where it lies, its bytes. By name."""
    files = sorted(path for path in weights.rglob("*") if path.is_file()) if weights.is_dir() else [weights]
    root = weights if weights.is_dir() else weights.parent
    return [(path.relative_to(root).as_posix(), path, path.stat().st_size) for path in files]


def archive_bytes(found: Sequence[tuple[str, Path, int]]) -> int:
    """How long the archive of these members is."""
    return sum(len(_head(name, size)) + size + -size % tarfile.BLOCKSIZE for name, _, size in found) + len(_END)


def archive(found: Sequence[tuple[str, Path, int]]) -> Iterator[bytes]:
    """The archive, piece by piece. Raises OSError where a member is gone or has become shorter."""
    for name, path, size in found:
        yield _head(name, size)
        with path.open("rb") as handle:
            left = size
            while left:
                piece = handle.read(min(PIECE, left))
                if not piece:
                    raise OSError(None, "has become shorter", os.fspath(path))
                left -= len(piece)
                yield piece
        yield bytes(-size % tarfile.BLOCKSIZE)
    yield _END


_END = bytes(2 * tarfile.BLOCKSIZE)


def _head(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.PAX_FORMAT)

"""Zip and tar archives: which files one holds, and one of them as a stream. Nothing is unpacked to disk.

What a member holds, and whether its name is one of data, is not asked here.
"""

from __future__ import annotations

import contextlib
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

DAMAGED = (zipfile.BadZipFile, tarfile.TarError, NotImplementedError)
"""What is raised for an archive that is damaged, or packed in a way that zipfile does not know."""

_ENCRYPTED = 1  # of a ZIP entry's general purpose flags (APPNOTE 4.4.4)
_ZIP_MAGIC = b"PK\x03\x04"
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257  # POSIX.1-1988, ustar interchange format


class EncryptedError(Exception):
    """A member of an archive cannot be read without a password."""


def members(path: Path, head: bytes) -> list[str] | None:
    """The files in an archive by name, sorted; None where a file that begins so, unpacked, is none.

    Encrypted members are among them, though they cannot be read. Raises one of DAMAGED, or what a packed stream raises.
    """
    if head.startswith(_ZIP_MAGIC) and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as zipped:
            return sorted({entry.filename for entry in zipped.infolist() if not entry.is_dir()})
    if head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        with tarfile.open(path) as tarred:
            return sorted({entry.name for entry in tarred if entry.isfile()})
    return None


@contextlib.contextmanager
def opened(path: Path, member: str) -> Iterator[IO[bytes]]:
    """A file, or a member of an archive, open for reading.

    Raises KeyError where there is no such member, and EncryptedError where it has a password.
    """
    if not member:
        with path.open("rb") as handle:
            yield handle
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as zipped:
            if zipped.getinfo(member).flag_bits & _ENCRYPTED:
                raise EncryptedError
            with zipped.open(member) as stream:
                yield stream
    else:
        with tarfile.open(path) as tarred:
            found = tarred.extractfile(member)
            if found is None:
                raise KeyError(member)
            with found:
                yield found

"""Files that are whole or absent: written under a temporary name, flushed, renamed; and hashed.

Nothing here knows what a file means. A reader never sees half a file, whatever happened to the writer.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import orjson

from tuneset.errors import InputError, TunesetError

TEMPORARY_PREFIX = ".tmp-"
_READ_SIZE = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_OF_RUST = re.compile(r"\(os error (\d+)\)$")
"""How Rust ends the words of an error of the system, which arrives here without its number."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block ends well, remove it if not.

    A full disk, a missing permission or a folder that is a file is raised as a TunesetError that names `path`.
    """
    temporary = path.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(4)}-{path.name}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):  # where the folder cannot be, there is nothing to remove either
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """Yield a binary handle whose bytes appear at `path` all at once, or not at all."""
    with replacing(path) as temporary, temporary.open("wb") as handle:
        yield handle


def write_error(path: object, error: OSError) -> TunesetError:
    """Say in a person's words why `path` could not be written."""
    number, told = error.errno, error.strerror or str(error)
    if number is None and (of_rust := _OF_RUST.search(told)):
        number = int(of_rust[1])
        told = os.strerror(number)
    if number in _FULL:
        return InputError(f"{path}: the disk is full", hint="free some space and run the same command again")
    if number in (errno.EACCES, errno.EROFS, errno.EPERM):
        return InputError(f"{path}: cannot be written: {told}", hint="check the folder's permissions")
    if number in (errno.ENOTDIR, errno.EEXIST):
        return InputError(
            f"{path}: cannot be written: {told}", hint="a file stands where a folder is needed: name another"
        )
    return InputError(f"{path}: cannot be written: {told}")


def read_error(path: object, error: OSError) -> InputError:
    """Say in a person's words why `path` could not be read."""
    hint = {errno.ENOENT: "check the path", errno.EACCES: "check its permissions", errno.EISDIR: "name a file in it"}
    return InputError(f"{path}: cannot be read: {error.strerror or error}", hint=hint.get(error.errno or 0, ""))


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path`, whole or not at all."""
    with writing(path) as handle:
        handle.write(data)


def json_bytes(document: Any) -> bytes:  # noqa: ANN401  any JSON document
    """Serialise for a person and for git: sorted keys, two spaces, a newline at the end."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def write_json(path: Path, document: Any) -> None:  # noqa: ANN401  any JSON document
    """Write a JSON document in the one form that this project writes."""
    write_bytes(path, json_bytes(document))


def read_json(path: Path) -> Any:  # noqa: ANN401  any JSON document
    """Read a JSON document. Raises InputError where the file is missing or is not JSON."""
    try:
        return orjson.loads(path.read_bytes())
    except OSError as error:
        raise read_error(path, error) from error
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path}: is not JSON (line {error.lineno}, column {error.colno})") from None


def sha256_file(path: Path) -> str:
    """The sha256 of a file as 64 hex digits, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(_READ_SIZE):
            digest.update(piece)
    return digest.hexdigest()


def remove_temporaries(folder: Path) -> None:
    """Remove what a killed run left under a temporary name in `folder` (not below it)."""
    for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

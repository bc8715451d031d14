"""Receipts: what was made at an endpoint, one write-once JSON file each, in a folder that DVC does not clean.

A receipt only says where to look; whoever reads one asks the server before it builds on it. No key is in any.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import orjson

from tuneset import locks
from tuneset.artifacts import json_bytes, read_json, replacing, write_error
from tuneset.errors import RemoteError

_SEAL = "seal"
_LOCK = ".lock"


def key_of(*parts: str) -> str:
    """A short name for what a receipt is about: 16 hex digits over all the parts.

    >>> key_of("local", "ab") == key_of("loc", "alab")
    False
    """
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:16]


def locked(folder: Path) -> AbstractContextManager[None]:
    """Keep other processes from making the same thing at the same time; waits while one is at it.

    Raises InputError where the folder cannot be written.
    """
    return locks.held(folder / _LOCK, wait=True)


def write(folder: Path, kind: str, key: str, content: dict[str, Any]) -> Path:
    """Write a receipt under the next free number, `KIND-KEY-NUMBER.json`; none is ever written over.

    Raises InputError where the folder cannot be written.
    """
    data = json_bytes({**content, _SEAL: _seal(content)})
    number = len(_paths(folder, kind, key)) + 1
    while True:
        path = folder / f"{kind}-{key}-{number}.json"
        if _write_new(path, data):
            return path
        number += 1


def read(folder: Path, kind: str, key: str) -> list[dict[str, Any]]:
    """All receipts of that kind and key, the newest first.

    Raises RemoteError `receipt_altered` where one was edited or cut short.
    """
    return [_read_one(path) for path in reversed(_paths(folder, kind, key))]


def remove(folder: Path, kind: str, key: str) -> None:
    """Remove the receipts of that kind and key, once what they name is gone or has a better receipt."""
    for path in _paths(folder, kind, key):
        path.unlink(missing_ok=True)


def all_of(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Every receipt of that kind, whatever its key, the oldest first. Raises RemoteError `receipt_altered`."""
    paths = sorted(folder.glob(f"{kind}-*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return [_read_one(path) for path in paths]


def _read_one(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict) or content.pop(_SEAL, None) != _seal(content):
        raise RemoteError(
            f"{path}: this receipt was changed after it was written",
            code="receipt_altered",
            hint="remove it; what it names is looked for at the endpoint before anything is sent again",
        )
    return content


def _paths(folder: Path, kind: str, key: str) -> list[Path]:
    """The receipts of that kind and key, the oldest first."""
    numbered = re.compile(rf"{re.escape(kind)}-{re.escape(key)}-(\d+)\.json")
    found = [(match, path) for path in folder.glob(f"{kind}-{key}-*.json") if (match := numbered.fullmatch(path.name))]
    return [path for match, path in sorted(found, key=lambda pair: int(pair[0][1]))]


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(json_bytes(content)).hexdigest()


def _write_new(path: Path, data: bytes) -> bool:
    """Write a file that is whole or absent and that no other process has written; whether that went well."""
    whole = path.with_name(f"{path.name}.{os.getpid()}")
    with replacing(whole) as temporary:
        temporary.write_bytes(data)
    try:
        os.link(whole, path)  # fails where the path exists, unlike a rename
    except FileExistsError:
        return False
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        whole.unlink(missing_ok=True)
    return True

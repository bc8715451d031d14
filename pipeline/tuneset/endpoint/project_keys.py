"""The keys that a server has, and the project that each opens: read from a file, compared in constant time.

    # a comment
    research=sk-...
    support=sk-...

A project may have several keys, as while one is exchanged; a key opens one project. What was made before there were
projects, or by a server with one key or none, belongs to DEFAULT_PROJECT.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import re
from collections.abc import Iterable
from pathlib import Path

from tuneset.endpoint.state.objects import DEFAULT_PROJECT
from tuneset.errors import InputError, UsageError

LEAST_KEY = 8
"""Characters of a key of a project."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_LINES = f"NAME=KEY, a line each: names of letters, digits and _.-, keys of {LEAST_KEY} characters and more"


@dataclasses.dataclass(frozen=True)
class ProjectKey:
    """A key that opens a project."""

    project: str
    key: str = dataclasses.field(repr=False)


def only_key(api_key: str | None) -> list[ProjectKey]:
    """The keys of a server that has one, or none."""
    return [] if api_key is None else [ProjectKey(DEFAULT_PROJECT, api_key)]


def project_of(token: str, keys: Iterable[ProjectKey]) -> str | None:
    """The project that a token opens; None where it opens none. Every key is compared, in a time that tells nothing.

    >>> project_of("sk-b", [ProjectKey("one", "sk-a"), ProjectKey("two", "sk-b")]), project_of("", [])
    ('two', None)
    """
    found, shown = None, _digest(token)
    for one in keys:
        found = one.project if hmac.compare_digest(shown, _digest(one.key)) else found
    return found


def read_project_keys(path: Path) -> list[ProjectKey]:
    """The keys of a file. No message holds a key.

    Raises InputError where it cannot be read, and UsageError where a line is no NAME=KEY, a key stands twice, or there
    is none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InputError(f"{path}: the keys of projects cannot be read: {reason}") from None
    keys: list[ProjectKey] = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, key = (part.strip() for part in text.partition("="))
        if not equals or not _NAME.fullmatch(name) or len(key) < LEAST_KEY or not key.isascii() or " " in key:
            raise UsageError(f"{path}:{number}: is no key of a project", allowed=_LINES)
        if project_of(key, keys) is not None:
            raise UsageError(f"{path}:{number}: this key stands there already", allowed="one project a key")
        keys.append(ProjectKey(name, key))
    if not keys:
        raise UsageError(f"{path}: holds no key", allowed=_LINES)
    return keys


def _digest(key: str) -> bytes:
    """All keys at one length, as a comparison takes as long as they are."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()

"""Ids as the protocol's look: a prefix and 24 letters and digits; and the time in whole seconds."""

from __future__ import annotations

import secrets
import string
import time

_LETTERS = string.ascii_letters + string.digits
_LENGTH = 24


def new_id(prefix: str, length: int = _LENGTH) -> str:
    """An id that nobody can guess, such as `file-XjGxS3KTG0uNmNOK362iJua3`."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))


def unix_time() -> int:
    """Unix time in seconds, as the protocol's `created_at`."""
    return int(time.time())

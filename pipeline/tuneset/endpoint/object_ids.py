"""Ids that look as the protocol's: a prefix and 24 letters and digits."""

from __future__ import annotations

import secrets
import string

_LETTERS = string.ascii_letters + string.digits
_LENGTH = 24


def new_id(prefix: str, length: int = _LENGTH) -> str:
    """An id that nobody can guess, such as `file-XjGxS3KTG0uNmNOK362iJua3`."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))

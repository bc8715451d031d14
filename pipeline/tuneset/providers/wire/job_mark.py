"""The name of a job that holds its run key, by which it is found again where nothing else of a request is kept."""

from __future__ import annotations

import re

KEY_DIGITS = 16
"""Hex digits of the run key in a name: half of them, since names are short."""
_MARK = re.compile(r"(?:^|-)tn([0-9a-f]{16})-(\d+)$")


def mark(key: str) -> str:
    """The part of a name that all attempts at a job share.

    >>> mark("0123456789abcdef0123456789abcdef")
    'tn0123456789abcdef'
    """
    return f"tn{key[:KEY_DIGITS]}"


def marked(suffix: str | None, key: str, attempt: int) -> str:
    """A name: the user's suffix in small letters, digits and hyphens, the run key cut, the number of the attempt.

    >>> marked("Mine", "0123456789abcdef0123456789abcdef", 2), marked(None, "0123456789abcdef01", 1)
    ('mine-tn0123456789abcdef-2', 'tn0123456789abcdef-1')
    """
    own = re.sub(r"[^a-z0-9]+", "-", (suffix or "").lower()).strip("-")
    name = f"{mark(key)}-{attempt}"
    return f"{own}-{name}" if own else name


def mark_of(name: str | None) -> tuple[str, int] | None:
    """The cut run key and the attempt in a name; None where it is not one of ours.

    >>> mark_of("mine-tn0123456789abcdef-2"), mark_of("mine"), mark_of(None)
    (('0123456789abcdef', 2), None, None)
    """
    match = _MARK.search(name or "")
    return (match[1], int(match[2])) if match else None


def whole_key(found: tuple[str, int] | None, key: str | None) -> str | None:
    """The run key that a mark stands for: `key` itself where the mark is its beginning.

    >>> whole_key(("0123456789abcdef", 1), "0123456789abcdef99"), whole_key(None, "0123")
    ('0123456789abcdef99', None)
    """
    if found is None:
        return None
    return key if key and key.startswith(found[0]) else found[0]

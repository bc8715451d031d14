"""Where a text that is too long may end: not within a character of several code points, and not within fenced code.

A family in one emoji, a letter with its accent and a flag are several code points, of which a tokenizer may keep some;
what is left of them would be another character. Code whose fence is never closed would be learned as an end.
"""

from __future__ import annotations

import re
import unicodedata

_JOINER = "\u200d"
_MARKS = ("Mn", "Mc", "Me")
_MODIFIERS = range(0x1F3FB, 0x1F400)
"""Tones of skin, which change the emoji before them."""
_TAGS = range(0xE0020, 0xE0080)
_REGIONS = range(0x1F1E6, 0x1F200)
"""Letters of which two are a flag."""
_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})", re.MULTILINE)


def cut_at(text: str, end: int) -> str:
    r"""The beginning of a text up to a place, less what that leaves of a character or of fenced code.

    >>> cut_at("A family: \U0001f468\u200d\U0001f469\u200d\U0001f467.", 13), cut_at("Orle\u0301ans", 4)
    ('A family: ', 'Orl')
    >>> cut_at("Do this:\n```\nls -l\n```\nThat is all.", 15), cut_at("Nine to five.", 4)
    ('Do this:', 'Nine')
    """
    while 0 < end < len(text) and _is_within(text, end):
        end -= 1
    fence = _open_fence(text[:end])
    if fence is not None and _open_fence(text) is None:
        return text[:fence].rstrip()
    return text[:end]


def _is_within(text: str, place: int) -> bool:
    """Whether the code points before and after a place are of one character."""
    before, after = text[place - 1], text[place]
    code = ord(after)
    if code in _REGIONS and ord(before) in _REGIONS:
        start = place
        while start > 0 and ord(text[start - 1]) in _REGIONS:
            start -= 1
        return (place - start) % 2 == 1
    if _JOINER in (before, after) or code in _MODIFIERS or code in _TAGS:
        return True
    return unicodedata.category(after) in _MARKS or before + after == "\r\n"


def _open_fence(text: str) -> int | None:
    """Where the fence stands that is open at the end of a text, if one is."""
    opened: tuple[str, int] | None = None
    for found in _FENCE.finditer(text):
        if opened is None:
            opened = found[1], found.start()
        elif found[1].startswith(opened[0]):
            opened = None
    return None if opened is None else opened[1]

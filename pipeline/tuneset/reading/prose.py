"""What counts as text that somebody wrote, in contrast to ids, labels, dates and links."""

from __future__ import annotations

import re

from tuneset.json_text import JsonValue

_WORDS = 3
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff]{8}")  # scripts without spaces
_LEVELS = 4


def is_prose(value: JsonValue, levels: int = _LEVELS) -> bool:
    """Whether a value is, or holds, a text of three words or more.

    >>> is_prose("open_qa"), is_prose("2026-01-01 10:00"), is_prose("Be brief, please."), is_prose([{"a": "x y z"}])
    (False, False, True, True)
    """
    if type(value) is str:
        words = value.split(None, _WORDS - 1)
        return len(words) == _WORDS or (not value.isascii() and _UNSPACED.search(value) is not None)
    if levels == 0:
        return False
    if type(value) is list:
        return any(is_prose(inner, levels - 1) for inner in value)
    if type(value) is dict:
        return any(is_prose(inner, levels - 1) for inner in value.values())
    return False

"""JSON text to Python values and back, with every digit of an integer kept.

orjson does the work; the standard library stands in for what orjson would change or refuse: integers beyond 64 bits.
What does not survive: the spelling of other numbers (`1e2` becomes `100.0`, `-0` becomes `0`, digits of a fraction
beyond a double's precision go) and all but the last of repeated keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from tuneset.long_numbers import lines_with_long_numbers

JsonValue = Any

_PLAIN = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


_KEY_LENGTH_SHOWN = 40  # characters
_DEEPEST = 254  # levels of lists and objects that orjson writes
_HOLDS = (list, tuple, dict)


class TooDeepError(ValueError):
    """A value nested deeper than orjson writes (254 levels)."""


def loads(text: bytes) -> JsonValue:
    """Parse JSON text that is known to be valid.

    >>> loads(b'{"n": 123456789012345678901234567890}')
    {'n': 123456789012345678901234567890}
    """
    return json.loads(text) if lines_with_long_numbers(text) else orjson.loads(text)


def dumps(value: JsonValue) -> str:
    """Write a value as JSON text without white space.

    Raises TooDeepError where the value is nested deeper than 254 levels.

    >>> dumps({"n": 123456789012345678901234567890, "s": "é"})
    '{"n":123456789012345678901234567890,"s":"é"}'
    """
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # too deep, or an integer beyond 64 bits: the error says which in words alone
        if _is_too_deep(value):
            raise TooDeepError(f"nested deeper than {_DEEPEST} levels") from None
        return _PLAIN.encode(value)


def _is_too_deep(value: JsonValue) -> bool:
    """Whether lists and objects are nested deeper than orjson writes.

    >>> _is_too_deep([{"a": []}])
    False
    """
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            held
            for one in level
            if isinstance(one, _HOLDS)
            for held in (one.values() if isinstance(one, dict) else one)
        ]
    return any(isinstance(one, _HOLDS) for one in level)


def dump_line(example: dict[str, Any]) -> bytes:
    r"""One line of a JSONL file, its newline included. Takes whatever `tables.to_examples` gives.

    >>> dump_line({"messages": []})
    b'{"messages":[]}\n'
    """
    try:
        return orjson.dumps(example, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # an integer beyond 64 bits, or a value of 254 levels that became deeper inside its line
        return _PLAIN.encode(example).encode() + b"\n"


def held_at(columns: Mapping[str, JsonValue], column: str) -> JsonValue:
    """What a column holds or, where none has the name, what lies at the path: keys and places in lists, from 0.

    >>> held_at({"a": {"b": [7]}}, "a.b.0"), held_at({"a.b": 7}, "a.b"), held_at({"a": "b"}, "a.b")
    (7, 7, None)
    """
    if column in columns:
        return columns[column]
    found: JsonValue = columns
    for step in column.split("."):
        if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, dict):
            found = found.get(step)
        else:
            return None
    return found


def shown_key(key: str) -> str:
    r"""A key of an object as messages show it: cut, and without what cannot be seen.

    >>> shown_key("note\x07"), len(shown_key("a" * 99))
    ('note?', 40)
    """
    return "".join(mark if mark.isprintable() else "?" for mark in key[:_KEY_LENGTH_SHOWN])


_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]{0,30}))(?:\.0+)?")
_EXACT = 2**53  # from here on a float stands for several whole numbers


def as_id(value: JsonValue) -> JsonValue:
    """A value as an id: a whole number is one however a table writes it, and other text without white space around it.

    A table with an empty cell has 7.0 where another has 7, and CSV has both as text. Zeros before a number are kept.

    >>> [as_id(value) for value in (7, 7.0, "7", " 7.0", "07", "7.5", "a ", True, None)]
    [7, 7, 7, 7, '07', '7.5', 'a', True, None]
    """
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if not isinstance(value, str):
        return value
    text = value.strip()
    whole = _WHOLE.fullmatch(text)
    return int(whole[1]) if whole else text

"""JSON text to Python values and back, with every digit of an integer kept.

orjson does the work; the standard library stands in for what orjson would change or refuse: integers beyond 64 bits.
What does not survive: the spelling of other numbers (`1e2` becomes `100.0`, `-0` becomes `0`, digits of a fraction
beyond a double's precision go) and all but the last of repeated keys.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

JsonValue = Any

_SHAPES_OF_DIGITS = bytes(
    ord("0") if chr(code).isdecimal() else ord("-") if code == ord("-") else ord(" ") for code in range(128)
).ljust(256)
_EVERY = 5
_LONG_NUMBERS = (b"0" * 20, b"-" + b"0" * 19)
"""The shortest integers that may not fit 64 bits, unsigned and signed; orjson reads such a one as a rounded float."""

_PLAIN = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class TooDeepError(ValueError):
    """A value nested deeper than orjson writes (254 levels)."""


def lines_with_long_numbers(text: bytes) -> set[int]:
    r"""Which lines, from 0, hold so many digits in a row that they may be an integer beyond 64 bits.

    Every fifth byte is looked at first: of nineteen digits it meets three. Only lines in which it does are looked at
    whole. That is twenty times as fast as a regular expression, and every byte of the input passes through here.

    >>> lines_with_long_numbers(b"[1234567890123456789]\n[12345678901234567890]\n[-1234567890123456789]")
    {1, 2}
    """
    found: set[int] = set()
    fifth = text[::_EVERY].translate(_SHAPES_OF_DIGITS)
    line, counted, place = 0, 0, fifth.find(b"000")
    while place >= 0:
        start = text.rfind(b"\n", counted, place * _EVERY) + 1 or counted
        end = text.find(b"\n", place * _EVERY)
        line += text.count(b"\n", counted, start)
        counted = start
        shape = text[start : end if end >= 0 else len(text)].translate(_SHAPES_OF_DIGITS)
        if any(number in shape for number in _LONG_NUMBERS):
            found.add(line)
        place = fifth.find(b"000", max(end // _EVERY, place + 1)) if end >= 0 else -1
    return found


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
    except TypeError as error:
        if "Recursion" in str(error):
            raise TooDeepError(str(error)) from None
        return _PLAIN.encode(value)


def dump_line(example: dict[str, Any]) -> bytes:
    r"""One line of a JSONL file, its newline included. Takes whatever `tables.to_examples` gives.

    >>> dump_line({"messages": []})
    b'{"messages":[]}\n'
    """
    try:
        return orjson.dumps(example, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # an integer beyond 64 bits, or a value of 254 levels that became deeper inside its line
        return _PLAIN.encode(example).encode() + b"\n"

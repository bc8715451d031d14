"""One JSON value out of a text, what is wrong with one that cannot be read, and whether a value is a row."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from tuneset.json_text import JsonValue
from tuneset.reading.containers.relaxed_json import without_comments

MAX_LINE_BYTES = 256 << 20
"""A longer line is rejected: ours, so that a file without line ends cannot fill the memory. Ten images of 10 MB
in base64, the most that OpenAI takes in one example, come to 134 MB."""

MAX_DEPTH = 254
"""Levels of nesting: what orjson 3.13 writes."""

TOO_DEEP = ("JSN001", f"the row is nested deeper than {MAX_DEPTH} levels")

_SURROGATE = re.compile("[\ud800-\udfff]")


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def decode_value(text: str, position: int) -> tuple[JsonValue, int]:
    """The JSON value that starts at a position, and the position after it; integers keep every digit.

    Raises JSONDecodeError where it is no JSON, ValueError where a number in it is NaN, infinite or too large, and
    RecursionError; `explain` puts them in words.
    """
    return _DECODER.raw_decode(text, position)


def decode_relaxed(text: str, position: int) -> tuple[JsonValue, int]:
    """What `decode_value` gives, also for a value with comments or commas before a closing bracket.

    >>> decode_relaxed('{"a": [1, ],} ', 0)
    ({'a': [1]}, 13)
    """
    try:
        return decode_value(text, position)
    except json.JSONDecodeError as error:
        try:
            value, end = decode_value(without_comments(text[position:]), 0)
        except (ValueError, RecursionError):
            raise error from None
        return value, position + end


def explain(error: Exception, text: str) -> tuple[str, str]:
    """Code and one sentence for what `decode_value` raised; columns count from 1 within the physical line."""
    if isinstance(error, RecursionError):
        return TOO_DEEP
    if not isinstance(error, json.JSONDecodeError):
        return "JSN003", "the row holds NaN, Infinity or a number too large for JSON readers"
    if "\0" in text:
        return "JSN006", "the row holds a NUL character"
    remedy = "; it is written as Python writes it: write rows with json.dumps" if _is_python(error) else ""
    return "JSN001", f"invalid JSON at column {error.colno}: {_reason(error)}{remedy}"


def _is_python(error: json.JSONDecodeError) -> bool:
    """Whether what stands where no JSON can be is what Python writes there: a single quote, True, False or None."""
    return error.doc.startswith(("'", "True", "False", "None"), error.pos)


def _reason(error: json.JSONDecodeError) -> str:
    """The parser's reason in a sentence: `Expecting ',' delimiter` becomes `expecting ',' delimiter`."""
    reason = error.msg.removesuffix(" at")
    return reason[:1].lower() + reason[1:]


def check_value(value: JsonValue) -> tuple[str, str] | None:
    """Code and sentence where a value that `decode_value` gave is no record that can be written, else None.

    >>> check_value([1])
    ('JSN002', 'the row is a list; a JSON object is needed')
    """
    if type(value) is not dict:
        return "JSN002", f"the row is {_kind(value)}; a JSON object is needed"
    level: list[JsonValue] = [value]
    for _ in range(MAX_DEPTH):
        below: list[JsonValue] = []
        for single in level:
            if type(single) is dict:
                below += single.keys()
                below += single.values()
            elif type(single) is list:
                below += single
            elif type(single) is str and _SURROGATE.search(single):
                return "JSN005", "the row holds half of a surrogate pair, which is no character"
        if not below:
            return None
        level = below
    return TOO_DEEP


def _kind(value: JsonValue) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")

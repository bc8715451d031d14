"""One JSON value out of a text, what is wrong with one that cannot be read, and whether a value is a row.

The only place that says so: raw files are read by it, and `check` asks it about lines that a fast reader refuses.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import NoReturn

from tuneset.json_text import JsonValue
from tuneset.reading.containers.relaxed_json import without_comments

MAX_ROW_BYTES = 256 << 20
"""A longer raw row is rejected: ours, so that a file without line ends cannot fill the memory. Ten images of 10 MB
in base64, the most that OpenAI takes in one example, come to 134 MB."""

MAX_DEPTH = 254
"""Levels of nesting: what orjson 3.13 writes."""

PARSED_DEPTH = 900
"""Levels of nesting of a value that is looked at any further: Python 3.11 reads about so many, 3.13 some thousands."""

_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURELY_FINITE = 308
"""An integer of so many digits is below the largest double, 1.8e308."""


class NoNumberError(ValueError):
    """A number that JSON readers do not take: NaN, infinite, or beyond the range of a double."""


def _refuse_constant(constant: str) -> NoReturn:
    raise NoNumberError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise NoNumberError("a number beyond the range of a double")
    return number


def _whole(text: str) -> int:
    """An integer with every digit; beyond the range of a double strict readers refuse it, as they do a fraction."""
    if len(text) > _SURELY_FINITE:
        _finite(text)
    return int(text)


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is there twice")
    return value


_PAIR = (
    "; write pairs that are one conversation as its list under `history`, and pairs that each stand alone as objects "
    "with `question` and `answer`"
)
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole)
_UNIQUE_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole, object_pairs_hook=_unique
)


def decode_value(text: str, position: int) -> tuple[JsonValue, int]:
    """The JSON value that starts at a position, and the position after it; integers keep every digit.

    Raises JSONDecodeError where it is no JSON, NoNumberError where a number in it is NaN, infinite or too large, and
    RecursionError; `explain` puts them in words.
    """
    value, end = _DECODER.raw_decode(text, position)
    _hold_to_depth(text, position, end)
    return value, end


def decode_unique(text: str, position: int) -> tuple[JsonValue, int]:
    """What `decode_value` gives. Raises ValueError as well where an object has a key twice."""
    value, end = _UNIQUE_DECODER.raw_decode(text, position)
    _hold_to_depth(text, position, end)
    return value, end


def _hold_to_depth(text: str, position: int, end: int) -> None:
    """Raise RecursionError where a value is nested so deep that going through it might."""
    opened = text.count("[", position, end) + text.count("{", position, end)  # few values have so many at all
    if opened > PARSED_DEPTH and _depth(text[position:end]) > PARSED_DEPTH:
        raise RecursionError(f"more than {PARSED_DEPTH} levels")


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


def explain(error: Exception, text: str, what: str = "row") -> tuple[str, str]:
    """Code and one sentence for what `decode_value` raised; columns count from 1 within the physical line.

    `what` is the word for that which was read.

    >>> explain(json.JSONDecodeError("Expecting value", "[x]", 1), "[x]")
    ('JSN001', 'invalid JSON at column 2: expecting value')
    """
    if isinstance(error, RecursionError):
        return too_deep(what)
    if isinstance(error, NoNumberError):
        return "JSN003", f"the {what} holds {error}, which is no JSON value"
    assert isinstance(error, json.JSONDecodeError), "nothing else is raised"
    if _depth(text[: error.pos]) > MAX_DEPTH:  # from Python 3.12 on its parser goes deeper before it gives up
        return too_deep(what)
    if "\0" in text:
        return "JSN006", f"the {what} holds a NUL character"
    remedy = "; it is written as Python writes it: write rows with json.dumps" if _is_python(error) else ""
    return "JSN001", f"invalid JSON at column {error.colno}: {_reason(error)}{remedy}"


def too_deep(what: str = "row") -> tuple[str, str]:
    """Code and sentence for a value with more than MAX_DEPTH levels."""
    return "JSN001", f"the {what} is nested deeper than {MAX_DEPTH} levels"


def _depth(text: str) -> int:
    """How many levels are open at the deepest place of a text.

    >>> _depth('{"[[[": [[1], [2]')
    3
    """
    steps = (1 if one in "[{" else -1 for one in _STRING_OR_BRACKET.findall(text) if one in "[]{}")
    return max(accumulate(steps), default=0)


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
        said = f"the row is {_kind(value)}; a JSON object is needed"
        return "JSN002", f"{said}{_PAIR}" if _is_pair(value) else said
    return check_parts(value)


def _is_pair(value: JsonValue) -> bool:
    """Whether a value is two texts: a question and its answer, or one of the exchanges of a conversation.

    >>> _is_pair(["Is it open?", "Yes."]), _is_pair([1, 2])
    (True, False)
    """
    return type(value) is list and [type(each) for each in value] == [str, str]


def check_parts(value: JsonValue, what: str = "row") -> tuple[str, str] | None:
    r"""Code and sentence where something in a value cannot be written, else None.

    >>> check_parts(["\ud800"], "line")
    ('JSN005', 'the line holds half of a surrogate pair, which is no character')
    """
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
                return "JSN005", f"the {what} holds half of a surrogate pair, which is no character"
        if not below:
            return None
        level = below
    return too_deep(what)


def _kind(value: JsonValue) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")

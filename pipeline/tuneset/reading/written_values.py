"""JSON objects that stand in the middle of a text, such as the functions in a system text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

_DECODER = json.JSONDecoder()
_MOST_STARTS = 10_000
"""Ours: braces that begin no object are each tried once, and a text of nothing else must not take for ever."""


class WrittenObject(NamedTuple):
    """An object and the part of the text that it is: `text[start:end]`."""

    value: dict[str, Any]
    start: int
    end: int


def objects_in(text: str) -> Iterator[WrittenObject]:
    """Yield the JSON objects in a text, in order, none within another.

    >>> [found.value for found in objects_in('of {these}: {"a": {"b": 1}} and {"c": 2}')]
    [{'a': {'b': 1}}, {'c': 2}]
    """
    start = text.find("{")
    for _ in range(_MOST_STARTS):
        if start < 0:
            return
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
            continue
        yield WrittenObject(value, start, end)
        start = text.find("{", end)

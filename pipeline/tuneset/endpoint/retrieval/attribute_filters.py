"""Filters on the attributes of files in a vector store: comparisons, and `and` and `or` of filters.

A value is compared with one of its own kind alone: text with text, numbers with numbers, truth with truth. Of another
kind, or where a file has no such attribute, `ne` and `nin` hold and nothing else does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from tuneset.endpoint.api.api_errors import ApiError

DEEPEST = 8
"""Filters within filters."""

MOST = 200
"""Comparisons of a filter."""

Filter = Callable[[Mapping[str, Any]], bool]

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_COMPARISONS = ("eq", "ne", *_ORDER, "in", "nin")


def read_filter(document: object, param: str = "filters") -> Filter:
    """The filter that a document describes. Raises ApiError 400 with its place as `param` where it describes none."""
    return _Reading().read(document, param, 1)


class _Reading:
    def __init__(self) -> None:
        self._comparisons = 0

    def read(self, document: object, param: str, depth: int) -> Filter:
        if not isinstance(document, dict):
            raise _refused(param, "expected an object")
        kind = document.get("type")
        if kind in ("and", "or"):
            parts = document.get("filters")
            if not isinstance(parts, list) or set(document) != {"type", "filters"}:
                raise _refused(param, f"'{kind}' has 'filters', a list, and nothing else")
            if depth > DEEPEST:
                raise _refused(param, f"filters may be {DEEPEST} deep")
            found = [self.read(one, f"{param}.filters[{place}]", depth + 1) for place, one in enumerate(parts)]
            every = all if kind == "and" else any
            return lambda attributes: every(one(attributes) for one in found)
        if kind not in _COMPARISONS:
            raise _refused(f"{param}.type", f"expected one of {', '.join((*_COMPARISONS, 'and', 'or'))}")
        if set(document) != {"type", "key", "value"} or not isinstance(document["key"], str):
            raise _refused(param, f"'{kind}' has 'key', a text, and 'value', and nothing else")
        self._comparisons += 1
        if self._comparisons > MOST:
            raise _refused(param, f"a filter may have {MOST} comparisons")
        return _comparison(kind, document["key"], document["value"], f"{param}.value")


def _comparison(kind: str, key: str, value: object, param: str) -> Filter:
    if kind in ("in", "nin"):
        if not isinstance(value, list) or not all(_kind(one) for one in value):
            raise _refused(param, f"'{kind}' takes a list of texts, numbers or truth values")
        wanted = (kind == "in",)
        return lambda attributes: any(_equal(attributes.get(key), one) for one in value) in wanted
    if not _kind(value):
        raise _refused(param, f"'{kind}' takes a text, a number or a truth value")
    if kind in ("eq", "ne"):
        return lambda attributes: _equal(attributes.get(key), value) == (kind == "eq")
    compare = _ORDER[kind]
    return lambda attributes: _kind(attributes.get(key)) == _kind(value) and compare(attributes[key], value)


def _equal(one: object, other: object) -> bool:
    return _kind(one) == _kind(other) and one == other


def _kind(value: object) -> str:
    """What a value may be compared with; empty for what is no value of an attribute.

    >>> [_kind(value) for value in ("a", True, 1, 1.5, None, [])]
    ['text', 'truth', 'number', 'number', '', '']
    """
    if isinstance(value, bool):
        return "truth"
    return "text" if isinstance(value, str) else "number" if isinstance(value, int | float) else ""


def _refused(param: str, why: str) -> ApiError:
    return ApiError(400, f"Invalid '{param}': {why}", param=param, code="invalid_value")

"""The texts of a grader with what their places `{{ item.NAME }}` and `{{ sample.NAME }}` stand for.

`item` is the row, `sample` the answer. Nothing else can be named, and nothing is computed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

PLACE = re.compile(r"\{\{\s*(item|sample)\.([^{}]+?)\s*\}\}")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

MISSING = object()


class MissingValueError(Exception):
    """A place names what the row or the answer does not have; the text names the place and no value."""


def fill(template: str, sample: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    """A text with its places filled; what is no text is written as JSON.

    Raises MissingValueError.

    >>> fill("{{ item.a.b[0] }} is {{sample.output_text}}", {"output_text": "x"}, {"a": {"b": [1]}})
    '1 is x'
    """
    spaces = {"sample": sample, "item": item}

    def value(found: re.Match[str]) -> str:
        there = _at(spaces[found[1]], found[2])
        if there is MISSING:
            raise MissingValueError(f"there is no {found[1]}.{found[2]}")
        return there if isinstance(there, str) else json.dumps(there, ensure_ascii=False)

    return PLACE.sub(value, template)


def _at(holder: object, path: str) -> object:
    """What a path leads to, or MISSING.

    >>> _at({"a": [{"b": 7}]}, "a[0].b"), _at({}, "a") is MISSING
    (7, True)
    """
    for step in _STEP.finditer(path):
        name, place = step.groups()
        if name is not None:
            holder = holder.get(name, MISSING) if isinstance(holder, Mapping) else MISSING
        else:
            number = int(place)
            holder = holder[number] if isinstance(holder, list) and number < len(holder) else MISSING
        if holder is MISSING:
            break
    return holder

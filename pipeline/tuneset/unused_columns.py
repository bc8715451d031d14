"""Columns of raw rows with text that is in no example: how messages show their names, and those of one file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEY_LENGTH_SHOWN = 40  # characters


def shown_key(key: str) -> str:
    """A key as messages show it: cut, and without what cannot be seen."""
    return "".join(mark if mark.isprintable() else "?" for mark in key[:_KEY_LENGTH_SHOWN])


def of_source(metrics: Mapping[str, Any], source: str) -> dict[str, int]:
    """What the document of `metrics.json` says of a file's unused columns; nothing in one of an older version.

    >>> of_source({"columns": {"unused": {"a.jsonl": {"note": 2}}}}, "a.jsonl"), of_source({}, "a.jsonl")
    ({'note': 2}, {})
    """
    found: dict[str, int] = metrics.get("columns", {}).get("unused", {}).get(source, {})
    return found

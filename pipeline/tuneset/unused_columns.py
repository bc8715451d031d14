"""How columns are counted among a stage's metrics and shown: text in no example, scores and marks that decide nothing.

Metrics are sums by name, so the name holds file and column.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset.json_text import dumps, loads

_UNUSED = "unused:"
_SCORED = "scored:"
_MARKED = "marked:"
_KEY_LENGTH_SHOWN = 40  # characters


def unused_key(source: str, column: str) -> str:
    """The metric that counts the rows of a file in which a column is not used.

    >>> unused_key("raw.jsonl", "note"), unused_place('unused:["raw.jsonl","note"]'), unused_place("rows.read")
    ('unused:["raw.jsonl","note"]', ('raw.jsonl', 'note'), None)
    """
    return _UNUSED + dumps([source, column])


def unused_place(metric: str) -> tuple[str, str] | None:
    """The file and the column of a metric that `unused_key` made, or None for another metric."""
    if not metric.startswith(_UNUSED):
        return None
    source, column = loads(metric.removeprefix(_UNUSED).encode())
    return source, column


def scored_key(source: str, column: str) -> str:
    """The metric that counts the rows of a file in which a column holds a score.

    >>> scored_place(scored_key("raw.jsonl", "rating")), scored_place("rows.read")
    (('raw.jsonl', 'rating'), None)
    """
    return _SCORED + dumps([source, column])


def scored_place(metric: str) -> tuple[str, str] | None:
    """The file and the column of a metric that `scored_key` made, or None for another metric."""
    if not metric.startswith(_SCORED):
        return None
    source, column = loads(metric.removeprefix(_SCORED).encode())
    return source, column


def marked_key(source: str, column: str, kind: str) -> str:
    """The metric that counts the rows of a file that a column marks, such as `moderated`, and that are kept.

    >>> marked_place(marked_key("raw.jsonl", "toxic", "moderated")), marked_place("rows.read")
    (('raw.jsonl', 'toxic', 'moderated'), None)
    """
    return _MARKED + dumps([source, column, kind])


def marked_place(metric: str) -> tuple[str, str, str] | None:
    """The file, the column and the kind of a metric that `marked_key` made, or None for another metric."""
    if not metric.startswith(_MARKED):
        return None
    source, column, kind = loads(metric.removeprefix(_MARKED).encode())
    return source, column, kind


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

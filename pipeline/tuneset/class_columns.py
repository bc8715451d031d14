"""Columns whose numbers and states are classes and say nothing of an answer, as all parts of a file tell it together.

`label: 0` is a verdict in a file that has 0 and 1 there, and a class in one that has a 2 somewhere. A part of a file
sees its own rows alone, so it counts two things among its metrics: in which columns it has met classes, and by which
ones it has left out rows that another part may know better. Metrics are sums by name, so the name holds file and
column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tuneset.json_text import dumps, loads

_MET = "classes:"
_JUDGED = "judged:"

Classes = Mapping[str, frozenset[str]]
"""By file the columns that hold classes."""


def met_key(source: str, column: str) -> str:
    """The metric that says that some row of a file has a class in a column."""
    return _MET + dumps([source, column])


def judged_key(source: str, column: str) -> str:
    """The metric that counts the rows that are left out by a number or a state, which may be a class, in a column."""
    return _JUDGED + dumps([source, column])


def place(metric: str) -> tuple[str, str] | None:
    """The file and the column of a metric of either kind, or None for another metric.

    >>> place(met_key("raw.jsonl", "label")), place(judged_key("raw.jsonl", "label")), place("rows.read")
    (('raw.jsonl', 'label'), ('raw.jsonl', 'label'), None)
    """
    return _place(metric, _MET) or _place(metric, _JUDGED)


def of_files(metrics: Iterable[Mapping[str, int]]) -> Classes:
    """By file the columns in which one of its parts has met classes, from the metrics of all parts.

    >>> {source: sorted(names) for source, names in of_files([{met_key("a", "label"): 1}, {"rows.read": 2}]).items()}
    {'a': ['label']}
    """
    found: dict[str, set[str]] = {}
    for metric in (metric for one in metrics for metric in one):
        met = _place(metric, _MET)
        if met is not None:
            found.setdefault(met[0], set()).add(met[1])
    return {source: frozenset(columns) for source, columns in found.items()}


def hastily_judged(metrics: Mapping[str, int], classes: Classes) -> bool:
    """Whether a part left out rows by a column that holds classes elsewhere in its file, and so is to be read again.

    >>> part = {judged_key("a", "label"): 3}
    >>> hastily_judged(part, {"a": frozenset({"label"})}), hastily_judged(part, {"a": frozenset({"status"})})
    (True, False)
    """
    return any(
        judged is not None and judged[1] in classes.get(judged[0], ())
        for judged in (_place(metric, _JUDGED) for metric in metrics)
    )


def judges(metrics: Mapping[str, int]) -> bool:
    """Whether rows were left out by what may be a class in another part of their file."""
    return any(metric.startswith(_JUDGED) for metric in metrics)


def _place(metric: str, kind: str) -> tuple[str, str] | None:
    if not metric.startswith(kind):
        return None
    source, column = loads(metric.removeprefix(kind).encode())
    return source, column

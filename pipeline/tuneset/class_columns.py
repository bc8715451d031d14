"""Columns whose numbers and states are classes and say nothing of an answer, as all parts of a file tell it together.

`label: 0` is a verdict in a file that has 0 and 1 there, and a class in one that has a 2 somewhere. A part of a file
sees its own rows alone, so it counts two things among its metrics: in which columns it has met classes, and by which
ones it has left out rows that another part may know better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tuneset.metric_names import is_of, metric_name, parts_of

Classes = Mapping[str, frozenset[str]]
"""By file the columns that hold classes."""


def met_key(source: str, column: str) -> str:
    """The metric that says that some row of a file has a class in a column."""
    return metric_name("classes", source, column)


def judged_key(source: str, column: str) -> str:
    """The metric that counts the rows that are left out by a number or a state, which may be a class, in a column."""
    return metric_name("judged", source, column)


def is_of_classes(metric: str) -> bool:
    """Whether a metric is one of the two.

    >>> is_of_classes(met_key("raw.jsonl", "label")), is_of_classes("rows.read")
    (True, False)
    """
    return is_of(metric, "classes", "judged")


def of_files(metrics: Iterable[Mapping[str, int]]) -> Classes:
    """By file the columns in which one of its parts has met classes, from the metrics of all parts.

    >>> {source: sorted(names) for source, names in of_files([{met_key("a", "label"): 1}, {"rows.read": 2}]).items()}
    {'a': ['label']}
    """
    found: dict[str, set[str]] = {}
    for metric in (metric for one in metrics for metric in one):
        met = parts_of(metric, "classes")
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
        for judged in (parts_of(metric, "judged") for metric in metrics)
    )


def judges(metrics: Mapping[str, int]) -> bool:
    """Whether rows were left out by what may be a class in another part of their file."""
    return any(is_of(metric, "judged") for metric in metrics)

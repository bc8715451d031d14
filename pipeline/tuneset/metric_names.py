"""Names of metrics that say where something was counted: a kind, then file, column and the like.

Metrics of a stage are sums by name, so that a name holds all by which they are told apart. What a kind of metric counts
is said where it is counted; here is only how such a name is written and read.
"""

from __future__ import annotations

from typing import Literal, get_args

from tuneset.json_text import dumps, loads

Kind = Literal[
    "unused", "scored", "marked", "undecided", "cut_cells", "held_out", "labelled_by", "source", "classes", "judged"
]  # fmt: skip
"""What is counted: rows with an unused column, with a score, marked and kept, kept though they may say that they are
bad, with a cell as long as Excel lets one be, kept though they are of a side for
measuring, answered by a model, and all rows;
columns that hold classes, and rows left out by what may be one."""

_KINDS: tuple[Kind, ...] = get_args(Kind)


def metric_name(kind: Kind, *parts: str) -> str:
    """The name of the metric of this kind for a file, a column and the like.

    >>> metric_name("unused", "raw.jsonl", "note")
    'unused:["raw.jsonl","note"]'
    """
    return f"{kind}:{dumps([*parts])}"


def parts_of(name: str, kind: Kind) -> tuple[str, ...] | None:
    """What `metric_name` put into a name of this kind; None for the name of another metric.

    >>> parts_of('unused:["raw.jsonl","note"]', "unused"), parts_of("rows.read", "unused")
    (('raw.jsonl', 'note'), None)
    """
    begin = f"{kind}:"
    return tuple(loads(name.removeprefix(begin).encode())) if name.startswith(begin) else None


def is_of(name: str, *kinds: Kind) -> bool:
    """Whether a metric is of one of these kinds; without any, of one that is counted by file.

    >>> is_of('scored:["raw.jsonl","rating"]'), is_of('scored:["raw.jsonl","rating"]', "unused"), is_of("rows.read")
    (True, False, False)
    """
    kind, colon, _ = name.partition(":")
    return bool(colon) and kind in (kinds or _KINDS)

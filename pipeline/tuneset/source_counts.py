"""What was read of each raw file, as counts among the metrics of ingest, and the account of each file made of them.

Metrics are sums by name, so the name holds file, container and shape. Shapes are counted before anything is dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from tuneset.drop_reasons import CONVERSATION_PART
from tuneset.metric_names import metric_name, parts_of

MOST_LISTED = 1000
"""So many files are listed, those with most rows; the others are one entry. Ours, so that the document stays small."""


def read_counts(source: str, container: str, shapes: Mapping[str, int]) -> dict[str, int]:
    """The metrics of what was read of a file; of one that gave no example as well, by its container.

    >>> read_counts("a.csv", "csv", {"question_answer": 2})
    {'source:["a.csv","csv",""]': 0, 'source:["a.csv","csv","question_answer"]': 2}
    """
    return {metric_name("source", source, container, shape): count for shape, count in {"": 0, **shapes}.items()}


def unused_columns(counts: Mapping[str, int], used: Collection[str] = ()) -> dict[str, dict[str, int]]:
    """By file, the columns with text that no example says, and in how many rows.

    >>> unused_columns({"rows.read": 2, 'unused:["a.jsonl","note"]': 2})
    {'a.jsonl': {'note': 2}}
    """
    found: dict[str, dict[str, int]] = {}
    for metric, count in sorted(counts.items()):
        place = parts_of(metric, "unused")
        if place is not None and place[1] not in used:
            found.setdefault(place[0], {})[place[1]] = count
    return found


def account(counts: Mapping[str, int], outcomes: pl.DataFrame) -> list[dict[str, Any]]:
    """What became of each file's rows, by name: `source, container, shapes, read, kept, dropped, parts` and why.

    `counts` are the metrics of ingest, `outcomes` has `source, outcome, code, rows` of the whole ledger. Rows are read,
    kept, dropped, or parts of a conversation that another row begins; `main_reason` is the code for which most were
    dropped. Where models gave answers of a file, `labelled_by` has their rows by model, as they were read.
    """
    found: dict[str, dict[str, Any]] = {}
    taught: dict[str, dict[str, int]] = {}
    for metric, count in sorted(counts.items()):
        place = parts_of(metric, "source")
        if place is not None:
            entry = found.setdefault(place[0], _empty(place[0], place[1]))
            if place[2]:
                entry["shapes"][place[2]] = count
        made = parts_of(metric, "labelled_by")
        if made is not None:
            taught.setdefault(made[0], {})[made[1]] = count
    for source, models in taught.items():
        found.setdefault(source, _empty(source, ""))["labelled_by"] = models
    for source, outcome, code, rows in outcomes.select("source", "outcome", "code", "rows").iter_rows():
        entry = found.setdefault(source, _empty(source, ""))
        entry["read"] += rows
        if outcome != "dropped":
            entry["kept"] += rows
        elif code == CONVERSATION_PART:
            entry["parts"] += rows
        else:
            entry["dropped"] += rows
            entry["dropped_by_code"][code] = rows
    for entry in found.values():
        reasons = entry["dropped_by_code"] = dict(sorted(entry["dropped_by_code"].items()))
        entry["main_reason"] = max(reasons, key=reasons.__getitem__) if reasons else None
    listed = sorted(found.values(), key=lambda entry: (-entry["read"], entry["source"]))
    return sorted(_shortened(listed), key=lambda entry: entry["source"])


def _empty(source: str, container: str) -> dict[str, Any]:
    zeros = dict.fromkeys(("read", "kept", "dropped", "parts"), 0)
    return {"source": source, "container": container, "shapes": {}, **zeros, "dropped_by_code": {}}


def _shortened(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first entries as they are, and one that sums the others."""
    rest = listed[MOST_LISTED:]
    if not rest:
        return listed
    whole = _empty(f"({len(rest):,} more files)", "")
    for entry in rest:
        for name in ("read", "kept", "dropped", "parts"):
            whole[name] += entry[name]
        for name in ("shapes", "dropped_by_code", "labelled_by"):
            for key, count in entry.get(name, {}).items():
                counts = whole.setdefault(name, {})
                counts[key] = counts.get(key, 0) + count
    reasons = whole["dropped_by_code"]
    whole["main_reason"] = max(reasons, key=reasons.__getitem__) if reasons else None
    return [*listed[:MOST_LISTED], whole]


def unused_of(metrics: Mapping[str, Any], source: str) -> dict[str, int]:
    """What the document of `metrics.json` says of a file's unused columns; nothing in one of an older version.

    >>> unused_of({"columns": {"unused": {"a.jsonl": {"note": 2}}}}, "a.jsonl"), unused_of({}, "a.jsonl")
    ({'note': 2}, {})
    """
    found: dict[str, int] = metrics.get("columns", {}).get("unused", {}).get(source, {})
    return found

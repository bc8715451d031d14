"""The difference of two sets as one document: counts, shares, reasons, sources, codes, shifts, and rows to look at."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from tuneset.execution.comparison import reasons
from tuneset.execution.comparison.given import NO_SIDE, take
from tuneset.execution.comparison.lines import read_again
from tuneset.execution.comparison.pairs import CHANGED, SAME, pairs
from tuneset.execution.comparison.rows import Rows, read
from tuneset.execution.comparison.shifts import shifts
from tuneset.execution.comparison.text_diff import text_diff
from tuneset.execution.executor import Executor
from tuneset.params import DiffParams, Params

SCHEMA_VERSION = 1
KINDS = ("added", "gone", "moved", "changed")


class Found(NamedTuple):
    """How two sets differ, row by row.

    Args:
        pairs: `a, b, kind, side_a, side_b` of each row that is in both.
        gone: `row, code, detail` of each row of the first set alone.
        added: the same of each row of the second set alone.
    """

    pairs: pl.DataFrame
    gone: pl.DataFrame
    added: pl.DataFrame

    @property
    def moved(self) -> pl.DataFrame:
        """The pairs on different sides, whether or not they have changed too."""
        return self.pairs.filter(pl.col("side_a") != pl.col("side_b"))

    @property
    def changed(self) -> pl.DataFrame:
        """The pairs of different content."""
        return self.pairs.filter(pl.col("kind") == CHANGED)


def compare(first: str, second: str, params: Params, executor: Executor, show: int) -> dict[str, Any]:
    """The difference of two sets as a document; `show` rows of each kind are named in it.

    Raises UsageError and InputError as `given.take` does.
    """
    with tempfile.TemporaryDirectory(prefix="tuneset-diff-") as folder:
        works = [Path(folder) / name for name in "ab"]
        for work in works:
            work.mkdir()
        one, other = (
            read(take(name, work, params), executor) for name, work in zip((first, second), works, strict=True)
        )
        return _document(one, other, find(one, other, executor), params, executor, show)


def find(one: Rows, other: Rows, executor: Executor) -> Found:
    """How two sets differ, row by row."""
    found = pairs(one, other, executor)
    sides = (
        [rows.kept["side"].cast(pl.String)[found[name]] for rows, name in ((one, "a"), (other, "b"))]
        if one.given.divided and other.given.divided
        else [pl.repeat(NO_SIDE, found.height, dtype=pl.String, eager=True)] * 2
    )
    found = found.with_columns(sides[0].alias("side_a"), sides[1].alias("side_b"))
    same = found.filter(pl.col("kind") == SAME).select("a", "b")
    alone = [
        rows.kept.select("row").join(found.select(pl.col(name).alias("row")), on="row", how="anti")["row"].sort()
        for rows, name in ((one, "a"), (other, "b"))
    ]
    gone = reasons.absences(alone[0], one, other, same, alone[1])
    added = reasons.absences(alone[1], other, one, same.select(a="b", b="a"), alone[0])
    return Found(found, gone, added)


def _document(one: Rows, other: Rows, found: Found, params: Params, executor: Executor, show: int) -> dict[str, Any]:
    counts = {name: getattr(found, name).height for name in KINDS}
    shares = {name: round(count / max(one.kept.height, 1), 6) for name, count in counts.items()}
    limits = _limits(shares, params.diff)
    moved = found.moved
    why = reasons.moves(moved, one, other)
    moves = pl.DataFrame({"code": [r.code for r in why], "detail": [r.detail for r in why]}, _REASON)
    return {
        "schema_version": SCHEMA_VERSION,
        "a": _set(one),
        "b": _set(other),
        "rows": {"same": found.pairs.filter(pl.col("kind") == SAME).height, **counts},
        "shares_of_a": shares,
        "passed": all(limit["passed"] for limit in limits.values()),
        "limits": limits,
        "reasons": {
            "added": _by_code(found.added),
            "gone": _by_code(found.gone),
            "moved": _by_code(moves),
        },
        "sources": _sources(one, other, found),
        "dropped_by_code": _dropped(one, other),
        "shifts": shifts(one, other, params, executor),
        "shown": {
            "added": _alone(other, found.added.head(show)),
            "gone": _alone(one, found.gone.head(show)),
            "moved": [
                _pair(one, other, row) | {"code": reason.code, "reason": reason.detail}
                for row, reason in zip(moved.head(show).iter_rows(named=True), why[:show], strict=True)
            ],
            "changed": _changed(one, other, found.changed.head(show)),
        },
    }


_REASON = {"code": pl.String, "detail": pl.String}


def _limits(shares: dict[str, float], params: DiffParams) -> dict[str, dict[str, Any]]:
    found = {}
    for name, share in shares.items():
        limit = getattr(params, f"max_{name}")
        if limit is not None:
            found[f"max_{name}"] = {"value": share, "limit": limit, "passed": share <= limit}
    return found


def _set(rows: Rows) -> dict[str, Any]:
    sides = rows.kept.group_by(pl.col("side").cast(pl.String)).len().sort("side")
    counts = {side: count for side, count in sides.iter_rows() if side != NO_SIDE}
    return {"name": rows.given.name, "rows": rows.kept.height, "sides": counts, "ledger": rows.dropped is not None}


def _by_code(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows by code, the commonest first, each with the sentence on the first of them."""
    grouped = frame.group_by("code").agg(pl.len().alias("rows"), pl.col("detail").first().alias("for_example"))
    return grouped.sort(["rows", "code"], descending=[True, False]).to_dicts()


def _sources(one: Rows, other: Rows, found: Found) -> list[dict[str, Any]]:
    """Counts by raw file: of rows that are in both, by the second set's file."""
    sources = [rows.kept["source"].cast(pl.String) for rows in (one, other)]
    counted = {
        "a": sources[0],
        "b": sources[1],
        "added": sources[1][found.added["row"]],
        "gone": sources[0][found.gone["row"]],
        "moved": sources[1][found.moved["b"]],
        "changed": sources[1][found.changed["b"]],
    }
    tables = [
        column.rename("source").value_counts(name="rows").with_columns(kind=pl.lit(kind))
        for kind, column in counted.items()
    ]
    totals: dict[str, dict[str, Any]] = {}
    for source, count, kind in pl.concat(tables).sort("source").iter_rows():
        totals.setdefault(source, {"source": source, **dict.fromkeys(counted, 0)})[kind] = count
    return list(totals.values())


def _dropped(one: Rows, other: Rows) -> list[dict[str, Any]]:
    """Rows that were dropped on the way to each set, by code; null where no ledger says."""
    one_of, other_of = (
        None if rows.dropped is None else Counter(rows.dropped["code"].to_list()) for rows in (one, other)
    )
    return [
        {
            "code": code,
            "a": None if one_of is None else one_of[code],
            "b": None if other_of is None else other_of[code],
        }
        for code in sorted({*(one_of or ()), *(other_of or ())})
    ]


def _alone(rows: Rows, frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {"row": rows.name(row), **_raw(rows, row), "code": code, "reason": detail}
        for row, code, detail in frame.select("row", "code", "detail").iter_rows()
    ]


def _raw(rows: Rows, row: int) -> dict[str, Any]:
    source, line, item = rows.kept.select(pl.col("source").cast(pl.String), "line", "item").row(row)
    return {"raw": f"{source}:{line}" + (f":{item + 1}" if item else "")}


def _pair(one: Rows, other: Rows, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "a": one.name(row["a"]),
        "b": other.name(row["b"]),
        **_raw(other, row["b"]),
        "from": row["side_a"],
        "to": row["side_b"],
    }


def _changed(one: Rows, other: Rows, frame: pl.DataFrame) -> list[dict[str, Any]]:
    lines = zip(read_again(one.spans(frame["a"])), read_again(other.spans(frame["b"])), strict=True)
    return [
        _pair(one, other, row) | {"diff": text_diff(before, after)}
        for row, (before, after) in zip(frame.iter_rows(named=True), lines, strict=True)
    ]

"""Raw columns and raw files that params name: whether any row has them, whether any was read.

A name that matches nothing would decide in silence.
"""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Mapping

import polars as pl

from tuneset.errors import UsageError
from tuneset.json_text import held_at, loads
from tuneset.metric_names import parts_of
from tuneset.params import Params
from tuneset.params.split import GROUPINGS

_SHOWN = 12  # columns that are listed where none is near


def of_split(params: Params) -> dict[str, str]:
    """The raw columns that the split asks for, by the key of params.yaml that names them."""
    named = {"split.group_by": params.split.group_by, "split.stratify_by": params.split.stratify_by}
    known = {"split.group_by": GROUPINGS, "split.stratify_by": ("source",)}
    return {key: column for key, column in named.items() if column is not None and column not in known[key]}


def of_dedup(params: Params) -> dict[str, str]:
    """The same for dedup."""
    prefer = params.dedup.prefer
    return {} if prefer in (None, "length") else {"dedup.prefer": str(prefer)}


def require_score(params: Params, counts: Mapping[str, int], metas: Iterable[pl.Series]) -> None:
    """Raise UsageError where clean found no row with a number in the column of `clean.filters.score`.

    `counts` are those of clean, `metas` the raw columns of the rows that it kept.
    """
    score, rows = params.clean.filters.score, counts.get("rows_in", 0)
    if score is None or not rows or counts.get("lacking.clean.filters.score", 0) < rows:
        return
    require({"clean.filters.score": score.column}, metas)
    raise UsageError(
        f"clean.filters.score: none of {rows:,} rows has a number in the column {score.column}",
        hint="name a column of numbers, or remove clean.filters.score",
    )


def require_sources(params: Params, counts: Mapping[str, int]) -> None:
    """Raise UsageError where a pattern of `dedup.prefer_sources` fits no file that was read; `counts` are ingest's."""
    sources = sorted({parts[0] for name in counts if (parts := parts_of(name, "source")) is not None})
    for pattern in params.dedup.prefer_sources:
        if sources and not fnmatch.filter(sources, pattern):
            raise UsageError(
                f"dedup.prefer_sources: no file that was read fits {pattern}", allowed=", ".join(sources[:_SHOWN])
            )


def require(named: Mapping[str, str], metas: Iterable[pl.Series]) -> None:
    """Raise UsageError where no row has a named column; `metas` are the raw columns of all rows as JSON, in parts.

    It looks no further than until each is found.

    >>> require({"split.group_by": "user"}, [pl.Series(["{}", '{"user": 3}'])])
    """
    missing, seen, rows = dict(named), dict[str, None](), 0
    for part in metas if missing else ():
        for meta in part:
            rows += 1
            columns = loads(meta.encode()) if meta else {}
            seen |= dict.fromkeys(columns)
            missing = {
                key: name for key, name in missing.items() if name not in columns and held_at(columns, name) is None
            }
            if not missing:
                return
    if not missing or not rows:
        return
    key, column = next(iter(missing.items()))
    near = difflib.get_close_matches(column, seen, 1)
    listed = ", ".join(sorted(seen)[:_SHOWN]) or "none: the rows have no columns beside their messages"
    raise UsageError(
        f"{key}: no row has the column {column}" + (f"; did you mean {near[0]}?" if near else ""), allowed=listed
    )

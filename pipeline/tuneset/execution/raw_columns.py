"""Raw columns that params name: whether any row has them. A name that matches nothing would decide in silence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

import polars as pl

from tuneset.errors import UsageError
from tuneset.json_text import loads
from tuneset.params import Params

_SHOWN = 12  # columns that are listed where none is near


def of_split(params: Params) -> dict[str, str]:
    """The raw columns that the split asks for, by the key of params.yaml that names them."""
    named = {"split.group_by": params.split.group_by, "split.stratify_by": params.split.stratify_by}
    known = {"split.group_by": ("conversation", "prompt", "messages"), "split.stratify_by": ("source",)}
    return {key: column for key, column in named.items() if column is not None and column not in known[key]}


def of_dedup(params: Params) -> dict[str, str]:
    """The same for dedup."""
    prefer = params.dedup.prefer
    return {} if prefer in (None, "length") else {"dedup.prefer": str(prefer)}


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
            missing = {key: column for key, column in missing.items() if column not in columns}
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

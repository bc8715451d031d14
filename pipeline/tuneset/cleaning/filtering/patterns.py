"""Filter by regular expressions of the user's own."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged, Verdict
from tuneset.errors import UsageError
from tuneset.params import FilterParams


def _judge(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    """Raises UsageError for an expression that is none."""
    for number, pattern in enumerate(params.patterns, 1):
        try:
            hits = judged.texts["text"].str.contains(pattern)
        except pl.exceptions.ComputeError:
            raise UsageError(
                f"clean.filters.patterns: {pattern!r} is no regular expression",
                allowed="the syntax of Rust's regex crate: no look-around, no back-references",
            ) from None
        yield hits, pl.lit(f"matches clean.filters.patterns, number {number}")


PATTERNS = Filter("CLN010", lambda p: bool(p.patterns), _judge)

"""Filter by regular expressions of the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged, Verdict
from tuneset.errors import UsageError
from tuneset.params import FilterParams


def require_patterns(patterns: Sequence[str]) -> None:
    """Raise UsageError for a regular expression that is none.

    >>> require_patterns(["^a+$"])
    """
    nothing = pl.Series([""])
    for pattern in patterns:
        _matches(nothing, pattern)


def _matches(texts: pl.Series, pattern: str) -> pl.Series:
    try:
        return texts.str.contains(pattern)
    except pl.exceptions.ComputeError:
        raise UsageError(
            f"clean.filters.patterns: {pattern!r} is no regular expression",
            allowed="the syntax of Rust's regex crate: no look-around, no back-references",
        ) from None


def _judge(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    for number, pattern in enumerate(params.patterns, 1):
        yield _matches(judged.texts["text"], pattern), pl.lit(f"matches clean.filters.patterns, number {number}")


PATTERNS = Filter("CLN010", lambda p: bool(p.patterns), _judge)

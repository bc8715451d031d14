"""Filter by words and phrases of the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged, Verdict
from tuneset.params import FilterParams


def keyword_pattern(keywords: Sequence[str]) -> str:
    """A pattern that finds the keywords as whole words, whatever their case.

    >>> pl.Series(["A CAT.", "concatenate"]).str.contains(keyword_pattern(("cat",))).to_list()
    [True, False]
    """
    return "(?i)" + "|".join(
        (r"\b" if word[:1].isalnum() else "") + re.escape(word) + (r"\b" if word[-1:].isalnum() else "")
        for word in keywords
    )


def _judge(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    hits = judged.texts["text"].str.contains(keyword_pattern(params.keywords))
    yield hits, pl.lit("holds one of clean.filters.keywords")


KEYWORDS = Filter("CLN011", lambda p: bool(p.keywords), _judge)

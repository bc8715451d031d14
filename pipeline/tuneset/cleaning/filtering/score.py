"""Filter by a score that a raw column holds, such as `rating`."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged, Verdict
from tuneset.json_text import held_at
from tuneset.model import sentence
from tuneset.params import FilterParams


def scores(metas: pl.Series, column: str) -> pl.Series:
    """The number in a column of each row's raw columns (JSON text), or at a path: Float64, null where there is none.

    >>> scores(pl.Series(['{"rating":4}', '{"rating":"2.5"}', '{"rating":"good"}', None]), "rating").to_list()
    [4.0, 2.5, None, None]
    >>> scores(pl.Series(['{"scores":[{"value":1}]}', '{"scores":[]}']), "scores.0.value").to_list()
    [1.0, None]
    """
    return pl.Series(
        [_number(held_at(orjson.loads(meta), column)) if meta else None for meta in metas], dtype=pl.Float64
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _judge(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    """A row without a number in that column is not judged."""
    assert params.score is not None
    found = scores(judged.tables.examples["meta"], params.score.column)
    said = sentence("the score is {}; at least {} wanted", found, params.score.at_least)
    yield (found < params.score.at_least).fill_null(value=False), said


SCORE = Filter("CLN013", lambda p: p.score is not None, _judge)

"""Filter by the share of symbols."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged, Verdict
from tuneset.model import sentence
from tuneset.params import FilterParams

_NOT_SYMBOL = r"[\p{L}\p{M}\p{N}\s]"


def symbol_share(texts: pl.Series) -> pl.Series:
    """What share of each text's characters is neither letter, digit nor white space: Float64, 0 for an empty text.

    >>> symbol_share(pl.Series(["ab!?", "héllo", ""])).to_list()
    [0.5, 0.0, 0.0]
    """
    text = pl.col("t")
    share = 1 - text.str.count_matches(_NOT_SYMBOL) / text.str.len_chars()
    return pl.DataFrame({"t": texts}).select(share.fill_nan(0.0).fill_null(0.0).alias(texts.name)).to_series()


def _judge(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    assert params.max_symbols is not None
    share = symbol_share(judged.texts["text"])
    said = sentence("{} of the characters are symbols; at most {} wanted", share.round(2), params.max_symbols)
    yield share > params.max_symbols, said


SYMBOLS = Filter("CLN008", lambda p: p.max_symbols is not None, _judge)

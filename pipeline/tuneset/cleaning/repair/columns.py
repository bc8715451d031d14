"""What the steps over a String column share: a cheap look finds the few texts to repair, the rest is not touched."""

from __future__ import annotations

import polars as pl


def not_ascii(texts: pl.Series) -> pl.Series:
    """Which texts hold a character beyond ASCII; null for null."""
    return texts.str.len_bytes() != texts.str.len_chars()


def repair_where(texts: pl.Series, suspects: pl.Series, repair: pl.Expr) -> pl.Series:
    """Apply `repair` (an expression over the column `t`) to the suspects alone; most often there are none."""
    places = suspects.fill_null(value=False).arg_true()
    if places.is_empty():
        return texts
    repaired = pl.DataFrame({"t": texts.gather(places)}).select(repair).to_series()
    return texts.clone().scatter(places, repaired)


def narrowed(texts: pl.Series, suspects: pl.Series, pattern: str) -> pl.Series:
    """Those of the suspects that match a pattern: the rest is not looked at."""
    places = suspects.fill_null(value=False).arg_true()
    if places.is_empty():
        return suspects
    return suspects.clone().scatter(places, texts.gather(places).str.contains(pattern))

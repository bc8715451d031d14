"""Characters that Unicode can write in two ways."""

from __future__ import annotations

import polars as pl

from tuneset.cleaning.repair.columns import not_ascii, repair_where


def compose(texts: pl.Series) -> pl.Series:
    """Composed form, so that one character is one character."""
    return repair_where(texts, not_ascii(texts), pl.col("t").str.normalize("NFC"))

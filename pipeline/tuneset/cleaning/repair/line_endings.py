"""Line ends of other systems."""

from __future__ import annotations

import polars as pl

from tuneset.cleaning.repair.columns import repair_where


def repair_line_endings(texts: pl.Series) -> pl.Series:
    r"""`\r\n` and lone `\r` become `\n`."""
    repair = pl.col("t").str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)
    return repair_where(texts, texts.str.contains("\r", literal=True), repair)

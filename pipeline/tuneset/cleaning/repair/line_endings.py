"""Line ends of other systems."""

from __future__ import annotations

import polars as pl

from tuneset.cleaning.repair.affected_texts import narrowed, repair_where

_CONTROL = r"(?:[\x01-\x08\x0e-\x19\x1c-\x1f\x7f\x{85}\x{2028}\x{2029}]|\x0b\x0c)"
_IN_A_TABLE = rf"\r\n?[ \t]*{_CONTROL}|{_CONTROL}[ \t\n]*\r|[\"'`]\r[^\n]|\t\n\r"


def repair_line_endings(texts: pl.Series) -> pl.Series:
    r"""`\r\n` and lone `\r` become `\n`, but where a carriage return stands among control characters, as in a table."""
    suspects = texts.str.contains("\r", literal=True)
    suspects &= ~narrowed(texts, suspects, _IN_A_TABLE)
    repair = pl.col("t").str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)
    return repair_where(texts, suspects, repair)

"""White space that says nothing. Inside a line it is never touched."""

from __future__ import annotations

import polars as pl

from tuneset.cleaning.repair.columns import repair_where

_LEADING_BLANK_LINES = r"\A(?:[ \t]*\n)+"
_SPACES_ON_BLANK_LINE = r"(?m)^[ \t]+$"
_INDENTED_LINE = r"\A\s[^\n]*\z"


def strip_white_space(texts: pl.Series) -> pl.Series:
    """White space at the ends and on blank lines goes.

    The first line of a text of several lines keeps its indentation: it may be code.
    """
    stripped = texts.str.strip_chars_end()
    if (stripped.str.len_bytes() != texts.str.len_bytes()).any():
        texts = stripped
    texts = repair_where(
        texts, texts.str.contains(_LEADING_BLANK_LINES), pl.col("t").str.replace(_LEADING_BLANK_LINES, "")
    )
    texts = repair_where(texts, texts.str.contains(_INDENTED_LINE), pl.col("t").str.strip_chars_start())
    ends_blank = texts.str.contains(" \n", literal=True) | texts.str.contains("\t\n", literal=True)
    return repair_where(texts, ends_blank, pl.col("t").str.replace_all(_SPACES_ON_BLANK_LINE, ""))

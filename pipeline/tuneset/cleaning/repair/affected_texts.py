"""What the steps over a String column share: a cheap look finds the few texts to repair, the rest is not touched."""

from __future__ import annotations

import polars as pl

WHITE_SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Unicode calls white space, as the fast engine strips it; Python's own list has four controls more."""

OPENING, CLOSING = "\"'`[(<“\u2018«", "\"'`])>”\u2019»"
"""Quotes and brackets: a character that stands by itself between two of them is spoken of."""
_BREAKS = frozenset("\x0b\x0c\x85\u2028\u2029")


def ends_in_breaks(text: str) -> bool:
    r"""Whether a text ends in several line and page breaks other than a newline, as a list of such characters does.

    >>> ends_in_breaks(" \t\n\r\x0b\x0c"), ends_in_breaks("the end\x0c\n")
    (True, False)
    """
    return sum(character in _BREAKS for character in text[len(text.rstrip(WHITE_SPACE)) :]) > 1


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

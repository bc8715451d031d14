"""Text steps that repair what exports break, over whole columns, each counted.

Each step changes only what is certainly damage: it never collapses white space inside a text, never straightens
curly quotes, never touches the case. Most texts need nothing; a cheap test over the column finds those that do.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from tuneset.cleaning.repair.mojibake import not_ascii, repair_mojibake
from tuneset.params import CleanParams

# C0 and C1 controls but for tab and newline, and the invisible U+FEFF and U+200B that exports leave behind.
# Zero-width joiners stay: scripts and emoji need them.
CONTROL_CHARACTERS = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ufeff\u200b]"
_LEADING_BLANK_LINES = r"\A(?:[ \t]*\n)+"
_SPACES_ON_BLANK_LINE = r"(?m)^[ \t]+$"
_INDENTED_LINE = r"\A\s[^\n]*\z"
_TEXTS_AT_ONCE = 2048  # few enough for their bytes to stay in a core's cache, and for memory that is used again

STEPS = ("line_endings", "mojibake", "control_characters", "unicode_nfc", "whitespace")
"""The steps in the order in which they run: ftfy needs the C1 controls that the next step removes."""


def normalise(texts: pl.Series, params: CleanParams) -> tuple[pl.Series, dict[str, int]]:
    r"""Run the switched-on steps over a String column; nulls stay null.

    Returns the new column and, by step, how many texts it changed. Running it again changes nothing: what the steps
    changed they see again, because one repair can uncover another (a zero-width space hides mojibake from ftfy).

    >>> fixed, changed = normalise(pl.Series(["  schÃ¶n\r\n", "fine"]), CleanParams())
    >>> fixed.to_list(), changed["mojibake"]
    (['schön', 'fine'], 1)
    """
    steps = {
        "line_endings": _line_endings,
        "mojibake": repair_mojibake,
        "control_characters": _control_characters,
        "unicode_nfc": _unicode_nfc,
        "whitespace": _whitespace,
    }
    changed = {name: np.zeros(len(texts), dtype=bool) for name in STEPS}
    places, suspects = np.arange(len(texts)), texts
    while places.size:  # ends, because what is repaired has fewer characters, or fewer that can be repaired
        repaired = suspects
        for name in STEPS:
            before = repaired
            repaired = steps[name](before) if getattr(params, name) else before
            if repaired is not before:
                changed[name][places] |= _differ(before, repaired).to_numpy()
        if repaired is suspects:
            break
        texts = repaired if len(places) == len(texts) else texts.clone().scatter(places, repaired)
        # Plain ASCII is done after one pass: neither ftfy nor NFC finds anything in it.
        again = (_differ(suspects, repaired) & not_ascii(repaired)).fill_null(value=False).arg_true()
        places, suspects = places[again.to_numpy()], repaired.gather(again)
    return texts, {name: int(changed[name].sum()) for name in STEPS}


def _differ(before: pl.Series, after: pl.Series) -> pl.Series:
    return (before != after).fill_null(value=False)


def _where(texts: pl.Series, suspects: pl.Series, repair: pl.Expr) -> pl.Series:
    """Apply `repair` (an expression over the column `t`) to the suspects alone; most often there are none."""
    places = suspects.fill_null(value=False).arg_true()
    if places.is_empty():
        return texts
    repaired = pl.DataFrame({"t": texts.gather(places)}).select(repair).to_series()
    return texts.clone().scatter(places, repaired)


def _line_endings(texts: pl.Series) -> pl.Series:
    r"""`\r\n` and lone `\r` become `\n`."""
    repair = pl.col("t").str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)
    return _where(texts, texts.str.contains("\r", literal=True), repair)


def _control_characters(texts: pl.Series) -> pl.Series:
    """Characters that no one sees and that no model should learn are removed."""
    suspects = _narrowed(texts, _holds_ascii_controls(texts) | not_ascii(texts), CONTROL_CHARACTERS)
    return _where(texts, suspects, pl.col("t").str.replace_all(CONTROL_CHARACTERS, ""))


def _holds_ascii_controls(texts: pl.Series) -> pl.Series:
    r"""Which texts hold a control of ASCII but tab and newline; several times as fast as a regular expression.

    >>> _holds_ascii_controls(pl.Series(["a\tb\n", "a\fb", None, "\x7f"])).to_list()
    [False, True, False, True]
    """
    holds = np.zeros(len(texts), dtype=bool)
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        some = texts.slice(start, _TEXTS_AT_ONCE).fill_null("")
        raw = np.frombuffer(some.str.join("\n").cast(pl.Binary).item(), np.uint8)
        found = (raw < 32) & (raw - np.uint8(9) > 1) | (raw == 127)  # what is below 9 wraps around
        if found.any():
            ends = np.cumsum(some.str.len_bytes().to_numpy().astype(np.int64) + 1)  # each with its line end
            holds[start + np.searchsorted(ends, np.flatnonzero(found), side="right")] = True
    return pl.Series(holds)


def _unicode_nfc(texts: pl.Series) -> pl.Series:
    """Composed form, so that one character is one character."""
    return _where(texts, not_ascii(texts), pl.col("t").str.normalize("NFC"))


def _whitespace(texts: pl.Series) -> pl.Series:
    """White space at the ends and on blank lines goes.

    The first line of a text of several lines keeps its indentation: it may be code.
    """
    stripped = texts.str.strip_chars_end()
    if (stripped.str.len_bytes() != texts.str.len_bytes()).any():
        texts = stripped
    texts = _where(texts, texts.str.contains(_LEADING_BLANK_LINES), pl.col("t").str.replace(_LEADING_BLANK_LINES, ""))
    texts = _where(texts, texts.str.contains(_INDENTED_LINE), pl.col("t").str.strip_chars_start())
    ends_blank = texts.str.contains(" \n", literal=True) | texts.str.contains("\t\n", literal=True)
    return _where(texts, ends_blank, pl.col("t").str.replace_all(_SPACES_ON_BLANK_LINE, ""))


def _narrowed(texts: pl.Series, suspects: pl.Series, pattern: str) -> pl.Series:
    """Those of the suspects that match a pattern: the rest is not looked at."""
    places = suspects.fill_null(value=False).arg_true()
    if places.is_empty():
        return suspects
    return suspects.clone().scatter(places, texts.gather(places).str.contains(pattern))

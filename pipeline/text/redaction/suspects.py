"""Which texts of a column may hold private data: a fast test that is never wrong about a clean one.

The patterns are looser than those of the detectors and run in polars' Rust engine over whole columns, the costly
ones only where a cheap one matched: a few microseconds for a text of 1 KB. Only what passes is looked at in Python,
and only by the detectors concerned.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence

import polars as pl

from pipeline.text.redaction.detect import Group
from pipeline.text.redaction.keys import KEY_HINTS
from pipeline.text.redaction.national import NATIONAL_HINTS, NATIONAL_SHORT_HINTS, NATIONAL_WORD_HINT
from pipeline.text.redaction.passwords import FLAG_HINT, PASSWORD_HINTS, STEMS
from pipeline.text.redaction.payment import PAYMENT_HINTS
from pipeline.text.redaction.phone import PHONE_HINTS, PHONE_WORD_HINT

_GAP = r"[ \u00a0\u202f\u2010-\u2013().,/+-]"
# Digits stand before letters wherever possible: that is what the engine is fast at.
_FOUR_DIGITS = r"(?:[0-9][^0-9\n]{0,3}){3}[0-9]"  # all numbers and IPv4 addresses have them
_SEVEN_DIGITS = rf"(?:[0-9]{_GAP}{{0,3}}){{6}}[0-9]"  # all numbers but the short ones
_LONG_NUMBERS = (*PHONE_HINTS, *NATIONAL_HINTS, *PAYMENT_HINTS, PHONE_WORD_HINT, NATIONAL_WORD_HINT)
_QUAD = r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]"
_STEM = "|".join(STEMS)
_PATTERNS: tuple[tuple[Group, str], ...] = (
    (Group.AT, r"[0-9A-Za-zÀ-ɏ_+'&=~.-]@[0-9A-Za-zÀ-ɏ]"),
    (Group.AT, r"%40[0-9A-Za-z]"),
    (Group.AT, r"://[^/ \n]{1,300}@"),
    (Group.ADDRESS, r"[23][0-9A-Fa-f]{3}:[0-9A-Fa-f]{0,4}:"),
    *((Group.KEY, pattern) for pattern in KEY_HINTS),
    (Group.KEY, r"ey[A-Za-z0-9_-]{10}[A-Za-z0-9_-]*\.|PRIVATE KEY"),
    (Group.NAMED, r"(?i)[?&;](?:x-[a-z]+-)?(?:sig|code|session_?id|sas|auth|signature)=[A-Za-z0-9]"),
    (Group.NAMED, FLAG_HINT + r"|jdbc:oracle"),
)


def find_suspects(texts: pl.Series) -> pl.Series:
    """Which groups of detectors must look at each text: UInt8, a sum of `Group` values; 0 for null and clean texts.

    Whatever `find_private` finds in a text, it finds with the groups given here.

    >>> find_suspects(pl.Series(["nothing here", "ann@acme.org", None])).to_list()
    [0, 1, 0]
    """
    hits = [(group, texts.str.contains(pattern)) for group, pattern in _PATTERNS]
    digits = texts.str.contains(_FOUR_DIGITS).fill_null(value=False)
    hits.append((Group.NUMBER, _contains(texts, digits, NATIONAL_SHORT_HINTS)))
    hits.append((Group.NUMBER, _contains(texts, _contains(texts, digits, (_SEVEN_DIGITS,)), _LONG_NUMBERS)))
    hits.append((Group.ADDRESS, _contains(texts, digits, (_QUAD,))))
    named = texts.str.contains(_STEM).fill_null(value=False)
    hits.append((Group.NAMED, _contains(texts, named, PASSWORD_HINTS)))
    sums = [
        functools.reduce(operator.or_, [hit for of, hit in hits if of is group]).cast(pl.UInt8) * group.value
        for group in Group
    ]
    return functools.reduce(operator.add, sums).fill_null(0)


def _contains(texts: pl.Series, possible: pl.Series, patterns: Sequence[str]) -> pl.Series:
    """Whether any pattern is in each text, of which only those that a cheaper search found possible are looked at."""
    rest = texts.filter(possible)
    if rest.is_empty():
        return possible
    found = functools.reduce(operator.or_, [rest.str.contains(pattern) for pattern in patterns])
    return possible.clone().scatter(possible.arg_true(), found)

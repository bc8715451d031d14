"""Which texts of a column may hold private data: a fast test that is never wrong about a clean one.

The patterns are looser than those of the detectors and run in polars' Rust engine over whole columns. Over all texts
go only the few that are cheap, most of them literals; each other one sees the texts that a cheap one left. Only what
passes is looked at in Python, and only by the detectors concerned.

Polars keeps the 32 regular expressions that it used last. With one more than that in a round of shards each would be
compiled anew each time, 1 us a row more; here are 26 of them, in `tuneset/cleaning/repair/normalise.py` five, and
validation has one (`tuneset/rules/passes/table.py`).
So the hints of detectors that stand in no group are looked for as one expression, however many they are.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence

import polars as pl

from tuneset.cleaning.private_data import detectors
from tuneset.cleaning.private_data.connection import CONNECTION_SECRET_HINT
from tuneset.cleaning.private_data.email_signs import BRACKETED_AT, UNSEEN
from tuneset.cleaning.private_data.key_forms import KEY_HINTS
from tuneset.cleaning.private_data.kinds import Detector, Signs
from tuneset.cleaning.private_data.national import (
    NATIONAL_HINT,
    NATIONAL_NUMBER_HINT,
    NATIONAL_SHORT_HINT,
    NATIONAL_WORD_HINT,
)
from tuneset.cleaning.private_data.passwords import PASSWORD_FORM_HINT, PASSWORD_HINTS, STEMS
from tuneset.cleaning.private_data.payment import PAYMENT_HINT
from tuneset.cleaning.private_data.phone import PHONE_HINT, PHONE_NUMBER_HINT, PHONE_WORD_HINT

_ADDRESS_6 = r"[23][0-9A-Fa-f]{3}:[0-9A-Fa-f]{0,4}:"
_ADDRESS = rf"[0-9]\.[0-9]{{1,3}}\.[0-9]{{1,3}}\.[0-9]|{_ADDRESS_6}"
_AT = rf"[0-9A-Za-zÀ-῿_+'&=~.{UNSEEN}-]@[0-9A-Za-zÀ-῿\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3{UNSEEN}]"
_URL_AT = r"://[^/ \n]+@|://[^\s/@]*:[^\s@]+@"
# Digits stand before letters wherever possible: that is what the engine is fast at.
_GAP = r"[ \u00a0\u202f\u2010-\u2013().,/+-]"
_FOUR_DIGITS = r"(?:[0-9][ \u00a0\u202f\u2010-\u2013()./+A-Za-z-]{0,3}){3}[0-9]"  # all numbers and IPv4 addresses
_SEVEN_DIGITS = rf"(?:[0-9]{_GAP}{{0,3}}){{6}}[0-9]"  # all numbers but the short ones
_STEM = "|".join(stem for stem in STEMS if stem.isascii())
_WIDE_STEMS = [stem for stem in STEMS if not stem.isascii()]
_URL = "://|ignature|IGNATURE"  # the other two name a secret outside of URLs
_QUERY = (
    r"(?i)[?&;](?:[a-z]+[_-])*(?:sig|signature|code|session_?id|sas|auth|(?:api|auth)?key|token|password|passwd|pwd|secret)="
    r"[A-Za-z0-9%._~+/:-]"
)


def find_suspects(texts: pl.Series, optional: Sequence[Detector] = ()) -> pl.Series:
    """Which groups of detectors must look at each text: UInt16, a sum of `Signs` values; 0 for null and clean texts.

    Whatever `find_private` finds in a text, it finds with the groups given here. Texts are searched for the kinds of
    `optional` too, the detectors that look beside those that always do.

    >>> find_suspects(pl.Series(["nothing here", "ann@acme.org", None])).to_list()
    [0, 1, 0]
    """
    at, escaped_at = (texts.str.contains(literal, literal=True) for literal in ("@", "%40"))
    bracketed_at = texts.str.contains_any(list(BRACKETED_AT), ascii_case_insensitive=True)
    url = texts.str.contains(_URL)
    digits, stem = texts.str.contains(f"{_FOUR_DIGITS}|{_ADDRESS_6}"), _with_stem(texts)
    long_number = _narrowed(texts, digits, _SEVEN_DIGITS)
    national_word = _narrowed(
        texts, _narrowed(texts, long_number, NATIONAL_NUMBER_HINT), NATIONAL_WORD_HINT, lower=True
    )
    phone_word = _narrowed(texts, _narrowed(texts, long_number, PHONE_NUMBER_HINT), PHONE_WORD_HINT, lower=True)
    own = "|".join(f"(?:{one.hint})" for one in detectors.DETECTORS if one.groups & Signs.OWN)
    return _sum(
        {
            **({Signs.OWN: [texts.str.contains(own)]} if own else {}),
            **({Signs.OPTIONAL: [texts.str.contains(detector.hint) for detector in optional]} if optional else {}),
            Signs.AT: (_narrowed(texts, at, _AT), escaped_at, bracketed_at),
            Signs.LOGIN: (_narrowed(texts, at & url, _URL_AT),),
            Signs.ADDRESS: (_narrowed(texts, digits, _ADDRESS),),
            Signs.NATIONAL: (
                _narrowed(texts, digits, NATIONAL_SHORT_HINT),
                _narrowed(texts, long_number, NATIONAL_HINT),
                national_word,
            ),
            Signs.PAYMENT: (_narrowed(texts, long_number, PAYMENT_HINT),),
            Signs.PHONE: (_narrowed(texts, long_number, PHONE_HINT), phone_word),
            Signs.KEY: [texts.str.contains(pattern) for pattern in KEY_HINTS],
            Signs.NAMED: (
                _narrowed(texts, _narrowed(texts, stem, *PASSWORD_HINTS), PASSWORD_FORM_HINT),
                _narrowed(texts, stem | url, CONNECTION_SECRET_HINT),
                _narrowed(texts, url, _QUERY),
                texts.str.contains("jdbc:oracle", literal=True),
            ),
        }
    )


def _narrowed(texts: pl.Series, possible: pl.Series, *patterns: str, lower: bool = False) -> pl.Series:
    """Whether a pattern is in each text, of which only those are looked at that a cheaper search found possible.

    With `lower` they are looked at in small letters, which takes a quarter of the time of `(?i)`.
    """
    places = possible.fill_null(value=False).arg_true()
    if places.is_empty():
        return possible
    rest = texts.gather(places).str.to_lowercase() if lower else texts.gather(places)
    found = functools.reduce(operator.or_, [rest.str.contains(pattern) for pattern in patterns])
    return possible.clone().scatter(places, found)


def _with_stem(texts: pl.Series) -> pl.Series:
    """Which texts hold a stem of the words for secrets; those beyond ASCII are looked for where such characters are.

    >>> _with_stem(pl.Series(["a password", "\u5bc6\u7801", "caf\u00e9", None])).to_list()
    [True, True, False, None]
    """
    found = texts.str.contains(_STEM)  # all of them together would take two and a half times as long
    places = (texts.str.len_bytes() != texts.str.len_chars()).fill_null(value=False).arg_true()
    if places.is_empty():
        return found
    wide = texts.gather(places).str.contains_any(_WIDE_STEMS)
    return found.clone().scatter(places, found.gather(places) | wide)


def _sum(hits: Mapping[Signs, Sequence[pl.Series]]) -> pl.Series:
    flags = [functools.reduce(operator.or_, of_group).cast(pl.UInt16) * group.value for group, of_group in hits.items()]
    return functools.reduce(operator.add, flags).fill_null(0)

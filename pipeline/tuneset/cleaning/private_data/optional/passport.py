"""Numbers of passports: after a word for a passport, and the lines that machines read. Off by default.

Most countries' numbers have no check digit and the form of many other numbers, so that a word must name them.
"""

# ruff: noqa: E501  words of other scripts are wider than they look
from __future__ import annotations

import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import WORD, Span

_WORDS = (
    r"passport|reisepass|passeport|pasaporte|passaporto|passaporte|paspoort|paszport\w*|pasaport|passnummer|passnr|pas(?:ovi)?\w{0,3} broj"
    r"|cestovn\w+ pas\w*|passi(?:n numero)?|útlevél\w*|pașaport\w*|hộ chiếu|паспорт\w*|διαβατ\w*|דרכון|جواز(?: ال)?سفر|جواز السفر"
    r"|पासपोर्ट|护照|護照|旅券|パスポート|여권|หนังสือเดินทาง"
)
_NUMBER_WORD = r"(?:no|nr|num(?:ber|mer|ero|éro)?|n[úu]mero|n[°º]|n\.[°º]?|nummer|id|#|号码?|號碼?|番号|번호|номер)"
_VALUE = r"[A-Za-z]{1,2} ?[0-9]{6,8}|[A-Za-z]{3}[0-9]{6}|[0-9]{2} ?[A-Za-z]{2} ?[0-9]{5}|[0-9]{2} ?[0-9]{2} ?[0-9]{6}|[0-9]{8,9}|[CFGHJKLMNPRTVWXYZ0-9]{9}"
_PASSPORT = re.compile(
    rf"(?:(?<![{WORD}])|(?<=[^\x00-\x7f]))(?i:{_WORDS})(?i:[ _-]?{_NUMBER_WORD})?\.?(?: (?:is|ist|est|es|è|é))?[\"'`*|:=#\uff1a是为は는은 ]{{0,6}}"
    rf"(?P<value>{_VALUE})(?![{WORD}]|[-.,/:][0-9])"
)
_FEWEST_DIGITS = 4
# ICAO Doc 9303, part 4: the lower line of a passport, with its check digits.
_LINE = re.compile(
    rf"(?<![{WORD}<])(?:P[A-Z<][A-Z]{{3}}[A-Z<]{{39}}\s+)?(?P<lower>[A-Z0-9<]{{9}}[0-9][A-Z<]{{3}}[0-9]{{7}}[MFX<][0-9]{{7}}[A-Z0-9<]{{14}}[0-9<][0-9])(?![{WORD}<])"
)
_WEIGHTS = (7, 3, 1)
_UTOPIA = "UTO"  # the country of ICAO's own samples
PASSPORT_HINT = (
    r"(?i:passp|reisepass|passnu|passnr|passepor|pasapor|passapor|paspoor|paszpor|pas|passi|útlevél|pașapor|hộ chiếu|паспорт|διαβατ)"
    r"[^\n]{0,40}[0-9]|(?:דרכון|جواز|पासपोर्ट|护照|護照|旅券|パスポート|여권|หนังสือเดินทาง)[^\n]{0,24}[0-9]|[0-9][A-Z<]{3}[0-9]{7}[MFX<][0-9]{7}"
)
"""For a fast engine: a text that it does not match holds no number of a passport."""


def passports(text: str) -> Iterator[Span]:
    """Yield the numbers of passports; the canonical form is in capitals and without spaces.

    >>> [s.value for s in passports("Passport No: C01X00T47, passport form 2024, Reisepass L8 898902")]
    ['C01X00T47']
    >>> [s.value for s in passports("my passport number is 533380006")]
    ['533380006']
    """
    for found in _PASSPORT.finditer(text):
        value = found.group("value")
        if sum(character.isdigit() for character in value) >= _FEWEST_DIGITS:
            yield Span(*found.span("value"), "passport", value.replace(" ", "").upper())
    for found in _LINE.finditer(text):
        lower = found.group("lower")
        if lower[10:13] != _UTOPIA and _check(lower[:9]) == lower[9] and _check(lower[13:19]) == lower[19]:
            yield Span(*found.span(), "passport", lower)


def _check(field: str) -> str:
    """The check digit of a field (ICAO Doc 9303, part 3, section 4.9).

    >>> _check("L898902C3"), _check("740812")
    ('6', '2')
    """
    values = (0 if c == "<" else int(c, 36) for c in field)
    return str(sum(value * _WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)

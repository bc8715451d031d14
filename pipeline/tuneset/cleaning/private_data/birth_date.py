"""Dates of birth: a whole date right after the name of such a field, in forms and files of many languages.

"Was born on" is not such a name: whole encyclopaedias say it of people who are known for it. Nor is a year alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import WORD, Span

_LATIN = (
    r"date[ _-]?of[ _-]?birth|birth[ _-]?date|birthday|d\.?o\.?b\.?|i was born on|geburtsdatum|geburtstag|geb\.(?: am)?"
    r"|date[ _-]?de[ _-]?naissance|fecha[ _-]?de[ _-]?nacimiento|data[ _-]?de[ _-]?nascimento|data[ _-]?di[ _-]?nascita"
    r"|geboortedatum|födelsedatum|fødselsdato|syntymäaika|data urodzenia|datum narození|datum rođenja|születési dátum"
    r"|data nașterii|doğum tarihi|ngày sinh|tanggal lahir|tarikh lahir"
)
_OTHERS = (
    "дата рождения|дата народження|ημερομηνία γέννησης|تاريخ الميلاد|تاریخ تولد|תאריך לידה|जन्म तिथि"
    "|出生日期|生年月日|생년월일"
)
_MONTH = (
    r"(?:jan|feb|m[aä]r|apr|ma[iyj]|jun|jul|a[uo][gû]|sep|o[ck]t|nov|de[czs]|ene|abr|ago|fev|fév|avr|gen|giu|lug"
    r"|set|ott|mag|dic|dez|mei|maart|août|juin|juil)[\w.]{0,9}"
)
_YEAR = r"(?:19[2-9]|20[0-2])[0-9]"
_DATE = (
    rf"{_YEAR}(?P<a>[-/.])[01]?[0-9](?P=a)[0-3]?[0-9]|[0-3]?[0-9](?P<b>[-/.])[0-3]?[0-9](?P=b)(?:{_YEAR}|[0-9]{{2}})"
    rf"|[0-3]?[0-9](?:st|nd|rd|th|\.)?,? (?:of |de )?{_MONTH},? (?:de )?{_YEAR}"
    rf"|{_MONTH} [0-3]?[0-9](?:st|nd|rd|th)?,? {_YEAR}"
    rf"|{_YEAR} ?[年년] ?[01]?[0-9] ?[月월] ?[0-3]?[0-9] ?[日일]"
)
_BIRTH_DATE = re.compile(
    rf"(?:(?<![a-z])(?:{_LATIN})|{_OTHERS})(?: is| ist| est| es| è| é|は|是)?[\"'`*|:=\uff1a ]{{0,6}}"
    rf"(?P<date>{_DATE})(?![{WORD}]|[-/.][0-9])",
    re.IGNORECASE,
)
_WORDS = (
    "birth", "Birth", "BIRTH", "DOB", "dob", "Dob", "D.O.B", "d.o.b", "D.o.b", "was born on", "eburts", "GEBURTS",
    "eb. ", "eb.: ", "aissance", "acimiento", "ascimento", "ascita", "eboorte", "ödsel", "yntymä", "rodzenia",
    "arození",
    "ođenja", "zületés", "așterii", "oğum", "gày sinh", "lahir", "рожд", "народж", "έννησης", "الميلاد", "تولد", "לידה",
    "जन्म", "出生日期", "生年月日", "생년월일",
)  # fmt: skip
BIRTH_DATE_HINT = "|".join(_WORDS).replace(".", r"\.")
"""For a fast engine: a text that it does not match holds no date of birth. Literals alone, which it is fast at."""
_DIGITS = re.compile(r"[0-9]+|[^\W\d_]{3}")


def birth_dates(text: str) -> Iterator[Span]:
    """Yield the dates of birth in the text.

    >>> text = "DOB: 04/17/1986, joined 05/01/2019; Geburtsdatum 17. April 1986"
    >>> [text[s.start:s.end] for s in birth_dates(text)]
    ['04/17/1986', '17. April 1986']
    """
    if not any(word in text for word in _WORDS):  # as it is in a fiftieth of the time
        return
    for found in _BIRTH_DATE.finditer(text):
        parts = (part.lower().lstrip("0") for part in _DIGITS.findall(found.group("date")))
        yield Span(*found.span("date"), "birth_date", " ".join(parts))

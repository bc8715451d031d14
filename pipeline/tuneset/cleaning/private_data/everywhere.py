"""A value that was found once, wherever it stands: where nothing beside it says what it is, and in other spellings.

A password that one turn names stands bare in the next, in an answer of a tool, in a command. Which values are found,
the detectors say; here is how else they may be written. A value that is short, or a number that is no more than a
number, is not looked for: the same digits may mean anything.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from tuneset.cleaning.private_data.detectors import placeholder_pattern
from tuneset.cleaning.private_data.kinds import WORD, Kind, Span

Value = tuple[Kind, str]
"""A kind and a value's canonical form, as in `Span`."""

_SHORTEST = 6  # characters; what people choose has no fewer (`passwords.looks_chosen`)
_FEWEST_DIGITS = 8
_NUMBERS = frozenset({"card", "phone", "iban", "national_id", "imei"})
_GAP = r"[ \u00a0\u202f.()/\u2010-\u2013-]{0,3}"
_NOT_ALNUM = re.compile(r"[^0-9A-Za-z]+")
_NAMES = frozenset({"person", "location", "user_name", "postal_address"})
_SHORTEST_NAME = 4  # letters of a name in one word; "May" and "Al" are others as well
_LOGINS = frozenset({"url_credentials", "connection_string"})


class Spelling(NamedTuple):
    """One way to write a value.

    Args:
        kind: of the value.
        value: its canonical form, as in `Span`.
        form: a pattern with the value as its first group.
        key: letters and digits, in capitals, that stand in whatever the pattern matches, gaps left out.
    """

    kind: Kind
    value: str
    form: str
    key: str


def spellings(values: Iterable[Value]) -> list[Spelling]:
    """All ways to write the values.

    >>> [spelling.key for spelling in spellings([("password", "Tr0ub4dor&3"), ("person", "ann")])]
    ['TR0UB4DOR']
    """
    return [Spelling(kind, value, form, key) for kind, value in values for form, key in _forms(kind, value)]


def known_values(text: str, known: Sequence[Spelling]) -> list[Span]:
    """Where any of the values stands in the text, longest first where two overlap, never inside a placeholder.

    >>> known = spellings([("password", "Tr0ub4dor&3"), ("phone", "+14152002671")])
    >>> [span.kind for span in known_values("try Tr0ub4dor&3 or 415.200.2671, not 14152002671234", known)]
    ['password', 'phone']
    """
    squeezed = _NOT_ALNUM.sub("", text).upper()
    spans = [
        Span(*found.span(1), kind, value)
        for kind, value, form, key in known
        if key in squeezed
        for found in re.finditer(form, text)
    ]
    if not spans:
        return []
    taken = [found.span() for found in placeholder_pattern().finditer(text)]
    chosen = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        if all(span.end <= start or end <= span.start for start, end in taken):
            taken.append((span.start, span.end))
            chosen.append(span)
    return sorted(chosen, key=lambda span: span.start)


def _forms(kind: Kind, value: str) -> Iterator[tuple[str, str]]:
    """Yield patterns of the ways to write a value, each with letters and digits that stand in all of them."""
    if kind in _NUMBERS:
        yield from _number_forms(kind, value)
        return
    if kind == "private_key":  # has a form of its own, wherever it stands
        return
    if kind in _NAMES:
        yield from _name_forms(kind, value)
        return
    if kind == "mac":
        yield _alone("(?i:" + "[:.-]?".join(value) + ")"), value.upper()
        return
    names = [value]
    if kind in _LOGINS:
        names += [value.partition(":")[2], value.partition("/")[2]] if ":" in value or "/" in value else []
    for name in names:
        if len(name) >= _SHORTEST and not (name.isdigit() and len(name) < _FEWEST_DIGITS) and not name.isalpha():
            yield (
                _alone(_spelled(kind, name)),
                max(_NOT_ALNUM.sub(" ", name.partition("@")[0]).upper().split(), key=len, default=""),
            )


def _spelled(kind: Kind, name: str) -> str:
    """A pattern of a value as it is, in any case where case does not count, and as a URL or JSON escapes it."""
    if kind != "email":
        escaped = (name, quote(name, safe=""), quote(name), quote_plus(name), html.escape(name), json.dumps(name)[1:-1])
        return "|".join(map(re.escape, dict.fromkeys(escaped)))
    return "(?i:" + "(?:@|%40)".join(map(re.escape, name.split("@"))) + ")"


def _name_forms(kind: Kind, value: str) -> Iterator[tuple[str, str]]:
    """Yield a name in any case and with any gaps; one word of letters only with a capital, as "Rose" is no "rose".

    >>> [bool(re.search(form, text)) for form, _ in _name_forms("person", "rose") for text in ("Rose", "a rose")]
    [True, False]
    """
    words = value.split()
    key = max(_NOT_ALNUM.sub(" ", value).upper().split(), key=len, default="")
    if len(words) > 1:
        yield _alone(r"(?i:" + r"[ \t\n,]+".join(map(re.escape, words)) + ")"), key
    elif (kind == "user_name" and len(value) >= _SHORTEST_NAME) or not value.isascii():
        yield _alone("(?i:" + re.escape(value) + ")"), key
    elif len(value) >= _SHORTEST_NAME:
        yield _alone(re.escape(value[0].upper()) + "(?i:" + re.escape(value[1:]) + ")"), key


def _number_forms(kind: Kind, value: str) -> Iterator[tuple[str, str]]:
    """Yield the digits of a number with or without gaps; of a phone number with its country code and without."""
    number, _, extension = value.removeprefix("+").rpartition(" ")[2].partition(";ext=")
    if len(number) < _FEWEST_DIGITS:
        return
    gap = r"[ \u00a0\u202f.\u2010-\u2013-]?"
    if kind != "phone":
        yield _alone("(?i:" + gap.join(number) + ")"), number
        return
    code, national = _split(value.partition(";")[0])
    tail = rf"(?i:[ ,;]{{0,2}}(?:x|ext)[a-z.: #]{{0,8}}{extension})" if extension else ""
    digits = _GAP.join(national)
    if len(national) >= _FEWEST_DIGITS:
        yield _alone(rf"(?:(?:\+|00)?{_GAP.join(code)}{_GAP}(?:\(0\) ?)?|\(?0)?\(?{digits}{tail}"), national


def _split(number: str) -> tuple[str, str]:
    import phonenumbers  # noqa: PLC0415  0.01 s that texts without a phone number do without

    parsed = phonenumbers.parse(number)
    return str(parsed.country_code), phonenumbers.national_significant_number(parsed).removeprefix("0")


def _alone(form: str) -> str:
    """A pattern with the value as its group, where no letter or digit goes on beside it.

    An escape in JSON is none, nor is `-p`, behind which commands take passwords.
    """
    return rf"(?:(?<![{WORD}])(?<![0-9][.,])|(?<=\\[nrt])|(?<=[ \n]-[pP]))({form})(?![{WORD}]|[.,][0-9])"

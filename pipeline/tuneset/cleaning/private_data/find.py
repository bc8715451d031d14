"""All kinds of private data in one text, each character claimed once.

This is the whole of the detection: a pure function of the text. What is done about the finds is decided elsewhere.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.connection import connection_strings
from tuneset.cleaning.private_data.email import emails
from tuneset.cleaning.private_data.encoded_secrets import json_web_tokens, private_keys
from tuneset.cleaning.private_data.keys import api_keys, named_keys
from tuneset.cleaning.private_data.kinds import DEFAULT_REGIONS, KINDS, PLACEHOLDER, Kind, Span
from tuneset.cleaning.private_data.national import national_ids
from tuneset.cleaning.private_data.network import addresses, url_credentials
from tuneset.cleaning.private_data.passwords import passwords
from tuneset.cleaning.private_data.payment import cards, ibans
from tuneset.cleaning.private_data.phone import phones


class Group(enum.IntEnum):
    """Detectors that look for the same signs."""

    AT = 1
    NATIONAL = 2
    ADDRESS = 4
    KEY = 8
    NAMED = 16
    PAYMENT = 32
    PHONE = 64


EVERY = sum(Group)

# Where finds overlap, a kind with a stricter form wins over any other; among equals the longer find wins.
_STRICT: frozenset[Kind] = frozenset({"private_key", "jwt", "connection_string", "url_credentials", "card", "iban"})
_RANK = {kind: rank for rank, kind in reversed([*enumerate(("iban", "card", "national_id", "api_key", *KINDS))])}
_SEVEN_DIGITS = re.compile(r"[0-9](?:[^0-9\n]{0,3}[0-9]){6}")
_QUAD = re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[23][0-9A-Fa-f]{3}:[0-9A-Fa-f]{0,4}:")


def find_private(text: str, regions: tuple[str, ...] = DEFAULT_REGIONS, groups: int = EVERY) -> list[Span]:
    """Every find in the text, in order, none overlapping another or a placeholder that already stands there.

    `regions` are the countries whose national phone numbers count. `groups` may leave out what cannot be in the
    text, as `find_suspects` says; it saves time and changes nothing.

    >>> [span.kind for span in find_private("ann@acme.org paid with 4012 8888 8888 1881, not <CARD_1>")]
    ['email', 'card']
    """
    spans = list(_candidates(text, regions, groups))
    if not spans:
        return []
    taken = [found.span() for found in PLACEHOLDER.finditer(text)] if "<" in text else []
    chosen: list[Span] = []
    for span in sorted(spans, key=_precedence):
        if all(span.end <= start or end <= span.start for start, end in taken):
            taken.append((span.start, span.end))
            chosen.append(span)
    return sorted(chosen, key=lambda span: span.start)


def _precedence(span: Span) -> tuple[bool, int, int, int]:
    return span.kind not in _STRICT, span.start - span.end, _RANK[span.kind], span.start


def _candidates(text: str, regions: tuple[str, ...], groups: int) -> Iterator[Span]:
    """Whatever the detectors find; a cheap test before each one that is not cheap itself."""
    if groups & Group.AT:
        yield from emails(text)
    if groups & Group.NATIONAL:
        yield from national_ids(text)
    if groups & (Group.PAYMENT | Group.PHONE) and _SEVEN_DIGITS.search(text):
        if groups & Group.PAYMENT:
            yield from cards(text)
            yield from ibans(text)
        if groups & Group.PHONE:
            yield from phones(text, regions)
    if groups & Group.ADDRESS and _QUAD.search(text):
        yield from addresses(text)
    if groups & (Group.AT | Group.NAMED):
        yield from url_credentials(text)
        yield from connection_strings(text)
    if groups & Group.KEY:
        yield from api_keys(text)
        yield from json_web_tokens(text)
        yield from private_keys(text)
        yield from named_keys(text)
    if groups & Group.NAMED:
        yield from passwords(text)

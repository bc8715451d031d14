"""Payment cards and international bank account numbers (IBAN).

A card needs a right check digit (ISO/IEC 7812-1), an issuer's range with that issuer's length, and the grouping that
is printed on cards, or none. An IBAN needs the length and structure of its country and the check digits of ISO 13616.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn

from tuneset.cleaning.private_data.kinds import NUMBER_LEFT, NUMBER_RIGHT, WORD, Span, before

_GAP = r"[ \u00a0\u202f.\u2010-\u2013-]?"
# Patterns that run over whole texts begin with a digit and look back from there: so they are many times as fast.
_CARD_START = re.compile(rf"[1-6](?<![{WORD}][1-6])(?<![0-9][.,:/-][1-6])(?=[0-9]{{3}})")
# Printed groups: 4-4-4-4, with a fifth group of 19 digits; 4-6-5 (American Express); 4-6-4 (Diners Club); or none.
_CARD_FORMS = tuple(
    re.compile(form + rf"(?![{WORD}]|[.,:/-][0-9])")
    for form in (
        rf"[0-9]{{4}}({_GAP})[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{3}}",
        rf"[0-9]{{4}}({_GAP})[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}",
        rf"[0-9]{{4}}({_GAP})[0-9]{{6}}\1[0-9]{{5}}",
        rf"[0-9]{{4}}({_GAP})[0-9]{{6}}\1[0-9]{{4}}",
        r"[0-9]{12,19}()",
        rf"[0-9]{{4}}({_GAP})[0-9]{{4}}\1[0-9]{{4}}",
    )
)
# Ranges of issuer identification numbers, from the issuers' published ranges as of 2026-11: prefix -> lengths.
_ISSUER = (
    (re.compile(r"4"), (13, 16, 19)),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"6011|64[4-9]|65"), (16, 19)),  # Discover
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 19)),  # JCB
    (re.compile(r"2131|1800"), (15,)),  # JCB, older
    (re.compile(r"30[0-5]|3095|36|3[89]"), (14, 16, 19)),  # Diners Club
    (re.compile(r"62|81"), (16, 17, 18, 19)),  # UnionPay
    (re.compile(r"50|5[6-9]|63|67|6[0-9]"), (12, 16, 18, 19)),  # Maestro, RuPay
)
_SHORTEST_CARD = 12  # digits
_UNUSUAL_LENGTHS = frozenset(
    {12, 13, 17, 18, 19}
)  # as long as ids and time stamps: only in groups or after a card word
_CARD_NUMBER = re.compile(
    r"(?:card|karten?|carte|tarjeta|cart[aã]o|carta|maestro|jcb)[ _-]?"
    r"(?:no|nr|num\w*|n[uú]m\w*|n[°º])?[\"'.:#=() ]*(?:is )?\Z"
    r"|卡号[：:是 ]*\Z",  # noqa: RUF001  Chinese
    re.IGNORECASE,
)
"""Words that name a card's number right before it, as the shortest and the oldest forms need them."""
_CARD_WORD = re.compile(
    r"card|visa|master ?card|amex|american express|discover|diners|jcb|unionpay|maestro|credit|debit|pay|karte|carte"
    r"|tarjeta|cart[aã]o|carta|(?a:\b)pan(?a:\b)|(?a:\b)cc(?a:\b)|卡",
    re.IGNORECASE,
)
_OTHER_NUMBER = re.compile(
    r"(?:order|invoice|ticket|case|tracking|track|shipment|parcel|part|serial|account|sku|isbn|ean|gtin|imei|iccid"
    r"|ref(?:erence)?|transaction|trace|span|request|message|user|session|tweet|status|post|object|row|\bid|_id|batch|barcode"
    r"|nonce|seed|rng|random|timestamp|ts|hash|bestell\w*|commande|pedido|ordine)[ _.-]*(?:no|nr|number|num|id|code|#)?"
    r"[\"'.:#=/(\[ ]*\Z",
    re.IGNORECASE,
)

_RECKONED = (
    re.compile(r"[0-9)] ?[+*\u00d7\u00f7^<>=] ?\Z|[0-9)] [-\u2212] \Z"),
    re.compile(r" ?(?:[+*\u00d7\u00f7^<>]|==?) ?\(?[0-9]| [-\u2212] \(?[0-9]"),
)
"""An operator between a number and another one, before and behind it."""

_IBAN_START = re.compile(
    r"[0-9]{2}(?<=[A-Za-z]{2}[0-9]{2})(?<![A-Za-z0-9][A-Za-z]{2}[0-9]{2})(?=[ \u00a0-]?[A-Za-z0-9]{4})"
)
_IBAN_CHARACTER = re.compile(r"[ \u00a0-]?[A-Za-z0-9]")
_IBAN_LENGTHS = range(15, 35)  # ISO 13616: Norway is the shortest; none is longer than 34

PAYMENT_HINT = (
    rf"{NUMBER_LEFT}(?:[2-6][0-9]|18)[0-9]{{2}}(?:{_GAP}[0-9]){{8,15}}{NUMBER_RIGHT}"
    r"|(?:^|[^0-9A-Za-z]|\\(?:[a-z]|u[0-9A-Fa-f]{4}))[A-Za-z]{2}[0-9]{2}[ \u00a0-]?[A-Za-z0-9]{4}"
    r"(?:[ \u00a0-]?[A-Za-z0-9]){7}"
)
"""For a fast engine: a text that it does not match holds no card and no IBAN."""


_HEX_BESIDE = re.compile(r"(?<![0-9A-Za-z])[0-9A-F]{4}[ \n]\Z"), re.compile(r"[ \n][0-9A-F]{4}(?![0-9A-Za-z])")


def _in_a_table(text: str, start: int, end: int) -> bool:
    """Whether groups of four go on beside a number, as in a table of characters or a dump.

    >>> _in_a_table("5983 5984 5985 5986 5987", 5, 24), _in_a_table("pay 4012 8888 8888 1881", 4, 23)
    (True, False)
    """
    before, after = _HEX_BESIDE
    return before.search(text, max(0, start - 6), start) is not None or after.match(text, end) is not None


def cards(text: str) -> Iterator[Span]:
    """Yield the card numbers in the text; the canonical form is the digits.

    >>> [s.value for s in cards("Visa 4012-8888-8888-1881, not 4012-8888-8888-1882")]
    ['4012888888881881']
    """
    position = 0
    for start, end, digits, grouped in _numbers(text):
        if start >= position and _fits(text, start, end, digits, grouped=grouped):
            yield Span(start, end, "card", digits)
            position = end


def may_hold_card(text: str) -> bool:
    """Whether a number that is a card's by itself is in the text, whatever the words before it say.

    >>> may_hold_card("order 4012888888881881"), may_hold_card("order 4012888888881882")
    (True, False)
    """
    return any(True for _ in _numbers(text))


def _numbers(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """Yield (start, end, digits, whether grouped) of each number with the form, check digit and range of a card."""
    position = 0
    while start := _CARD_START.search(text, position):
        position = start.end()
        for form in _CARD_FORMS:
            found = form.match(text, start.start())
            if found is not None:
                digits = "".join(c for c in found.group() if c.isdigit())
                if _is_card(digits):
                    yield start.start(), found.end(), digits, bool(found.group(1))


def _is_card(digits: str) -> bool:
    """Whether check digit, range and length are those of a card.

    >>> _is_card("4012888888881881"), _is_card("9012888888881881"), _is_card("4444444444444448")
    (True, False, True)
    """
    issued = any(prefix.match(digits) and len(digits) in lengths for prefix, lengths in _ISSUER)
    return issued and len(set(digits)) > 1 and bool(luhn.is_valid(digits))


def _fits(text: str, start: int, end: int, digits: str, *, grouped: bool) -> bool:
    """Whether the words before speak for a card, or at least not against it."""
    context = before(text, start)
    if len(digits) == _SHORTEST_CARD or digits.startswith(("2131", "1800")):
        return _CARD_NUMBER.search(context) is not None
    if _CARD_WORD.search(context):
        return True
    if grouped:
        return not _in_a_table(text, start, end)
    if len(digits) in _UNUSUAL_LENGTHS or (
        digits[:1] not in "345" and not digits.startswith(("2", "6011", "62", "65"))
    ):
        return False
    return _OTHER_NUMBER.search(context) is None and not _in_a_sum(text, start, end)


def _in_a_sum(text: str, start: int, end: int) -> bool:
    """Whether a number is reckoned with; a slash does not say so, since cards have dates.

    >>> [_in_a_sum(text, 0, 4) for text in ("4012 + 1", "4012*7", "4012 = 2", "4012/12", "4012 (1)")]
    [True, True, True, False, False]
    """
    before_it, after_it = _RECKONED
    return before_it.search(text, max(0, start - 4), start) is not None or after_it.match(text, end) is not None


def ibans(text: str) -> Iterator[Span]:
    """Yield the IBANs in the text; the canonical form is without spaces, in upper case.

    >>> [s.value for s in ibans("to de89 3704 0044 0532 0130 00 and not DE88 3704 0044 0532 0130 00")]
    ['DE89370400440532013000']
    """
    position = 0
    while checked := _IBAN_START.search(text, position):
        start, end = checked.start() - 2, checked.end()
        position, compact = end, text[start:end]
        while len(compact) < _IBAN_LENGTHS.stop - 1 and (step := _IBAN_CHARACTER.match(text, end)):
            compact, end = compact + step.group()[-1], step.end()
            following = text[end : end + 1]
            whole = not (following.isascii() and following.isalnum())
            if whole and len(compact) in _IBAN_LENGTHS and iban.is_valid(compact):
                yield Span(start, end, "iban", compact.upper())
                position = end
                break

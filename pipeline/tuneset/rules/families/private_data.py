"""What must not leave: where it may be in an example, and which rule speaks of it.

What private data is, `tuneset.cleaning.private_data` says alone, for `check` as for `prepare`: what redaction leaves is
no finding. Here are patterns that say cheaply which texts it must look at. They know all addresses and cards, the most
common secrets (`secret_forms`), and phone numbers with a country code or grouped as in North America; for everything
else there are optional rules, which look at every text (`tuneset.rules.engine.private_scan`). No value is ever yielded.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import Signs, Span
from tuneset.rules.accessors import Object, Step, all_messages, calls, texts
from tuneset.rules.context import Context
from tuneset.rules.issue import Issue, issue
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ASK, chat, turn
from tuneset.rules.secret_forms import SECRET_PATTERN, automaton, name_of
from tuneset.terms import Format

_SEEN = dt.date(2026, 11, 20)
_AT = "$.messages[1].content"


def _says(text: str) -> bytes:
    return chat(ASK, turn("assistant", text))


RULES = (
    Rule(
        "EGR001", "secret", "error", "The text holds a key, a token or a password.",
        "What is uploaded can be memorised by the model and said to anybody.",
        "the providers' published key formats", _SEEN,
        Sample(_says("Use AKIA" + "QWERTYUIOPASDF12" + "."), path=_AT), Sample(_says("Use your AKIA key.")),
    ),
    Rule(
        "EGR002", "email-address", "warning", "The text holds an e-mail address.",
        "Personal data should be redacted before it leaves.",
        "GDPR article 4(1)", _SEEN,
        Sample(_says("Write to ann.smith@acme.org."), path=_AT), Sample(_says("Decorate it with @property.")),
    ),
    Rule(
        "EGR003", "payment-card", "error", "The text holds a payment card number with a right check digit.",
        "Card numbers must not be kept or passed on in clear.",
        "PCI DSS 4.0, requirement 3; ISO/IEC 7812-1 (Luhn)", _SEEN,
        Sample(_says("Card 4012 8888 8888 1881"), path=_AT), Sample(_says("Card 4012 8888 8888 1882")),
    ),
    Rule(
        "EGR004", "phone-number", "warning", "The text holds a phone number.",
        "Personal data should be redacted before it leaves.",
        "GDPR article 4(1); ITU-T E.164", _SEEN,
        Sample(_says("Call +33 1 42 68 53 00."), path=_AT), Sample(_says("In 2024 there were 2 102 650 people.")),
    ),
    Rule(
        "EGR005", "personal-number", "warning", "The text holds a bank account number or a national identity number.",
        "Personal data should be redacted before it leaves. Finding it takes a closer look, so that it is optional.",
        "GDPR articles 4(1) and 87; ISO 13616", _SEEN,
        Sample(_says("My SSN is 536-90-4399."), path=_AT), Sample(_says("The part is 536904399.")), optional=True,
    ),
    Rule(
        "EGR006", "public-address", "warning", "The text holds a public IP address.",
        "It may be personal data, or say where a server is. Finding it takes a closer look, so that it is optional.",
        "Court of Justice of the EU, C-582/14 (Breyer)", _SEEN,
        Sample(_says("The visitor came from 81.2.69.142."), path=_AT),
        Sample(_says("The router has 192.168.0.1, and the driver is version 81.2.69.142.")), optional=True,
    ),
    Rule(
        "EGR007", "hidden-secret", "error", "The text holds a login, a password beside its name, or a rarer key.",
        "As EGR001. Finding it takes a closer look, so that it is optional.",
        "RFC 3986, section 3.2.1; the providers' published key formats", _SEEN,
        Sample(_says("Set password=Tr0ub4dor&3x there."), path=_AT),
        Sample(_says("Set password=YOUR_PASSWORD there.")), optional=True,
    ),
)  # fmt: skip

COMMON_CODES = ("EGR001", "EGR002", "EGR003", "EGR004")
"""Rules on private data with a cheap suspect pattern, which every check looks for."""
OPTIONAL_CODES = ("EGR005", "EGR006", "EGR007")
"""Optional rules on private data that take a closer look at each text."""
REDACT_HINT = "redact it: `tuneset prepare` does, before it writes"

# Suspect patterns: no look-around, and a match wherever something of the kind is. What matters is what they begin with:
# a pattern that may begin with any character, or at the start, takes fifteen times as long. A name of one character
# after a backslash or an @ is passed over: within a JSON string, `\n@property.setter` would be one.
_LETTER = r"A-Za-z0-9À-\u1fff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_WRITTEN = rf"[{_LETTER}_+'&=~.-]"
ADDRESS_PATTERN = rf"[^\\@]{_WRITTEN}@[{_LETTER}-]+\.[{_LETTER}]"
ESCAPED_AT = "%40"
_GAP = r"[ \u00a0\u202f.\u2010-\u2013-]?"
CARD_PATTERN = rf"(?:[2-6][0-9]|18)[0-9]{{2}}(?:{_GAP}[0-9]){{8}}"
# The same with its ends: few other numbers match, but the search takes seven times as long.
_WHOLE_CARD_PATTERN = rf"(?:^|[^0-9.]|[^0-9]\.)(?:[2-6][0-9]|18)[0-9]{{2}}(?:{_GAP}[0-9]){{8,15}}(?:[^0-9]|$)"
_ESCAPE = re.compile(r"\\[bfnrt]")  # in JSON; its letter is no part of a word
# International numbers have 8 to 15 digits after the + (ITU-T E.164); the others are written as in North America.
PHONE_PATTERNS = (r"\+[1-9][0-9 .()-]{7}", r"[)-] ?[0-9]{3}-[0-9]{4}")
# The same with their ends, for texts and not for JSON.
_WHOLE_PHONE_PATTERN = (
    r"(?:^|[^0-9A-Za-z_+])\+[1-9](?:[ .()-]{0,2}[0-9]){7,14}(?:[^0-9]|$)"
    r"|(?:^|[^0-9A-Za-z_.(-])(?:\([0-9]{3}\) ?|[0-9]{3}-)[0-9]{3}-[0-9]{4}(?:[^0-9A-Za-z_-]|$)"
)

_CODES = {
    "email": "EGR002",
    "card": "EGR003",
    "phone": "EGR004",
    "ip": "EGR006",
}
"""The rule that speaks of a kind; of any other secret EGR007 does, of any other personal data EGR005."""


def private_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield secrets and personal data of the common forms in the texts and the tool arguments of all messages."""
    for place, text in private_texts(example, context.format):
        groups = suspect_groups(text)
        for code, said in said_of(text, place, groups) if groups else ():
            if code in COMMON_CODES:
                yield issue(code, place, said, REDACT_HINT)


def private_texts(example: Object, line_format: Format) -> Iterator[tuple[Step, str]]:
    """Yield every text that is looked through for secrets and personal data: of messages and of tool arguments."""
    for path, message in all_messages(example, line_format):
        yield from texts(path, message)
        for place, _, function in calls(path, message):
            if isinstance(function.get("arguments"), str):
                yield (*place, "function", "arguments"), function["arguments"]


def may_hold_card(text: str) -> bool:
    r"""Whether a number that is a card's by itself is in a text, or in a line of JSON.

    >>> may_hold_card(r"paid\n4012 8888 8888 1881"), may_hold_card("4012 8888 8888 1882"), may_hold_card("4012 8888")
    (True, False, False)
    """
    if not automaton(CARD_PATTERN).is_valid(text) or not automaton(_WHOLE_CARD_PATTERN).is_valid(text):
        return False
    from tuneset.cleaning.private_data import payment  # noqa: PLC0415  0.01 s that many ranges do without

    return payment.may_hold_card(_ESCAPE.sub(" ", text))


def suspect_groups(text: str) -> int:
    """The detectors that must look at a text for the rules of COMMON_CODES, as a sum of `Signs` values.

    >>> suspect_groups("nothing here"), suspect_groups("ann@acme.org")
    (0, 1)
    """
    secret = automaton(SECRET_PATTERN).is_valid(text)
    address = ESCAPED_AT in text or ("@" in text and automaton(ADDRESS_PATTERN).is_valid(f" {text}"))
    card = may_hold_card(text)
    phone = any(automaton(pattern).is_valid(text) for pattern in PHONE_PATTERNS)
    phone = phone and automaton(_WHOLE_PHONE_PATTERN).is_valid(text)
    if not (secret or address or card or phone):
        return 0
    return secret * Signs.KEY + address * Signs.AT + card * Signs.PAYMENT + phone * Signs.PHONE


def said_of(text: str, place: Step, groups: int) -> Iterator[tuple[str, str]]:
    """Yield (rule code, message) for each kind of private data that redaction would replace there, each once.

    Only the detectors of `groups` look. The last step of `place` is the key of the text.

    >>> list(said_of("ann@acme.org, bo@acme.org", ("messages", 0, "content"), 1))
    [('EGR002', 'the text holds an e-mail address')]
    """
    from tuneset.cleaning.private_data.rewrite import find_in  # noqa: PLC0415  0.01 s, as above

    # The content of a message stands alone in its column; everything else is read as JSON with its key.
    key = "" if place[-1] == "content" else str(place[-1])
    for code, words in dict.fromkeys(map(_code_and_words, find_in(text, key, groups))):
        yield code, f"the text holds {words}"


def _code_and_words(span: Span) -> tuple[str, str]:
    from tuneset.cleaning.private_data.detectors import detector_of  # noqa: PLC0415  the same

    if span.kind == "private_key":
        return "EGR001", "a private key"
    if span.kind in ("api_key", "jwt") and (name := name_of(span.value)):
        return "EGR001", name
    detector = detector_of(span.kind)
    return _CODES.get(span.kind, "EGR007" if detector.secret else "EGR005"), detector.words

"""What must not leave: the rules on secrets and personal data in text, and where they look.

The forms are known to `egress`, those of the optional rules to `private_data`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from tuneset.rules.accessors import Object, Step, all_messages, calls, texts
from tuneset.rules.context import Context
from tuneset.rules.families.egress import find_private
from tuneset.rules.issue import Issue, issue
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ASK, chat, turn
from tuneset.terms import Format

_SEEN = dt.date(2026, 11, 20)
_AT = "$.messages[1].content"


def _says(text: str) -> bytes:
    return chat(ASK, turn("assistant", text))


REDACT_HINT = "redact it: `tuneset prepare` does, before it writes"


def egress_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield secrets and personal data in the texts and the tool arguments of all messages."""
    for place, text in egress_texts(example, context.format):
        for code, kind in find_private(text):
            yield issue(code, place, f"the text holds {kind}", REDACT_HINT)


def egress_texts(example: Object, line_format: Format) -> Iterator[tuple[Step, str]]:
    """Yield every text that is looked through for secrets and personal data: of messages and of tool arguments."""
    for path, message in all_messages(example, line_format):
        yield from texts(path, message)
        for place, _, function in calls(path, message):
            if isinstance(function.get("arguments"), str):
                yield (*place, "function", "arguments"), function["arguments"]


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

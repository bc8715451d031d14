"""What must not leave: secrets and personal data in text, found by form and, where there is one, by check digit.

Only finds and names them. It never returns the text that was found, so that no caller can print it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import jsonschema_rs

CLOSER_CODES = ("EGR005", "EGR006", "EGR007")
"""Optional rules on private data that take a closer look, of which nothing is known here (`closer`)."""

# Forms that the providers publish, or that their secret scanners look for, as of 2026-11: what it is, its form.
_SECRETS = (
    ("an AWS access key", r"(?:AKIA|ASIA)[A-Z0-9]{16}"),
    ("an OpenAI or Anthropic key", r"sk-[A-Za-z0-9_-]{20,}"),
    ("a GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,}"),
    ("a GitHub token", r"github_pat_[A-Za-z0-9_]{60,}"),
    ("a GitLab token", r"glpat-[A-Za-z0-9_-]{20,}"),
    ("a Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Google API key", r"AIza[A-Za-z0-9_-]{35}"),
    ("a Stripe key", r"[rs]k_live_[A-Za-z0-9]{20,}"),
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{30,}"),
    ("an npm token", r"npm_[A-Za-z0-9]{36}"),
    ("a PyPI token", r"pypi-[A-Za-z0-9_-]{50,}"),
    ("a SendGrid key", r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("a JSON web token", r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
)
# A secret does not begin in the middle of a word.
_SECRET_FORMS = [(kind, re.compile(rf"(?<![A-Za-z0-9_-]){form}")) for kind, form in _SECRETS]

# The exact forms begin with what `re` finds fast, and look back from there.
# A name of one character is passed over: within a JSON string, `\n@property.setter` would be one.
_DOMAIN = re.compile(r"@(?<=[A-Za-z0-9._+-][A-Za-z0-9_+-]@)(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}\b")
# Addresses that stand for nobody: RFC 2606 keeps these names for examples.
_EXAMPLE_DOMAIN = re.compile(r"(?i)@(?:[a-z0-9-]+\.)*(?:example\.(?:com|org|net)|example|test|invalid|localhost)$")
_CARD = re.compile(r"[2-6](?<![0-9.][2-6])[0-9]{3}(?:[ -]?[0-9]){9,15}(?![0-9.]?[0-9])")
# International numbers have 8 to 15 digits after the + (ITU-T E.164); the others are written as in North America.
_PHONES = (
    re.compile(r"\+(?<![\w+]\+)(?=[1-9](?:[ .()-]{0,2}[0-9]){7,14}(?![0-9]))[0-9]"),
    re.compile(r"[(0-9](?<![\w.(-][(0-9])(?:(?<=\()[0-9]{3}\) ?|(?<=[0-9])[0-9]{2}-)[0-9]{3}-[0-9]{4}(?![\w-])"),
)

# Patterns without look-around that match wherever the exact ones of their kind do, and sometimes elsewhere.
SECRET_PATTERN = "|".join(form for _, form in _SECRETS)
ADDRESS_PATTERN = r"[A-Za-z0-9._+-][A-Za-z0-9_+-]@[A-Za-z0-9-]+\.[A-Za-z0-9]"
CARD_PATTERN = r"[2-6][0-9]{3}(?:[ -]?[0-9]){9}"
# The same with its ends: few other numbers match, but the search takes seven times as long.
_WHOLE_CARD_PATTERN = r"(?:^|[^0-9.])[2-6][0-9]{3}(?:[ -]?[0-9]){9,15}(?:[^0-9]|$)"
PHONE_PATTERNS = (r"\+[1-9][0-9 .()-]{7}", r"[)-] ?[0-9]{3}-[0-9]{4}")


@functools.cache
def _automaton(pattern: str) -> jsonschema_rs.Draft202012Validator:
    """A pattern compiled by jsonschema-rs to an automaton: Python's `re` spends fifty times as long on most text."""
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())


def holds_secret(text: str) -> bool:
    """Whether a secret of a known form is in the text.

    >>> holds_secret("AKIA is a prefix"), holds_secret("AKIAQWERTYUIOPASDF12")
    (False, True)
    """
    return _automaton(SECRET_PATTERN).is_valid(text) and any(form.search(text) for _, form in _SECRET_FORMS)


def holds_card(text: str) -> bool:
    """Whether a card number with a right check digit is in the text, and not within a bank account's number (IBAN).

    >>> holds_card("4012 8888 8888 1881"), holds_card("4012 8888 8888 1882")
    (True, False)
    >>> holds_card("DE64 6444 6169 3100 6117 47")
    False
    """
    if not _automaton(CARD_PATTERN).is_valid(text) or not _automaton(_WHOLE_CARD_PATTERN).is_valid(text):
        return False
    starts = [found.start() for found in _CARD.finditer(text) if _luhn(found.group())]
    if not starts:
        return False
    from tuneset.cleaning.private_data.payment import ibans  # noqa: PLC0415  seldom needed, and slow to load

    accounts = list(ibans(text))
    return any(not any(account.start <= start < account.end for account in accounts) for start in starts)


def find_private(text: str) -> Iterator[tuple[str, str]]:
    """Yield (rule code, kind in words) for each kind of secret or personal data in the text, each kind once.

    >>> list(find_private("ann@acme.org pays with 4012888888881881"))
    [('EGR002', 'an e-mail address'), ('EGR003', 'a payment card number')]
    """
    if _automaton(SECRET_PATTERN).is_valid(text):
        for kind in dict.fromkeys(kind for kind, form in _SECRET_FORMS if form.search(text)):
            yield "EGR001", kind
    if "@" in text and any(not _EXAMPLE_DOMAIN.search(found) for found in _DOMAIN.findall(text)):
        yield "EGR002", "an e-mail address"
    if holds_card(text):
        yield "EGR003", "a payment card number"
    for pattern, exact in zip(PHONE_PATTERNS, _PHONES, strict=True):
        if _automaton(pattern).is_valid(text) and exact.search(text):
            yield "EGR004", "a phone number"
            break


def _luhn(number: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1, annex B).

    >>> _luhn("4012 8888 8888 1881"), _luhn("4012 8888 8888 1882"), _luhn("0000 0000 0000 0000")
    (True, False, False)
    """
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 2 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0

"""What must not leave: secrets and personal data in text, found by form and, where there is one, by check digit.

Only finds and names them. It never returns the text that was found, so that no caller can print it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Forms that the providers publish, or that their secret scanners look for, as of 2026-11. Each begins with a literal.
_SECRETS = {
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "an OpenAI or Anthropic key": r"\bsk-[A-Za-z0-9_-]{20,}",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}",
    "a Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{30,}",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}",
    "a PyPI token": r"\bpypi-[A-Za-z0-9_-]{50,}",
    "a SendGrid key": r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
}
SECRET_LITERALS = (
    "AKIA", "ASIA", "sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxa-", "xoxb-", "xoxe-",
    "xoxo-", "xoxp-", "xoxr-", "xoxs-", "AIza", "sk_live_", "rk_live_", "hf_", "npm_", "pypi-", "SG.", "eyJ",
    "PRIVATE KEY-----",
)  # fmt: skip
"""Every secret that `find_private` knows holds one of these, so that a fast search can rule most text out."""

PREFILTER = "|".join(
    [
        *(re.escape(literal) for literal in SECRET_LITERALS),
        r"[A-Za-z0-9._%+-]@[A-Za-z0-9-]",
        r"[0-9][0-9 .()-]{7}",
    ]
)
"""A pattern in Rust's syntax that matches wherever `find_private` finds something, and often where it does not."""

_SECRET = {kind: re.compile(pattern) for kind, pattern in _SECRETS.items()}
_ANY_SECRET = re.compile("|".join(_SECRETS.values()))
_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}\b")
# Addresses that stand for nobody: RFC 2606 keeps these names for examples.
_EXAMPLE_DOMAIN = re.compile(r"(?i)@(?:[a-z0-9-]+\.)*(?:example\.(?:com|org|net)|example|test|invalid|localhost)$")
_CARD = re.compile(r"(?<![\d.])[2-6][0-9]{3}(?:[ -]?[0-9]){8,15}(?![\d.]?\d)")
# International numbers have 8 to 15 digits after the + (ITU-T E.164); the others are written as in North America.
_PHONE = re.compile(
    r"(?<![\w+])\+(?=[1-9](?:[ .()-]{0,2}[0-9]){7,14}(?![0-9]))[0-9]"
    r"|(?<![\w.-])(?:\([0-9]{3}\) ?|[0-9]{3}[.-])[0-9]{3}[.-][0-9]{4}(?![\w-])"
)

PREFILTER = "|".join(
    [
        *(re.escape(literal) for literal in SECRET_LITERALS),
        r"[A-Za-z0-9._%+-]@[A-Za-z0-9-]",
        r"[0-9][0-9 .()-]{7}",
    ]
)
"""A pattern in Rust's syntax that matches wherever `find_private` finds something, and often where it does not."""

_SECRET = {kind: re.compile(pattern) for kind, pattern in _SECRETS.items()}
_ANY_SECRET = re.compile("|".join(_SECRETS.values()))
_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}\b")
# Addresses that stand for nobody: RFC 2606 keeps these names for examples.
_EXAMPLE_DOMAIN = re.compile(r"(?i)@(?:[a-z0-9-]+\.)*(?:example\.(?:com|org|net)|example|test|invalid|localhost)$")
_CARD = re.compile(r"(?<![\d.])[2-6][0-9]{3}(?:[ -]?[0-9]){8,15}(?![\d.]?\d)")
_PHONE = re.compile(
    r"(?<![\w+])\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){2,4}(?!\w)"
    r"|(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?![\w-])"
)


def holds_secret(text: str) -> bool:
    """Whether a secret of a known form is in the text.

    >>> holds_secret("AKIA is a prefix"), holds_secret("AKIAQWERTYUIOPASDF12")
    (False, True)
    """
    return _ANY_SECRET.search(text) is not None


def find_private(text: str) -> Iterator[tuple[str, str]]:
    """Yield (rule code, kind in words) for each kind of secret or personal data in the text, each kind once.

    >>> list(find_private("ann@acme.org pays with 4012888888881881"))
    [('EGR002', 'an e-mail address'), ('EGR003', 'a payment card number')]
    """
    for kind, pattern in _SECRET.items():
        if pattern.search(text):
            yield "EGR001", kind
    if "@" in text and any(not _EXAMPLE_DOMAIN.search(found) for found in _EMAIL.findall(text)):
        yield "EGR002", "an e-mail address"
    if any(_luhn(found.group()) for found in _CARD.finditer(text)):
        yield "EGR003", "a payment card number"
    if _PHONE.search(text):
        yield "EGR004", "a phone number"


def _luhn(number: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1, annex B).

    >>> _luhn("4012 8888 8888 1881"), _luhn("4012 8888 8888 1882"), _luhn("0000 0000 0000 0000")
    (True, False, False)
    """
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 2 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0

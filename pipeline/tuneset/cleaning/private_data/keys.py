"""API keys and tokens whose issuers give them a form: a fixed prefix, an alphabet, a length.

The body must look drawn at random, so that `sk-loading-indicator`, `AKIAIOSFODNN7EXAMPLE` and `ghp_xxxxxxxx` stay.
Publishable keys (Stripe's `pk_`, client ids) are no secrets and stay, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.key_forms import FORMS, NAMED_KEY
from tuneset.cleaning.private_data.kinds import Span
from tuneset.cleaning.private_data.strength import entropy, is_random, is_stand_in

_PATTERNS = tuple((literal, re.compile(rest)) for _, literal, rest in FORMS)


# Without a prefix of their own, or with a form that says more.
_SHAPED = re.compile(
    r"(?<![A-Za-z0-9_-])(?:[0-9]{8,10}:(?P<telegram>AA[A-Za-z0-9_-]{33})|(?P<mailchimp>[0-9a-f]{32})-us[0-9]{1,2}"
    r"|(?P<azure>[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})"
    r"|[A-Za-z0-9]{14}\.atlasv1\.(?P<terraform>[A-Za-z0-9_=-]{60,70})"
    r"|(?P<mailgun>[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})|(?P<maxmind>[A-Za-z0-9]{6}_[A-Za-z0-9]{29})_mmk"
    r"|(?P<one_password>A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3})"
    r"|(?P<rapidapi>[a-z0-9]{10}msh[a-z0-9]{15}p1[a-z0-9]{6}jsn[a-z0-9]{12})"
    r"|[12]/[0-9]{16}(?:/[0-9]{16})?:(?P<asana>[0-9a-f]{32})"
    r"|(?P<discord>(?:[MNO][A-Za-z0-9]{3}){4}[A-Za-z0-9]{7,11}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,40}))"
    r"(?![A-Za-z0-9_-])"
)
_SHAPE_HINT = re.compile(
    r"[0-9]:AA|[0-9a-f]-us[0-9]|[0-9]Q~|\.atlasv1\.|_mmk|A3-[A-Z0-9]{6}-|jsn[a-z0-9]{12}|[12]/[0-9]{16}|[0-9a-f]-[0-9a-f]{8}-[0-9a-f]{8}(?![0-9a-f-])"
    r"|\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27}"
)
_AWS_SECRET = re.compile(NAMED_KEY + "(?![A-Za-z0-9/+=])")


_LONG_PREFIX = 5  # characters of a literal that stands for nothing else
# A name of several words, and what has no capitals or nothing else. One in thirty draws of 20 characters has no digit.
_IN_WORDS = re.compile(r"[A-Za-z]?[a-z]*(?:[A-Z][a-z]+)*\Z|[a-z]+(?:[-_.][a-z]+)*\Z|[A-Z]+(?:[-_.][A-Z]+)*\Z")


def keys(text: str) -> Iterator[Span]:
    """Yield all keys in the text: by their form and by their name."""
    yield from api_keys(text)
    yield from named_keys(text)


def api_keys(text: str) -> Iterator[Span]:
    """Yield the keys and tokens of known issuers in the text.

    >>> text = "ghp_" + "q7Zx0LmP2vB9sKd4TjW8" + "nR5cY1hF6gEaU3"
    >>> [s.end - s.start for s in api_keys(f"use {text}, not ghp_{'x' * 36}")]
    [38]
    """
    for literal, pattern in _PATTERNS:
        start = text.find(literal)
        while start >= 0:
            found = pattern.match(text, start + len(literal))
            if found and (not literal[0].isalnum() or _begins(text, start)) and _is_key_body(literal, found.group(1)):
                yield _span(text, start, found.end())
            start = text.find(literal, start + len(literal))
    if _SHAPE_HINT.search(text):
        for found in _SHAPED.finditer(text):
            if is_random(next(group for group in found.groups() if group)):
                yield _span(text, *found.span())


def named_keys(text: str) -> Iterator[Span]:
    """Yield the secret halves of AWS keys, which only their name gives away.

    >>> text = "aws_secret_access_key = " + "wJ4rXUtnF3EMIz" + "K7MDENGbPxRfiCYq8Lk2ZsTvPw"
    >>> [s.start for s in named_keys(text)]
    [24]
    """
    for found in _AWS_SECRET.finditer(text):
        if is_random(found.group(1)):
            yield _span(text, *found.span(1))


def _begins(text: str, start: int) -> bool:
    r"""Whether a word begins here; the `n` of an escaped newline is none.

    >>> _begins("task-", 2), _begins("=sk-", 1), _begins(r"\\nsk-", 2)
    (False, True, True)
    """
    previous = text[start - 1 : start] if start else ""
    escaped = previous in tuple("nrt") and text[start - 2 : start - 1] == "\\"
    return escaped or (not (previous.isalnum() and previous.isascii()) and previous != "_")


def _span(text: str, start: int, end: int) -> Span:
    end -= len(text[start:end]) - len(text[start:end].rstrip("-."))
    return Span(start, end, "api_key", text[start:end])


def _is_key_body(literal: str, body: str) -> bool:
    """Whether the body is random enough for its alphabet and length.

    >>> _is_key_body("AKIA", "Q7ZX2LMP4VB5SKDT"), _is_key_body("AKIA", "IOSFODNN7EXAMPLE")
    (True, False)
    """
    if literal in ("AKIA", "ASIA", "ABIA", "ACCA"):  # one in twenty holds no digit
        return entropy(body) >= 2.8 and not is_stand_in(body)
    if len(literal) >= _LONG_PREFIX and len(body) >= 16 and body.isascii() and not any(c.isdigit() for c in body):
        return not _IN_WORDS.match(body) and not is_stand_in(body) and entropy(body) >= 3.2
    return is_random(body, bits=3.0 if len(body) > 20 else 2.6)

"""JSON web tokens and private keys: secrets that prove their own form when they are decoded."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import Span

_JWT = re.compile(r"(?<![A-Za-z0-9_-])(ey[A-Za-z0-9_-]{10,2000})\.([A-Za-z0-9_-]{2,20000})\.([A-Za-z0-9_-]{0,2000})")
JWT_HINT = r"ey[A-DI-L][A-Za-z0-9_-]{9}[A-Za-z0-9_-]*\."
"""For a fast engine: every such token matches; in base64 `{"` is `eyI` to `eyL`, and `{ ` is `eyA` to `eyD`."""
_KEY_LABEL = r"(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?"
_KEY_BEGIN = re.compile(rf"-----BEGIN {_KEY_LABEL}-----")
_KEY_END = re.compile(rf"-----END {_KEY_LABEL}-----")
_KEY_WITHOUT_END = re.compile(r"(?:[A-Za-z0-9+/=]|\\[nr]|[\s\"'+,\\]){64,}")
_NOT_BASE64 = re.compile(r"\\[nr]|[^A-Za-z0-9+/=]|^(?:Proc-Type|DEK-Info|Version|Comment):.*$", re.MULTILINE)
_LONGEST_KEY = 20_000  # characters; an RSA key of 16384 bits has about 13,000
_SHORTEST_BODY = 40  # characters of base64; an Ed25519 key has 64


def json_web_tokens(text: str) -> Iterator[Span]:
    """Yield the JSON web tokens (RFC 7519) and encrypted ones: the first part must decode to JSON with an `alg`.

    >>> from base64 import urlsafe_b64encode as b64
    >>> token = ".".join(b64(part).decode().rstrip("=") for part in (b'{"alg":"HS256"}', b'{"sub":"1"}', b"signature"))
    >>> [text == token for text in [token[s.start:s.end] for s in json_web_tokens(token)]]
    [True]
    """
    for found in _JWT.finditer(text):
        if _has_algorithm(found.group(1)):
            end = _encrypted_end(text, found.end())
            yield Span(found.start(), end, "jwt", text[found.start() : end])


def _has_algorithm(part: str) -> bool:
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(header, dict) and "alg" in header


_MORE_PARTS = re.compile(r"\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def _encrypted_end(text: str, end: int) -> int:
    """An encrypted token (RFC 7516) has five parts."""
    more = _MORE_PARTS.match(text, end)
    return more.end() if more else end


def private_keys(text: str) -> Iterator[Span]:
    """Yield private keys in PEM (RFC 7468) or OpenPGP armour, from BEGIN to END or to the last line of base64.

    A header without a body, as code and manuals mention it, is none.

    >>> list(private_keys("starts with -----BEGIN PRIVATE KEY-----"))
    []
    """
    position = 0
    while begin := _KEY_BEGIN.search(text, position):
        position = begin.end()
        end = _KEY_END.search(text, position, position + _LONGEST_KEY)
        if end is not None:
            body, stop = text[position : end.start()], end.end()
        else:
            rest = _KEY_WITHOUT_END.match(text, position)
            if rest is None:
                continue
            body, stop = rest.group(), position + len(rest.group().rstrip())
        characters = _NOT_BASE64.sub("", body)
        if len(characters) >= _SHORTEST_BODY and "..." not in body and len(set(characters)) > 10:
            yield Span(begin.start(), stop, "private_key", characters)
            position = stop

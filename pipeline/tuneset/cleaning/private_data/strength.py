"""Whether a string is random enough to be a real secret, and no stand-in such as `your-api-key` or `xxxxxxxx`."""

from __future__ import annotations

import math
import re
from collections import Counter

# What documentation writes where a secret would stand. Words shorter than four letters also stand in real keys.
_STAND_IN = re.compile(
    r"your|example|xxxx|placeholder|changeme|change[-_]me|dummy|redacted|replace|insert|sample|foobar|s3cret|secret"
    r"|p[a@]ss?w[o0]rd|passwd|token|username|api[-_]?key|access[-_]?key|todo|fake|\.\.\."
    r"|\*\*\*|…|•••",
    re.IGNORECASE,
)
# Values that a template, a shell or a program fills in later.
_TEMPLATE = re.compile(
    r"\A<|<[A-Za-z][A-Za-z _-]+[A-Za-z0-9]>|\$\(|\$\{|\A\$[A-Za-z_]|\{\{|\A\{[A-Za-z_]*\}|\{[A-Za-z_]{2,}\}|\{\}"
    r"|%[sd]|%\(|%[A-Z_][A-Z0-9_]*%|#\{|@\{|\}\}"
)
_LEFT_OUT = re.compile(r"xxxx|\.\.\.|\*\*\*|…|•••|\A(?:your|my)[-_ ]|redacted|placeholder|changeme", re.IGNORECASE)
_ONE_CHARACTER = re.compile(r"(.)\1{5,}")


def entropy(text: str) -> float:
    """Shannon entropy in bits a character.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    size = len(text)
    return sum(count / size * math.log2(size / count) for count in Counter(text).values())


def is_stand_in(text: str) -> bool:
    """Whether a value only stands where a secret would stand.

    >>> is_stand_in("your-key-here"), is_stand_in("${TOKEN}"), is_stand_in("q7Zx0LmP2v")
    (True, True, False)
    """
    return bool(_STAND_IN.search(text) or _TEMPLATE.search(text) or _ONE_CHARACTER.search(text))


def is_left_out(text: str) -> bool:
    """Whether the value is filled in later, or hidden already.

    >>> is_left_out("${DB_PASSWORD}"), is_left_out("********"), is_left_out("secret")
    (True, True, False)
    """
    return bool(_LEFT_OUT.search(text) or _TEMPLATE.search(text) or _ONE_CHARACTER.search(text))


def is_random(text: str, bits: float = 3.0) -> bool:
    """Whether a key's body looks drawn at random: letters and digits mixed, at least `bits` bits a character.

    >>> is_random("folding-cube-loader-wrapper"), is_random("aR4z81QpLw07Tn3kVb5c")
    (False, True)
    """
    has_digit = any(c.isdigit() for c in text)
    has_letter = any(c.isalpha() for c in text)
    if not has_digit:  # a long draw from letters alone
        mixed = text.isalpha() and len(text) >= 30 and text.lower() != text != text.upper()
        return mixed and entropy(text) >= 3.5 and not is_stand_in(text)
    return has_letter and entropy(text) >= bits and not is_stand_in(text)

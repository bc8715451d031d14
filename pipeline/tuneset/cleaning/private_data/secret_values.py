"""Whether what stands behind a name is a secret: chosen by people, drawn by machines, a login; and where it ends.

What is code, a path, a word or a stand-in is none. The names are looked for in `passwords.py`.
"""

from __future__ import annotations

import base64
import binascii
import re

from tuneset.cleaning.private_data.strength import entropy, is_left_out, is_stand_in

_ATTRIBUTE = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::|\[)[A-Za-z_][\w$\]'\"]*)+\Z")
_PLACE = re.compile(
    r"(?:[a-z]+://|/|\./|\.\./|~/|[A-Za-z]:\\|arn:)"
    r"|[&*][A-Za-z_]\w*\Z|.*\.(?:pem|key|crt|txt|json|ya?ml|env|py|js|ts|html?|php|cfg|ini|toml|md)\Z"
)
_WORDS = re.compile(r"[^\W\d_]+(?:[-_. :/@][^\W\d_]+)*[!?.:]*\Z")
_IDENTIFIER = re.compile(
    r"[a-z]+(?:_[a-z0-9]+)+\Z|[A-Z]+(?:_[A-Z0-9]+)+\Z|[a-z]+(?:[A-Z][a-z]+)+[0-9]?\Z|[A-Za-z_]\w*=\Z"
)
_NO_LETTER = re.compile(r"[0-9!#$%^&*+=~?]")  # every password that counts holds one of these
_END_OF_SENTENCE = ".,;:?"
_LONG_ENOUGH = 20  # characters


def login_of(value: str) -> tuple[str, str] | None:
    """User and password in a value of HTTP's basic authentication (RFC 7617), with its padding or without.

    >>> login_of("YW5uOnNob3J0eQ"), login_of("YW5uOnNob3J0eQ=="), login_of("YWJjZGVm")
    (('ann', 'shorty'), ('ann', 'shorty'), None)
    """
    bare = value.rstrip("=")
    try:
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    user, colon, password = decoded.partition(":")
    return (user, password) if colon and decoded.isprintable() else None


def is_real_login(login: tuple[str, str]) -> bool:
    """Whether user and password are none of those by which logins are explained.

    >>> is_real_login(("ann", "shorty")), is_real_login(("user", "password"))
    (True, False)
    """
    user, password = login
    taught = user in ("user", "username", "myuser", "Aladdin") and password in ("pass", "password", "open sesame")
    return len(password) >= 4 and not taught and not is_left_out(password)


_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_BREAK = re.compile(r"[,;<>()\[\]{}|]")
_GOES_ON = re.compile(r"[,;|][A-Za-z_][A-Za-z_ .-]{0,30}[=:]|</|<br")
_PLAIN_PARTS = re.compile(r"\w*(?:[,;|]\w*)+\Z")
_CALL_HEAD = re.compile(r"(?P<head>[A-Za-z_$][\w$.]*)[(\[{<]")
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_OF_CODE = re.compile(r"[\"'`:=$\\]|\w\(|[A-Za-z_]{3}|, ?[0-9]")
_CLASS = re.compile(r"\[[^\]]*[A-Za-z0-9]-[A-Za-z0-9][^\]]*\](?:[*+{]|\[)")  # of a regular expression, quoted or not
_EXPRESSION = re.compile(r"\[[\^A-Za-z0-9]-|\{[0-9]+,?[0-9]*\}|\(\?|\.\*|\$[0-9@*#?!](?!\w)")


def without_rest(value: str, *, chosen: bool) -> str:
    """A value without quotes, up to where something else goes on; empty where it is code.

    What machines draw holds no brackets; what people choose may.

    >>> [without_rest(v, chosen=True) for v in ("a(b1]x{9,q", "hunter2x).", "hunter2x,user=ann", "get(x1)", "aB3x,ann")]
    ['a(b1]x{9,q', 'hunter2x', 'hunter2x', '', 'aB3x']
    """
    plain = _PLAIN_PARTS.match(value) and len(set(value) & set(",;|")) == 1
    stop = _BREAK.search(value) if not chosen or plain else _GOES_ON.search(value)
    value = (value[: stop.start()] if stop else value).rstrip(_END_OF_SENTENCE)
    if not chosen:
        return value
    nested = _is_nested(value)
    while nested is None and value[-1:] in tuple(_BRACKETS.values()):  # it closes what was opened before the value
        shorter = value[:-1].rstrip(_END_OF_SENTENCE)
        if _is_nested(shorter) is None:
            break
        value, nested = shorter, _is_nested(shorter)
    if _BREAK.search(value) is None:
        return value
    if _EXPRESSION.search(value):
        return ""
    if (
        value[0] in _BRACKETS
        and nested is not None
        and (len(set(value) & set(_BRACKETS)) < 2 or _OF_CODE.search(value))
    ):
        return ""
    call = _CALL_HEAD.match(value)
    if call and nested is not None and _is_program_name(call.group("head")):
        return ""
    return value


def _is_program_name(head: str) -> bool:
    """Whether its parts are words, and not single characters.

    >>> _is_program_name("b64decode"), _is_program_name("gK9x2m")
    (True, False)
    """
    parts = _NAME_PART.findall(head)
    return sum(map(len, parts)) >= 2 * len(parts)


def _is_nested(value: str) -> bool | None:
    """Whether all brackets are closed (True), some are not (False), or one closes what it did not open (None).

    >>> _is_nested("f(x)"), _is_nested("f(x"), _is_nested("f(x]"), _is_nested("x)")
    (True, False, None, None)
    """
    open_brackets: list[str] = []
    for character in value:
        if character in _BRACKETS:
            open_brackets.append(_BRACKETS[character])
        elif character in _BRACKETS.values() and (not open_brackets or open_brackets.pop() != character):
            return None
    return not open_brackets


def looks_chosen(value: str) -> bool:
    """Whether a value may be a password that a person chose.

    >>> [looks_chosen(v) for v in ("Tr0ub4dor&3", "hunter2", "required", "user_password", "self.password")]
    [True, True, False, False, False]
    """
    if not 6 <= len(value) <= 128 or " " in value or is_left_out(value) or _CLASS.search(value):
        return False
    if any(form.match(value) for form in (_WORDS, _ATTRIBUTE, _PLACE, _IDENTIFIER)):
        return False
    return bool(_NO_LETTER.search(value)) and len(set(value)) > 3 and entropy(value) >= 2.0


def looks_drawn(value: str) -> bool:
    """Whether a value may be a key that a machine drew.

    >>> [looks_drawn(v) for v in ("q7Zx0LmP2vB9sKd4", "max_tokens", "header:Authorization", "abc123")]
    [True, False, False, False]
    """
    if not 12 <= len(value) <= 2000 or " " in value or is_stand_in(value) or _CLASS.search(value):
        return False
    padded = value.rstrip("=") if len(value) >= _LONG_ENOUGH else value  # base64, and no name of an argument
    if any(form.match(padded) for form in (_ATTRIBUTE, _PLACE, _IDENTIFIER)):
        return False
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value) and entropy(value) >= 3.0

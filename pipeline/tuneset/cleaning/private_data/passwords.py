"""Passwords and keys that a name gives away: `password=...`, `"api_key": "..."`, `--token ...`, "the password is ...".

The value must look chosen or drawn, and not like code, a path or a stand-in. Not found: a password that is a plain
word (`password=sunshine`), because most such values are names of fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import Span
from tuneset.cleaning.private_data.strength import entropy, is_left_out, is_stand_in

STEMS = (
    "pass", "Pass", "PASS", "pwd", "Pwd", "PWD", "secret", "Secret", "SECRET", "token", "Token", "TOKEN", "key", "Key",
    "KEY", "redential", "REDENTIAL", "uthorization", "UTHORIZATION", "contraseña", "Contraseña", "senha", "Senha",
    "wachtwoord", "Wachtwoord", "mot de passe", "Mot de passe", "密码",
)  # fmt: skip
"""Every name that counts holds one of these."""

_STEM = re.compile("|".join(STEMS))
# Names whose value people choose, and names whose value machines draw: long, and more random. Both begin at a stem.
_CHOSEN = (
    "pass ?word|passwd|passwort|passphrase|pass phrase|passcode|pass|passe|pwd"
    "|contraseña|senha|wachtwoord|mot de passe|密码"
)
_DRAWN = "(?:secret|token|redentials?)(?:[_ -]?(?:access[_ -]?)?(?:key|token|value))?|uthorization"
_KEY = "key(?:[_ -]?secret)?"
_NAME = re.compile(
    rf"(?:(?P<chosen>{_CHOSEN})|(?P<drawn>{_DRAWN}|{_KEY}))[0-9]?(?![A-Za-z0-9_-])",
    re.IGNORECASE,
)
_BEFORE_KEY = (
    "(?:api|app|access|account|auth|private|secret|signing|encryption|encrypt|master|session|subscription|service"
    "|shared|admin|client|storage)[_ -]?"
)
_KEY_OF = re.compile(rf"{_BEFORE_KEY}\Z", re.IGNORECASE)
_VALUE = r"(?:(?P<q>\\?[\"'`])(?P<quoted>[^\"'`\n\\]{4,2000})(?P=q)|(?P<bare>[^\s\"'`,;<>()\[\]{}\\|]{5,2000}))"
_ASSIGNED = re.compile(
    r"\\?[\"'`]?\]?(?:: ?[A-Za-z][\w.\[\]| ]{1,24}?(?= ?=[^=]))?[ \t]{0,8}(?:=>|:=|==|[:=\uff1a])[ \t]{0,8}"
    r"(?:[rbfu]{1,2}(?=[\"'])|(?:[Bb]earer|[Bb]asic|[Tt]oken) )?" + _VALUE
)
_SECOND_COLUMN = re.compile(r"[ \t]*\|[ \t]*" + _VALUE)
_FLAG = re.compile(r"[ =]" + _VALUE)
_SAID = re.compile(
    r"(?: (?:for|of|to|on|de|für|van|du|da) [^\n.:;,=]{1,40}?)?"
    r" (?:is|was|set to|changed to|reset to|to|ist|est|es|lautet|é|è)"
    r"(?: now| currently)?:? " + _VALUE
)
_QUOTED_SCHEME = re.compile(
    r"[\"'`]?\]?\s*[:=,]\s*[\"'`]?(?:[Bb]earer|[Bb]asic|[Tt]oken|[Aa]pi[Kk]ey) (?P<bare>[A-Za-z0-9._~+/=-]{8,2000})"
)
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


_NAME_HINT = rf"(?i:{_CHOSEN}|{_DRAWN}|{_BEFORE_KEY}{_KEY})[0-9]?"
_VALUE_HINT = (
    r"[\\\"'`rbfu]*(?:[a-zA-Z]+ )?[\\\"'`rbfu]*"
    r"(?:[\"'`][^ \n\"'`\\0-9]*|[^\s\"'`,;<>()\[\]{}\\|0-9]*)[0-9!#$%^&*+=~?]"
)
_SIGN_HINT = r"[\\\"'`\]]*\s*(?:[:=|,\x{ff1a}>]+|: ?[A-Za-z][A-Za-z0-9_.\[\]| ]*=)\s*"
_SAID_HINT = r" (?:[^\n.:;,=]* )?(?:is|was|to|ist|est|es|lautet|è|é)(?: now| currently)?:? "
_STEMS = "|".join(STEMS)
PASSWORD_HINTS = (
    rf"(?:{_STEMS})[A-Za-z0-9_ -]*{_SIGN_HINT}{_VALUE_HINT}",
    rf"(?:{_STEMS})[^\n.:;,=]*{_SAID_HINT}{_VALUE_HINT}",
    rf"--[^ ]{{0,24}}?(?:{_STEMS})",
)
_FORM_SIGN_HINT = (
    r"[\\\"'`\]]*\s*(?:[:=|\x{ff1a}>]+|: ?[A-Za-z][A-Za-z0-9_.\[\]| ]*="
    r"|,[\s\\\"'`]*(?:[Bb]earer|[Bb]asic|[Tt]oken|[Aa]pi[Kk]ey) )\s*"
)
PASSWORD_FORM_HINT = rf"{_NAME_HINT}(?:{_FORM_SIGN_HINT}|{_SAID_HINT}|[ =]){_VALUE_HINT}"
"""For a fast engine: a text holds a password only where one of the first and the last match. The first are faster."""


def passwords(text: str) -> Iterator[Span]:
    """Yield the values that are assigned to a name for a secret.

    >>> text = 'password="Tr0ub4dor&3", token=get_token(), api_key: "q7Zx0LmP2vB9sKd4TjW8"'
    >>> [text[s.start:s.end] for s in passwords(text)]
    ['Tr0ub4dor&3', 'q7Zx0LmP2vB9sKd4TjW8']
    """
    for stem in _STEM.finditer(text):
        name = _NAME.match(text, stem.start())
        if name is None or not _is_name(text, name):
            continue
        chosen = bool(name.group("chosen"))
        flag = text.rfind("--", max(0, name.start() - 24), name.start())
        is_flag = flag >= 0 and " " not in text[flag : name.start()]
        for pattern in (_ASSIGNED, _FLAG if is_flag else _SAID, _SECOND_COLUMN, _QUOTED_SCHEME):
            found = pattern.match(text, name.end())
            if found and (span := _judge(text, found, chosen=chosen)):
                yield span
                break


def _is_name(text: str, name: re.Match[str]) -> bool:
    """Whether the name stands at a boundary, and whether a `key` is one that opens something."""
    start = name.start()
    word = name.group().lower()
    if word.startswith("key"):
        return _KEY_OF.search(text, max(0, start - 16), start) is not None
    previous = text[start - 1 : start] if start else ""
    if word.startswith(("passw", "redential", "uthorization")) or not (previous.isascii() and previous.isalpha()):
        return True
    return previous.islower() and name.group()[0].isupper()  # `dbPwd`


def _judge(text: str, found: re.Match[str], *, chosen: bool) -> Span | None:
    quoted = found.groupdict().get("quoted")
    start, end = found.span("quoted" if quoted else "bare")
    value = text[start:end]
    if not quoted:
        if text[end : end + 1] in ("(", "["):  # a call
            return None
        value = value.rstrip(_END_OF_SENTENCE)
        end = start + len(value)
    good = looks_chosen(value) if chosen else looks_drawn(value)
    return Span(start, end, "password", value) if good else None


def looks_chosen(value: str) -> bool:
    """Whether a value may be a password that a person chose.

    >>> [looks_chosen(v) for v in ("Tr0ub4dor&3", "hunter2", "required", "user_password", "self.password")]
    [True, True, False, False, False]
    """
    if not 6 <= len(value) <= 128 or " " in value or is_left_out(value):
        return False
    if any(form.match(value) for form in (_WORDS, _ATTRIBUTE, _PLACE, _IDENTIFIER)):
        return False
    return bool(_NO_LETTER.search(value)) and len(set(value)) > 3 and entropy(value) >= 2.0


def looks_drawn(value: str) -> bool:
    """Whether a value may be a key that a machine drew.

    >>> [looks_drawn(v) for v in ("q7Zx0LmP2vB9sKd4", "max_tokens", "header:Authorization", "abc123")]
    [True, False, False, False]
    """
    if not 12 <= len(value) <= 2000 or " " in value or is_stand_in(value):
        return False
    if any(form.match(value) for form in (_ATTRIBUTE, _PLACE, _IDENTIFIER)):
        return False
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value) and entropy(value) >= 3.0

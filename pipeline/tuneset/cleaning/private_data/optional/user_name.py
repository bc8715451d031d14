"""User names after a word that says so, as forms, logs and files write them. Off by default.

What a text says of a name is none: an `@handle` is how people are spoken to in public, a name that a program fills in or
every system has (`root`, `admin`) is nobody's, and an address after the word is an e-mail address.
"""

# ruff: noqa: E501, RUF001  words of other scripts are wider than they look, and look like Latin ones
from __future__ import annotations

import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import WORD, Span
from tuneset.cleaning.private_data.strength import is_left_out

_LATIN = (
    r"user[ _-]?name|user[ _-]?id|userid|login(?:[ _-]?(?:name|id))?|screen[ _-]?name|account[ _-]?name|nickname|logon(?:[ _-]?name)?"
    r"|benutzername|benutzerkennung|nombre de usuario|usuario|nom d['’]utilisateur|identifiant|nome utente|utente|nome de usu[áa]rio|usu[áa]rio"
    r"|gebruikersnaam|användarnamn|brukernavn|brugernavn|käyttäjätunnus|nazwa użytkownika|uživatelské jméno|kullanıcı adı|tên đăng nhập|nama pengguna"
)
_OTHERS = r"имя пользователя|логин|ім['’]я користувача|логін|όνομα χρήστη|اسم المستخدم|نام کاربری|שם משתמש|उपयोगकर्ता नाम|用户名|帐号|用戶名|ユーザー名|ユーザー?ID|사용자 ?이름|아이디|ชื่อผู้ใช้"
_VALUE = r"[A-Za-z][0-9A-Za-z_.-]{1,30}[0-9A-Za-z_]"
_USER_NAME = re.compile(
    rf"(?:(?<![A-Za-z])(?:{_LATIN})|{_OTHERS})(?P<closed>[\"'])?[\"'`*]{{0,3}}(?:(?P<is> is | ist | es | est | è | é |是|为|は|는|은)|(?P<sign> ?[:=\uff1a] ?| \| ))"
    rf"(?P<quote>[\"'`*]{{0,3}})(?P<value>{_VALUE})(?![{WORD}(\[@\\/{{$<]|[.-][{WORD}]|@)",
    re.IGNORECASE,
)
USER_NAME_HINT = (
    r"(?i:user[ _-]?name|user[ _-]?id|login|logon|screen[ _-]?name|account[ _-]?name|nickname|benutzer|usuario|usuário|d['’]utilisateur|identifiant|utente"
    r"|gebruikersnaam|användarnamn|brukernavn|brugernavn|käyttäjätunnus|nazwa użytkownika|uživatelské jméno|kullanıcı adı|tên đăng nhập|nama pengguna"
    r"|имя пользователя|логин|ім['’]я користувача|логін|όνομα χρήστη|اسم المستخدم|نام کاربری|שם משתמש|उपयोगकर्ता नाम"
    r"|用户名|帐号|用戶名|ユーザー名|ユーザ|사용자|아이디|ชื่อผู้ใช้)"
)
"""For a fast engine: a text that it does not match holds no user name."""
_NOBODY = re.compile(
    r"(?:(?:my|your|the|this|that|an?|old|new|any|some|every|our|their|his|her|its|no|not|db|the)?[_.-]?"
    r"(?:user[_.-]?(?:name|id)?|admin(?:istrator)?|root|guest|anonymous|nobody|everyone|test(?:er|user)?|demo|default|system|service|daemon|postgres|mysql"
    r"|ubuntu|debian|ec2-user|vagrant|docker|git|www-data|sa|oracle|name|login|logon|account|id|handle|nick(?:name)?|email|e-mail|value|string|str|text|bytes|none"
    r"|null|nil|undefined|true|false|yes|required|optional|invalid|valid|missing|empty|unknown|failed|failure|success(?:ful)?|field|input|form|page|password"
    r"|passwd|token|key|foo|bar|baz|example|sample|xxx+|abc|args?|params?|self|int|integer|varchar|char|unique|bool(?:ean)?|object|function|const|var|env"
    r"|username_or_email|screen|shell|only|and|or|not|may|must|can|cannot|should|will|was|were|is|are|be|for|to|from|with|in|on|at|by|if|when|where|which|what"
    r"|incorrect|correct|wrong|taken|available|already|case-?insensitive|case-?sensitive|also|now|then|unavailable|locked|disabled|enabled|denied|allowed"
    r"|displayed|shown|used|stored|sent|set|given|needed|mandatory|too|long|short|different|same|either|both|always|never|usually|typically|just|here|there|it"
    r"|enter|please|click|type|select|choose|press|use|see|get|put|post|read|write|create|update|delete|add|remove|change|enabled|display|auto|manual|local|remote"
    r"|successful|successfully|attempt|attempts|error|ok|done|time|date|session|url|uri|path|file|link|button|option|type|prompt|screen|tty))(?:[0-9]{0,3}|s)",
    re.IGNORECASE,
)
_CONSTANT = re.compile(r"[A-Z][A-Z_]+")
_PLAIN = re.compile(r"[A-Za-z]+")


def user_names(text: str) -> Iterator[Span]:
    """Yield the user names in the text; the canonical form is in small letters.

    >>> [s.value for s in user_names("username: jdoe, login=ann_smith84; username: required, user name is the key")]
    ['jdoe', 'ann_smith84']
    """
    for found in _USER_NAME.finditer(text):
        value = found.group("value")
        if (
            not (_NOBODY.fullmatch(value) or _CONSTANT.fullmatch(value))
            and not is_left_out(value)
            and _is_told(found, value)
        ):
            yield Span(*found.span("value"), "user_name", value.lower())


def _is_told(found: re.Match[str], value: str) -> bool:
    """Whether the writing says that the value is a name itself, and no word of the sentence or of a program."""
    sign, quote = (found.group("sign") or "").strip(), found.group("quote")
    if quote and quote.strip("*"):
        return True
    if sign == "=":  # unquoted, code has the name of a variable there
        after = found.string[found.end() : found.end() + 1]
        return (
            "." not in value and after not in (",", ")") and (not _PLAIN.fullmatch(value) or found.group("sign") == "=")
        )
    if sign and found.group("closed"):  # `"username": self.name`
        return False
    if sign:
        return value.islower() or not _PLAIN.fullmatch(value)
    return not _PLAIN.fullmatch(value)

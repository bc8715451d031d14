"""Connection strings: the login or key of a database, queue or storage account.

Only the secret part is taken: `postgresql://<CONNECTION_STRING_1>@host/db`, `Password=<CONNECTION_STRING_1>;`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import UNSPACED, Span
from tuneset.cleaning.private_data.network import DATABASE_SCHEMES, is_real_login

_URL = re.compile(
    r"([A-Za-z][A-Za-z0-9+_.-]{1,30})://([^\s/?#@:\"'<>`\\]{0,100}):([^\s@\"'<>`\\]{1,200})@(?=[\w\[%.(-])"
)
_JDBC_PARAMETERS = re.compile(
    r"jdbc:[a-z0-9:]+//[^\s\"'<>]{1,300}?[?&;](?i:password|pwd)="
    rf"([^\s&;\"'<>{UNSPACED}]{{3,200}})"
)
_JDBC_ORACLE = re.compile(r"jdbc:oracle:(?:thin|oci):([^\s/@\"'<>]{1,60}/[^\s@\"'<>]{3,100})@")
# Of `key=value` pairs one holds the secret, and another says that they name a place to connect to.
_SECRET_NAMES = (
    "password", "pwd", "accountkey", "sharedaccesskey", "sharedsecretvalue", "sharedaccesssignature", "accesskey",
)  # fmt: skip
_LONGEST_NAME = max(map(len, _SECRET_NAMES))
_SECRET = re.compile(
    r" {0,2}(?:\{([^}\n]{3,200})\}|'([^'\n]{3,200})'|\"([^\"\n]{3,200})\""
    rf"|([^;,\s\"'<>(){UNSPACED}]{{3,400}}))"
)
_NO_VALUE = frozenset({"None", "none", "null", "NULL", "nil", "undefined", "True", "False", "true", "false"})
_PLACE_NAMES = (
    "server|data source|host|hostname|addr(?:ess)?|network address|driver|dsn|endpoint"
    "|defaultendpointsprotocol|blobendpoint|accountendpoint|database|dbname|initial catalog|uid|user id"
)
_PLACE = re.compile(rf"(?<![A-Za-z])(?:{_PLACE_NAMES})\s*=", re.IGNORECASE)
_REDIS = re.compile(r"[\w-]\.[\w.-]{3,100}:[0-9]{2,5},")
CONNECTION_SECRET_HINT = rf"(?i)(?:{'|'.join(_SECRET_NAMES)}) {{0,3}}="
"""For a fast engine: a text without a match holds no connection string but a URL."""
_AROUND = 400  # characters before and after the secret in which the place is looked for, on the same line


def connection_strings(text: str) -> Iterator[Span]:
    """Yield the secret part of each connection string.

    >>> text = "Server=db1;Database=shop;User Id=sa;Password=q7Zx0LmP;"
    >>> [text[s.start:s.end] for s in connection_strings(text)]
    ['q7Zx0LmP']
    """
    if "://" in text:
        for found in _URL.finditer(text):
            if DATABASE_SCHEMES.match(found.group(1)) and is_real_login(found.group(2), found.group(3)):
                yield _span(text, found.start(2), found.end(3))
    if "jdbc:" in text:
        for found in _JDBC_PARAMETERS.finditer(text):
            if is_real_login("", found.group(1)):
                yield _span(text, *found.span(1))
        for found in _JDBC_ORACLE.finditer(text):
            if is_real_login(*found.group(1).split("/", 1)):
                yield _span(text, *found.span(1))
    lowered = text.lower()
    equals = text.find("=") if any(name in lowered for name in _SECRET_NAMES) else -1
    while equals >= 0:
        if _is_secret_name(text, equals) and (secret := _SECRET.match(text, equals + 1)):
            place = next(number for number in (1, 2, 3, 4) if secret.group(number) is not None)
            if (
                secret.group(place) not in _NO_VALUE
                and is_real_login("", secret.group(place))
                and _names_a_place(text, equals, secret.end())
            ):
                yield _span(text, *secret.span(place))
        equals = text.find("=", equals + 1)


def _is_secret_name(text: str, equals: int) -> bool:
    """Whether the word before an equals sign names the secret of a connection string.

    >>> _is_secret_name("Password = x", 9), _is_secret_name("db_password=x", 11)
    (True, False)
    """
    name = text[max(0, equals - _LONGEST_NAME - 3) : equals].rstrip(" ").lower()
    if not name.endswith(_SECRET_NAMES):
        return False
    known = max((known for known in _SECRET_NAMES if name.endswith(known)), key=len)
    previous = name[: -len(known)][-1:]
    return not previous.isalpha() and previous != "_"


def _names_a_place(text: str, start: int, end: int) -> bool:
    left = text[max(0, start - _AROUND) : start].rpartition("\n")[2]
    right = text[end : end + _AROUND].partition("\n")[0]
    return bool(_PLACE.search(left) or _PLACE.search(right) or _REDIS.search(left))


def _span(text: str, start: int, end: int) -> Span:
    return Span(start, end, "connection_string", text[start:end])

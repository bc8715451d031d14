"""Public IP addresses, and credentials inside URLs.

An address counts where `ipaddress` says that it is global; the ranges for documentation (RFC 5737, RFC 3849), private
use and loop-back are not. Of a URL only the secret part is taken: `https://<URL_CREDENTIALS_1>@host/path`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import WORD, Span, before
from tuneset.cleaning.private_data.strength import is_left_out, is_random

_V4 = re.compile(
    rf"(?<![{WORD}.+~^@#§$€£-])(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}(?![{WORD}%]|\.[0-9]|-[0-9A-Za-z]|\.[a-z])"
)
_V6 = re.compile(rf"(?<![{WORD}:.])[23][0-9A-Fa-f]{{3}}:[0-9A-Fa-f:]{{2,34}}(?![{WORD}:])")
_VERSION_WORD = re.compile(
    r"(?:\bv|version|versions|\bver|release|released|build|firmware|driver|update[ds]?|upgrade[ds]?|upgrading|downgrade[ds]?"
    r"|patch|revision|\brev|edition|sdk|api|chrome|firefox|safari|edge|opera|chromium|webkit|section|sec|chapter|clause|paragraph|article|appendix"
    r"|figure|table|step|oid|objectidentifier|==|[<>~!]=|\^|~)[\"'./:,=( ]*"
    r"(?:to|from|is|was|of|at|in|than|than or equal to)?[\"'/:,=( ]*\Z",
    re.IGNORECASE,
)
_PRODUCT = re.compile(r"(?<![\w/.])[A-Z][A-Za-z]+/\Z")  # as in a browser's user agent
_NEAR_VERSION = re.compile(
    r"version|release|build|firmware|upgrade|changelog|section|clause|\bdll\b|package", re.IGNORECASE
)
_NET_WORD = re.compile(
    r"\bips?\b|ip[ _-]?addr|ipv4|address|addr|host|server|client|peer|remote|ping|trace|ssh|dns|resolver|gateway|login"
    r"|logged|sign|connect|from|visitor|attack|firewall|block|ban|route|nslookup|whois|curl|http|://|request|listen"
    r"|nameserver|source|src|dst|dest|proxy|vpn|subnet|network|adresse|direcci|indirizzo|endere",
    re.IGNORECASE,
)
_PORT_OR_MASK = re.compile(r":[0-9]{2,5}(?![0-9])|/[0-9]{1,2}(?![0-9])")

_USER_INFO = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9+.-]{1,20})://([^\s/?#@:\"'<>`\\]{0,100}):([^\s/?#@\"'<>`\\]{1,200})@(?=[\w\[%.-])"
)
_QUERY = re.compile(
    r"[?&](?:amp;)?(?:access_token|auth_token|api_?key|key|token|sig|signature|x-amz-signature|x-goog-signature"
    r"|x-amz-security-token|password|passwd|pwd|secret|client_secret|auth|code|refresh_token|session_?id|sas|authkey)="
    r"([A-Za-z0-9%._~+/=:-]{12,2000})",
    re.IGNORECASE,
)
_URL_BEFORE = re.compile(r"((?:jdbc:)?[A-Za-z][A-Za-z0-9+.-]*)://[^\s\"'<>`]*\Z")
_TEACHING_USER = re.compile(r"(?:my|your)?[_-]?(?:user_?(?:name|id)?|login|name|usr|u|foo|me|you|id)", re.IGNORECASE)
_TEACHING_PASSWORD = re.compile(
    r"(?:my|your)?[_-]?(?:pass(?:w(?:or)?d|wd)?|pwd|pw|p|bar|token|secret|key)", re.IGNORECASE
)
_SHIPPED = frozenset({("scott", "tiger"), ("guest", "guest")})  # with Oracle and RabbitMQ, and so in all manuals
DATABASE_SCHEMES = re.compile(
    r"(?:jdbc:[a-z0-9:]+|postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|oracle|clickhouses?|cockroachdb|cassandra|neo4j"
    r"|bolt|influxdb|nats|kafka|snowflake|redshift|db2|couchdb|elasticsearch|memcached|ldaps?|smtps?|jdbc|trino|presto|hive)"
    r"(?:\+[a-z0-9_]+)?\Z",
    re.IGNORECASE,
)
"""Schemes whose URLs are connection strings."""


def addresses(text: str) -> Iterator[Span]:
    """Yield the public IP addresses in the text; the canonical form is that of `ipaddress`.

    >>> [s.value for s in addresses("from 81.2.69.142, not 10.0.0.1, nor version 81.2.69.143")]
    ['81.2.69.142']
    """
    for found in _V4.finditer(text):
        if _is_global(found.group()) and _is_no_version(text, found):
            yield Span(found.start(), found.end(), "ip", found.group())
    if ":" in text:
        for found in _V6.finditer(text):
            spelled = found.group().rstrip(":") if not found.group().endswith("::") else found.group()
            if spelled.count(":") >= 2 and _is_global(spelled):
                yield Span(found.start(), found.start() + len(spelled), "ip", str(ipaddress.ip_address(spelled)))


def _is_global(spelled: str) -> bool:
    try:
        address = ipaddress.ip_address(spelled)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_no_version(text: str, found: re.Match[str]) -> bool:
    """A small quad such as 2.4.1.10 needs a word that speaks for an address; any other, none that speaks against."""
    context = before(text, found.start(), 60)
    octets = [int(octet) for octet in found.group().split(".")]
    if _VERSION_WORD.search(context) or _PRODUCT.search(context):
        return False
    if _PORT_OR_MASK.match(text, found.end()):
        return True
    small = octets[0] < 20 and max(octets) < 100
    if small or octets[0] < 5:
        return bool(_NET_WORD.search(context)) and not _NEAR_VERSION.search(context)
    return not _NEAR_VERSION.search(context) or bool(_NET_WORD.search(context))


def url_credentials(text: str) -> Iterator[Span]:
    """Yield `user:password` of URLs, and the values of query parameters that hold a secret.

    >>> text = "https://ann:q7Zx0LmP@acme.org/x?token=Zk81Qw02Lm5nT7"
    >>> [text[s.start:s.end] for s in url_credentials(text)]
    ['ann:q7Zx0LmP', 'Zk81Qw02Lm5nT7']
    """
    if "://" not in text:
        return
    for found in _USER_INFO.finditer(text):
        if not DATABASE_SCHEMES.match(found.group(1)) and is_real_login(found.group(2), found.group(3)):
            yield Span(found.start(2), found.end(3), "url_credentials", f"{found.group(2)}:{found.group(3)}")
    for found in _QUERY.finditer(text):
        value = found.group(1)
        inside = _URL_BEFORE.search(text, max(0, found.start() - 2000), found.start())
        if inside and not DATABASE_SCHEMES.match(inside.group(1)) and is_random(value, bits=2.8):
            yield Span(found.start(1), found.end(1), "url_credentials", value)


def is_real_login(user: str, password: str) -> bool:
    """Whether user and password of a URL are more than what manuals write there.

    >>> is_real_login("user", "password"), is_real_login("ann", "${PW}"), is_real_login("ann", "q7Zx0LmP")
    (False, False, True)
    """
    taught = _TEACHING_PASSWORD.fullmatch(password) and (not user or _TEACHING_USER.fullmatch(user))
    return not taught and (user, password) not in _SHIPPED and not is_left_out(password)

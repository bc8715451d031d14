"""Passwords that stand at a place of their own, with no name beside them: in commands, SQL and files of logins.

`sshpass -p`, `mysql -p`, `docker login -p`, `redis-cli -a`, `curl -u`; `IDENTIFIED BY` of SQL; `login ann password ...`
of .netrc; `"auth"` of Docker's config.json; and after `pw=`, which is too short to be looked for like other names.
Whether a value is a secret is judged in `secret_values.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

COMMAND_STEMS = (
    "curl", "mysql", "mariadb", "docker login", "podman login", "redis-cli", "IDENTIFIED ", "identified ",
    "pw:", "pw=", "PW:", "PW=",
)  # fmt: skip
"""With the stems of names such as "pass" and "auth", every text that `command_values` finds something in holds one."""
_VALUE = r"(?:(?P<q>[\"'])(?P<quoted>[^\"'\n]{4,200})(?P=q)|(?P<bare>[^\s\"'\\]{4,200}))"
_CURL = re.compile(
    r"curl [^\n]{0,300}?(?:-u|--user)[ =]?(?:(?P<q>[\"'])[^\s:\"']{1,60}:(?P<quoted>[^\"'\n]{4,200})(?P=q)"
    r"|[^\s:\"'-][^\s:\"']{0,60}:(?P<bare>[^\s\"'\\]{4,200}))"
)
_SSHPASS = re.compile(r"\bsshpass +-p ?" + _VALUE)
_MYSQL = re.compile(
    r"(?<!-name )\b(?:mysql(?:dump|admin|import|check)?|mariadb(?:-dump|-admin)?) [^\n|;]{0,200}?(?<= )-p"
    r"(?!(?:[0-9.]+:)+[0-9]+(?:/|\s|\Z)|[0-9]+-[0-9]+(?:\s|\Z))" + _VALUE  # ports, of a container or a scan
)
_LOGIN = re.compile(r"\b(?:docker|podman) login [^\n|;]{0,200}?(?<= )-p[ =]" + _VALUE)
_REDIS = re.compile(r"\bredis-cli [^\n|;]{0,200}?(?<= )-a " + _VALUE)
_SQL = re.compile(
    r"(?:\bIDENTIFIED|\b(?i:(?:create|alter)\s+(?:user|role)|grant\b[^;\n]{0,200}\bto|connect\s+to)\s+"
    r"(?i:if\s+(?:not\s+)?exists\s+)?[^\s;]{1,100}\s+identified)"  # "identified by 'RNA-seq2'" is English, and no SQL
    r"(?: (?i:with) [\"'`]?\w+[\"'`]?)? (?i:by) (?P<q>['\"])(?P<quoted>[^\"'\n]{4,200})(?P=q)"
)
_NETRC = re.compile(
    r"\b(?:machine[ \t\n]+\S{1,200}|default)[ \t\n]+login[ \t\n]+\S{1,80}[ \t\n]+password[ \t]+" + _VALUE
)
_SHORT = re.compile(
    r"(?<![A-Za-z0-9])(?:pw|PW)[:=] ?(?![\"']?[0-9]|[-+~\u00b1=*/]"  # `pw=150us`: pulses; `pw=-x/2`: a formula
    r"|\w{1,4}(?:[-+*/^()]+(?:\w{1,4}|[0-9.]+)?)+(?:[\s,;]|\Z))" + _VALUE
)
_DOCKER = re.compile(r"\\?\"auth\\?\"\s{0,8}:\s{0,8}\\?\"(?P<bare>(?P<scheme>)[A-Za-z0-9+/]{8,400}={0,2})\\?\"")
_WHERE = (
    ("curl ", _CURL), ("sshpass", _SSHPASS), ("mysql", _MYSQL), ("mariadb", _MYSQL), (" login ", _LOGIN),
    ("redis-cli", _REDIS), ("IDENTIFIED", _SQL), ("identified", _SQL), ("login", _NETRC), ("auth", _DOCKER),
    ("pw", _SHORT), ("PW", _SHORT),
)  # fmt: skip
"""What a text must hold for a pattern to be tried."""

COMMAND_HINT = (
    r"curl [^\n]*(?:-u|--user)[ =]?[\"']?[^\s:]+:|sshpass +-p|(?:mysql|mariadb)[a-z-]* [^\n]*-p[^ \n]"
    r"|(?:docker|podman) login [^\n]*-p[ =]|redis-cli [^\n]*-a |(?i:identified) [^\n]*(?i:by) ['\"]"
    r"|(?:pw|PW)[:=]|login\s+[^\s]+\s+password[ \t]|\"auth\\?\"\s*:"
)
"""For a fast engine: it matches wherever `command_values` finds something."""


def command_values(text: str) -> Iterator[re.Match[str]]:
    """Yield what stands where a password does, as the group `quoted` or `bare`; one with the group `scheme` is a login.

    >>> [found["bare"] for found in command_values("sshpass -p Xk29dke1 ssh a; mysql -u a -p db")]
    ['Xk29dke1']
    """
    for sign, pattern in _WHERE:
        if sign in text:
            yield from pattern.finditer(text)

"""Who may look: programs of this machine, or whoever has the token.

Without a token the `Host` and `Origin` of a request must be of this machine, so that no page of another site reads rows
or sets marks. With one, the first address carries it, and a cookie after that.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

from tuneset.errors import UsageError
from tuneset.local_server import is_foreign, is_loopback, names_this_machine

COOKIE = "tuneset_view"
TOKEN = "token"  # noqa: S105  the name of a parameter
LEAST_TOKEN = 8
"""Characters of a token that is given; those that are made here have more."""


def check_exposure(host: str, token: str | None) -> None:
    """Raise UsageError where others could reach `host` without a token, or the token is too short to be one."""
    if token is not None and len(token) < LEAST_TOKEN:
        raise UsageError("--token: is too short", allowed=f"{LEAST_TOKEN} characters and more", hint=new_token())
    if token is None and not is_loopback(host):
        raise UsageError(
            f"without a token anybody who reaches {host} could read the rows",
            allowed="an address of this machine alone, such as 127.0.0.1; any other with --token",
        )


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


def refusal(headers: Mapping[str, str], token: str | None, shown: str) -> str | None:
    """Why a request with these headers (names in small letters) is not let in; None where it is.

    `shown` is the token that the request brings, by its address or its cookie.
    """
    host = headers.get("host", "")
    crosses = headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate"
    if is_foreign(headers.get("origin"), host) or crosses:
        return "a page of another site asks: the Origin is another than the Host"
    if token is None:
        return None if names_this_machine(host) else "the Host of a request must be localhost or a loopback address"
    return None if hmac.compare_digest(shown.encode(), token.encode()) else "the token is missing or wrong"

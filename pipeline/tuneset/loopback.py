"""Whether an address, or what the headers of a request name, is this machine alone.

A page in a browser here must not reach a server of this machine that asks for no key: such a request names another site
as its `Origin`, or, by DNS rebinding, as its `Host`. What is answered then is the server's to say.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host name, or an address with or without brackets, means this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("[::1]"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    name = host.removeprefix("[").removesuffix("]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        # RFC 6761, section 6.3: browsers and resolvers keep these names on this machine.
        return name == "localhost" or name.endswith(".localhost")


def names_this_machine(host: str) -> bool:
    """Whether a Host header, with or without a port, names this machine.

    >>> names_this_machine("localhost:8321"), names_this_machine("[::1]:80"), names_this_machine("a.example:8321")
    (True, True, False)
    """
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and is_loopback(name)


def is_foreign(origin: str | None, host: str) -> bool:
    """Whether a request comes from a page of another site than it goes to, by its headers.

    >>> is_foreign(None, "localhost:1"), is_foreign("http://localhost:1", "localhost:1"), is_foreign("null", "a")
    (False, False, True)
    """
    return origin is not None and urlsplit(origin).netloc.lower() != host.lower()

"""A server of this machine: where it listens, when it is ready, and whether a request comes from this machine alone.

A page in a browser here must not reach a server of this machine that asks for no key: such a request names another site
as its `Origin`, or, by DNS rebinding, as its `Host`. What is served, and what is answered then, is the server's to say.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import uvicorn

from tuneset.errors import UsageError


@contextlib.contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens at `host` and `port`; port 0 takes a free one. Raises UsageError where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Of this very protocol, or asyncio leaves small answers waiting for the client to acknowledge what came before.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no such port"
            raise UsageError(
                f"cannot serve at {host} port {port}: {reason}",
                allowed="an address of this machine and a free port from 1 to 65535, or port 0 for any free one",
            ) from None
        yield listener


def address_of(host: str, port: int, *, secure: bool = False) -> str:
    """Where a server is reached.

    >>> address_of("::1", 8000)
    'http://[::1]:8000'
    """
    shown = f"[{host}]" if ":" in host else host
    return f"http{'s' if secure else ''}://{shown}:{port}"


class ReadyServer(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()


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

"""The HTTP client that carries the requests, as the environment asks for it: certificates and proxies.

What is wrong with the environment is said when the client is made, and not tried again at every request.
"""

from __future__ import annotations

import os
import ssl
import urllib.request
from collections.abc import Callable

import httpx2

from tuneset.errors import UsageError

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY")


def http_client(make: Callable[..., httpx2.Client], *, loopback: bool) -> httpx2.Client:
    """The client for an address, as `make` sets one up; where that is this machine itself, no proxy comes in between.

    Raises UsageError for certificates that cannot be read and for proxies that cannot be used.
    """
    try:
        if loopback:  # a gateway here may have a CA of its own all the same
            return make(trust_env=False, verify=_own_certificates() or True)
        return make()
    except ImportError:
        raise UsageError(
            f"{_named(_PROXIES)}: a SOCKS proxy needs the package socksio",
            hint="install that package beside Tuneset, or name an HTTP proxy",
        ) from None
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            f"{_named(_CERTIFICATES)}: the certificates cannot be read: {reason}",
            allowed="a file of certificates in PEM, or a folder of them",
        ) from None
    except ValueError:
        raise UsageError(
            f"{_named(_PROXIES)}: is no address of a proxy", allowed="for example http://proxy.example.com:3128"
        ) from None


def proxy_variable(scheme: str, host: str) -> str | None:
    """The variable that names the proxy in between to a host; None for this machine, and where none is in between.

    >>> proxy_variable("http", "127.0.0.1")
    """
    if host in ("localhost", "127.0.0.1", "::1") or urllib.request.proxy_bypass(host):
        return None
    names = (own for name in (f"{scheme}_proxy", "all_proxy") for own in (name, name.upper()))
    return next((name for name in names if os.environ.get(name)), None)


def _own_certificates() -> ssl.SSLContext | None:
    """The certificates that the environment names, where it names any."""
    file, folder = (os.environ.get(name) for name in _CERTIFICATES)
    return ssl.create_default_context(cafile=file, capath=folder) if file or folder else None


def _named(names: tuple[str, ...]) -> str:
    """Those of the variables that are set, in either case, as the subject of a sentence."""
    found = [own for name in names for own in (name, name.lower()) if os.environ.get(own)]
    return ", ".join(found) or names[0]

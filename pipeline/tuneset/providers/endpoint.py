"""An endpoint to talk to: the official client, set up for one profile or one base URL.

The client's own retries are off, because a retried `create` makes a second file or a second paid job
(`remote/calls.py` retries by looking first). Nothing is sent from here, and no key is kept but in the client.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
import os
from urllib.parse import urlsplit

import httpx2
import openai

from tuneset.errors import RemoteError, UsageError
from tuneset.params import EndpointParams
from tuneset.profile import Endpoint as EndpointProfile
from tuneset.profile import Profile, load_profile

READ_TIMEOUT = httpx2.Timeout(60.0, connect=10.0)
"""For calls whose answer is small, in seconds for each wait on the socket."""
SEND_TIMEOUT = httpx2.Timeout(600.0, connect=10.0)
"""For calls that send a file; the client's own default, in seconds for each wait on the socket."""
NO_KEY = "no-key"
"""Sent where an endpoint asks for no key, because the client would else take OPENAI_API_KEY by itself."""


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long passing faults are borne. Waits double from `first_wait_s` up to `longest_wait_s`, in seconds.

    A wait that the server asks for (Retry-After) is kept up to `longest_asked_s`; beyond it, the call fails.
    """

    attempts: int = 8
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    longest_asked_s: float = 900.0

    def wait_s(self, attempt: int) -> float:
        """Seconds to wait after the failed attempt of that number, from 0.

        >>> [Patience().wait_s(attempt) for attempt in (0, 1, 2, 9)]
        [0.5, 1.0, 2.0, 30.0]
        """
        return float(min(self.first_wait_s * 2**attempt, self.longest_wait_s))


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """Where files and jobs go.

    Args:
        client: the official client, without retries of its own.
        profile: what the provider accepts and offers.
        base_url: the address, without user name and password.
        identity: the endpoint's name in receipts and run keys; the same on every machine, holds no key.
        key_variable: the environment variable that holds the key, or None where no key is asked for.
        patience: how long passing faults are borne.
    """

    client: openai.OpenAI
    profile: Profile
    base_url: str
    identity: str
    key_variable: str | None = None
    patience: Patience = Patience()


def connect(
    params: EndpointParams,
    *,
    base_url: str | None = None,
    http_client: httpx2.Client | None = None,
    patience: Patience | None = None,
) -> Endpoint:
    """Set up the client for `params`; no request is made.

    Args:
        params: the `endpoint` section; its `base_url` stands above the profile's.
        base_url: the address of an endpoint that the caller has started itself, such as the embedded one.
        http_client: what carries the requests, where it is not the network.
        patience: how long passing faults are borne, where the default does not fit.

    Raises UsageError where the profile is unknown, has no address, or speaks another protocol; RemoteError
    `api_key_missing` where the environment lacks the key.
    """
    own_address = base_url is None and params.profile == "local" and params.base_url is not None
    profile = _generic_profile(params) if own_address else load_profile(params.profile)
    if not profile.endpoint.speaks_openai:
        raise UsageError(
            f"endpoint.profile {profile.name}: {profile.title} speaks a protocol of its own for files and jobs",
            allowed="a profile that speaks the OpenAI protocol (local, openai, azure, nebius), or a base_url",
            hint="prepare and check the files for it here, and send them with the provider's own tool",
        )
    address = base_url or params.base_url or profile.endpoint.base_url
    if address is None:
        raise UsageError(f"endpoint.profile {profile.name}: no base_url is known", hint="set endpoint.base_url")
    if not _is_address(address):
        raise UsageError(
            "endpoint.base_url: is no address of an endpoint", allowed="for example https://api.example.com/v1"
        )
    key_variable = params.api_key_env or profile.endpoint.api_key_env
    client = openai.OpenAI(
        api_key=_key(key_variable, profile),
        base_url=address,
        max_retries=0,
        timeout=READ_TIMEOUT,
        # A proxy of the environment must not come between this machine and itself.
        http_client=http_client or openai.DefaultHttpxClient(trust_env=not _is_loopback(address)),
    )
    if profile.name != "openai":  # the client takes OPENAI_ORG_ID and OPENAI_PROJECT_ID for any address
        client.organization = client.project = None
    return Endpoint(
        client=client,
        profile=profile,
        base_url=_plain_address(address),
        identity=_identity(profile, address, client.organization, client.project),
        key_variable=key_variable,
        patience=patience or Patience(),
    )


def _generic_profile(params: EndpointParams) -> Profile:
    """A profile for a bare address: nothing is known of it, so it counts as paid unless it is this machine."""
    address = params.base_url or ""
    return Profile(
        name="custom",
        title="OpenAI-compatible endpoint",
        as_of=dt.date(2026, 11, 20),
        endpoint=EndpointProfile(
            base_url=address,
            api_key_env=params.api_key_env,
            paid=not _is_loopback(address),
            # What an unknown endpoint lacks is found out by asking; a filter that is ignored could not be.
            supports=["checkpoints", "uploads", "expires_after", "pause"],
        ),
        default_model="",
        limits={},
        models={},
    )


def _key(variable: str | None, profile: Profile) -> str:
    if variable is None:
        return NO_KEY
    key = os.environ.get(variable, "").strip()
    if not key:
        raise RemoteError(
            f"endpoint.profile {profile.name}: the environment variable {variable} holds no key",
            code="api_key_missing",
            hint=f"set {variable}, or name another variable in endpoint.api_key_env",
        )
    if not (key.isascii() and key.isprintable()):
        raise RemoteError(
            f"endpoint.profile {profile.name}: the environment variable {variable} holds characters that no key has",
            code="api_key_malformed",
            hint=f"set {variable} to the key alone, without quotes or line breaks",
        )
    return key


def _is_address(text: str) -> bool:
    """Whether a text is an address that HTTP can reach.

    >>> _is_address("https://api.example.com/v1"), _is_address("api.example.com/v1"), _is_address("http://[::1/v1")
    (True, False, False)
    """
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_loopback(address: str) -> bool:
    """Whether an address is this machine itself.

    >>> _is_loopback("http://127.0.0.1:8000/v1"), _is_loopback("https://api.example.com/v1")
    (True, False)
    """
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _plain_address(address: str) -> str:
    """An address without user name, password, query and closing slash.

    >>> _plain_address("https://me:secret@api.example.com:8443/v1/?key=1")
    'https://api.example.com:8443/v1'
    """
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"


def _identity(profile: Profile, address: str, organization: str | None, project: str | None) -> str:
    """The embedded endpoint is `local` at whatever port; others are known by address, organisation and project.

    >>> _identity(load_profile("openai"), "https://api.openai.com/v1", "org-1", None)
    'openai api.openai.com/v1 org-1'
    """
    if profile.name == "local":
        return "local"
    place = _plain_address(address).partition("://")[2]
    return " ".join(part for part in (profile.name, place, organization, project) if part)

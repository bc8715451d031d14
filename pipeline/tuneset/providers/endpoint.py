"""An endpoint to talk to: one profile or one base URL, reached by the protocol that the profile names.

Nothing is sent from here, and no key is kept but by the protocol's client.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tuneset.errors import RemoteError, UsageError, kept, raise_all
from tuneset.params import EndpointParams
from tuneset.profile import EndpointProfile, Profile, embedded_profile, load_profile, profile_names
from tuneset.providers.protocols import PROTOCOLS
from tuneset.providers.provider import Provider


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long passing faults are borne. Waits double from `first_wait_s` up to `longest_wait_s`, in seconds.

    A wait that the server asks for (Retry-After) is kept up to `longest_asked_s`; beyond it, the call fails. Where an
    answer of a paid endpoint leaves open whether a job was made, it is looked for every `look_every_s` seconds, for
    `settle_s` seconds, before anything is sent again.
    """

    attempts: int = 8
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    longest_asked_s: float = 900.0
    settle_s: float = 60.0
    look_every_s: float = 5.0

    def wait_s(self, attempt: int) -> float:
        """Seconds to wait after the failed attempt of that number, from 0.

        >>> [Patience().wait_s(attempt) for attempt in (0, 1, 2, 9)]
        [0.5, 1.0, 2.0, 30.0]
        """
        return float(min(self.first_wait_s * 2**attempt, self.longest_wait_s))


@dataclasses.dataclass(frozen=True)
class Clock:
    """The time, as calls to an endpoint know it: `now` in Unix seconds, `monotonic` for how long something takes."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """Where files and jobs go.

    Args:
        provider: the endpoint through its protocol, without retries of its own.
        profile: what the provider accepts and offers.
        base_url: the address, without user name and password.
        identity: the endpoint's name in receipts and run keys; the same on every machine, holds no key.
        key_variable: the environment variable that holds the key, or None where no key is asked for.
        patience: how long passing faults are borne.
        clock: what tells the time.
        say: told why a call is waited with, one sentence each.
    """

    provider: Provider
    profile: Profile
    base_url: str
    identity: str
    key_variable: str | None = None
    patience: Patience = Patience()
    clock: Clock = Clock()
    say: Callable[[str], None] = lambda _: None


def connect(
    params: EndpointParams,
    *,
    base_url: str | None = None,
    http_client: Any = None,  # noqa: ANN401  of the protocol's own library
    patience: Patience | None = None,
) -> Endpoint:
    """Set up the provider for `params`; no request is made.

    Args:
        params: the `endpoint` section; its `base_url` stands above the profile's.
        base_url: the address of an endpoint that the caller has started itself, such as the embedded one.
        http_client: what carries the requests, where it is not the network.
        patience: how long passing faults are borne, where the default does not fit.

    Raises UsageError where the profile is unknown, has no address or no bucket, or speaks another protocol; RemoteError
    `api_key_missing` where the environment lacks the key.
    """
    profile = load_profile(params.profile)
    if profile.endpoint.embedded and base_url is None and params.base_url is not None:
        profile = _generic_profile(params)
    protocol = PROTOCOLS.get(profile.endpoint.protocol or "")
    if protocol is None:
        raise _unknown_protocol(profile)
    address = base_url or params.base_url or profile.endpoint.base_url
    if address is None:
        raise UsageError(f"endpoint.profile {profile.name}: no base_url is known", hint="set endpoint.base_url")
    address = _without_double_slashes(address)
    if not _is_address(address):
        raise UsageError(
            "endpoint.base_url: is no address of an endpoint", allowed="for example https://api.example.com/v1"
        )
    key_variable = params.api_key_env or profile.endpoint.api_key_env
    if key_variable is not None and urlsplit(address).username is not None:
        raise UsageError(
            f"endpoint.base_url: holds a user name, which would be sent instead of the key in {key_variable}",
            hint="leave user name and password away",
        )
    key = _key(key_variable, profile)
    storage, lacking = None, list[UsageError]()
    with kept(lacking):
        storage = _storage(profile, params)
    with kept(lacking):
        provider = protocol.connect()(
            profile.endpoint.model_copy(update={"storage": storage}),
            address,
            key,
            loopback=_is_loopback(address),
            http_client=http_client,
        )
    raise_all(lacking)
    return Endpoint(
        provider=provider,
        profile=profile,
        base_url=_plain_address(address),
        identity=_identity(profile, address, provider.account),
        key_variable=key_variable,
        patience=patience or Patience(),
    )


def _storage(profile: Profile, params: EndpointParams) -> str | None:
    """The address in a bucket below which files go, where the provider reads them from one. Raises UsageError."""
    scheme = profile.endpoint.storage
    if scheme is None:
        return None
    if params.storage is None or not re.fullmatch(re.escape(scheme) + r"[^/\s?#]+(/[^\s?#]*)?", params.storage):
        found = "is not set" if params.storage is None else "is no address of a bucket"
        raise UsageError(
            f"endpoint.storage: {found}, and {profile.title} reads files from one of your own",
            allowed=f"for example {scheme}BUCKET/FOLDER",
        )
    return params.storage.rstrip("/")


def _unknown_protocol(profile: Profile) -> UsageError:
    titles = " or ".join(protocol.title for protocol in PROTOCOLS.values())
    fitting = ", ".join(name for name in profile_names() if load_profile(name).endpoint.protocol in PROTOCOLS)
    return UsageError(
        f"endpoint.profile {profile.name}: {profile.title} speaks a protocol of its own for files and jobs",
        allowed=f"a profile that speaks the {titles} protocol ({fitting}), or a base_url",
        hint="prepare and check the files for it here, and send them with the provider's own tool",
    )


def _generic_profile(params: EndpointParams) -> Profile:
    """A profile for a bare address, which speaks as the embedded endpoint does.

    Nothing else is known of it, so it counts as paid unless it is this machine.
    """
    address = params.base_url or ""
    embedded = embedded_profile()
    protocol = embedded.endpoint.protocol
    assert protocol is not None
    return Profile(
        name="custom",
        title=f"{PROTOCOLS[protocol].title}-compatible endpoint",
        as_of=embedded.as_of,
        endpoint=EndpointProfile(
            base_url=address,
            api_key_env=params.api_key_env,
            paid=not _is_loopback(address),
            protocol=protocol,
            # What an unknown endpoint lacks is found out by asking; a filter that is ignored could not be.
            supports=["checkpoints", "uploads", "expires_after", "pause"],
        ),
        default_model="",
        limits={},
        models={},
    )


def _key(variable: str | None, profile: Profile) -> str | None:
    if variable is None:
        return None
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


def _without_double_slashes(address: str) -> str:
    """An address whose path has no empty parts, which servers take for other paths.

    >>> _without_double_slashes("https://api.example.com//openai//v1/?api-version=2025-04-01")
    'https://api.example.com/openai/v1/?api-version=2025-04-01'
    """
    scheme, colon, rest = address.partition("://")
    place, mark, query = rest.partition("?")
    return scheme + colon + re.sub("/{2,}", "/", place) + mark + query


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


def _identity(profile: Profile, address: str, account: tuple[str, ...]) -> str:
    """The embedded endpoint is its profile's name at whatever port; others are known by address and account.

    >>> _identity(load_profile("openai"), "https://api.openai.com/v1", ("org-1",))
    'openai api.openai.com/v1 org-1'
    """
    if profile.endpoint.embedded:
        return profile.name
    place = _plain_address(address).partition("://")[2]
    return " ".join(part for part in (profile.name, place, *account) if part)

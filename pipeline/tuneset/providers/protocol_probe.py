"""Whether an address speaks the protocol at all; an address that answers something is not enough.

Nothing is sent but questions for lists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from tuneset.errors import RemoteError
from tuneset.profile import load_profile, profile_names
from tuneset.providers.calls import read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.provider import Provider

_ANSWERS = frozenset({"rate_limited", "permission_denied", "quota_exceeded"})
"""Refusals in the protocol's own words: whoever says so speaks it."""
_NO_ROUTE = frozenset({"not_found", "not_supported", "unexpected_answer", "bad_request"})
_ROUTES = ("/chat/completions", "/completions", "/models", "/files", "/fine_tuning/jobs", "/fine_tuning")


def require_protocol(endpoint: Endpoint) -> None:
    """See that a list of jobs or of files answers as the protocol says.

    Raises RemoteError `not_supported`, with what is usually wrong with such an address, where none does, and what
    else stands in the way.
    """
    lists: tuple[tuple[str, Callable[[Provider], object]], ...] = (
        ("listing jobs", lambda provider: provider.jobs.list(None, 1)),
        ("listing files", lambda provider: provider.files.list(None, None)),
    )
    for what, get in lists:
        try:
            read(endpoint, what, get)
        except RemoteError as error:
            if error.code in _ANSWERS:
                return
            if error.code not in _NO_ROUTE:
                raise
        else:
            return
    own = [
        (profile.title, profile.endpoint.own_address)
        for profile in map(load_profile, profile_names())
        if profile.endpoint.own_address is not None
    ]
    raise RemoteError(
        f"{endpoint.base_url} answers, but not as an endpoint for files and fine-tuning jobs does",
        code="not_supported",
        hint=address_hint(endpoint.base_url, own),
    )


def address_hint(address: str, own: Sequence[tuple[str, str]] = ()) -> str:
    """What is usually wrong with an address that does not speak the protocol.

    `own` are providers that give each customer an address, by their titles, and the form of these addresses.

    >>> address_hint("https://me.example.org", [("Example", "https://NAME.example.org/api/v1/")])
    'at Example the address is https://NAME.example.org/api/v1/'
    >>> address_hint("https://api.example.com")
    'the address usually ends in /v1, as in https://api.example.com/v1'
    """
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    for title, form in own:
        if _domain(address) == _domain(form) and not path.endswith(urlsplit(form).path.rstrip("/")):
            return f"at {title} the address is {form}"
    for route in _ROUTES:
        if path.endswith(route):
            return f"leave the route away: {parts.scheme}://{parts.netloc}{path.removesuffix(route)}"
    if not path.endswith("/v1"):
        return f"the address usually ends in /v1, as in {parts.scheme}://{parts.netloc}{path}/v1"
    return "check endpoint.base_url; servers that only answer questions (vLLM, Ollama) train nothing"


def _domain(address: str) -> str:
    """The domain that the host of an address is in.

    >>> _domain("https://NAME.api.example.org/v1")
    'example.org'
    """
    return ".".join((urlsplit(address).hostname or "").split(".")[-2:])

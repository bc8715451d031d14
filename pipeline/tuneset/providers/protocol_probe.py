"""Whether an address speaks the protocol at all; an address that answers something is not enough.

Nothing is sent but questions for lists.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from tuneset.errors import RemoteError
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
    raise RemoteError(
        f"{endpoint.base_url} answers, but not as an endpoint for files and fine-tuning jobs does",
        code="not_supported",
        hint=address_hint(endpoint.base_url),
    )


def address_hint(address: str) -> str:
    """What is usually wrong with an address that does not speak the protocol.

    >>> address_hint("https://name.openai.azure.com")
    'at Azure the address is https://NAME.openai.azure.com/openai/v1/'
    >>> address_hint("https://api.example.com")
    'the address usually ends in /v1, as in https://api.example.com/v1'
    """
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    if (parts.hostname or "").endswith(".azure.com") and not path.endswith("/openai/v1"):
        return "at Azure the address is https://NAME.openai.azure.com/openai/v1/"
    for route in _ROUTES:
        if path.endswith(route):
            return f"leave the route away: {parts.scheme}://{parts.netloc}{path.removesuffix(route)}"
    if not path.endswith("/v1"):
        return f"the address usually ends in /v1, as in {parts.scheme}://{parts.netloc}{path}/v1"
    return "check endpoint.base_url; servers that only answer questions (vLLM, Ollama) train nothing"

"""Faults of the official client and of what it was answered -> CallFault. Nothing is retried here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx2
import openai

from tuneset.providers.call_fault import CallFault, scrubbed
from tuneset.providers.wire.answer import UnexpectedAnswer
from tuneset.providers.wire.status import status_fault, transport_fault


@contextlib.contextmanager
def call_faults(key: str | None) -> Iterator[None]:
    """Turn all that a call can raise because of the network or the server into CallFault.

    Neither the key nor anything shaped like one is in it, even where the server repeats it.
    """
    try:
        yield
    except (
        openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, UnexpectedAnswer, RecursionError,
    ) as fault:  # fmt: skip
        raise _call_fault(fault, key) from None  # the client's own exception may hold the key


def _call_fault(fault: Exception, key: str | None) -> CallFault:
    if isinstance(fault, openai.APIStatusError):
        return status_fault(fault.response, key)
    # The client wraps the transport's exception, which alone tells whether anything was sent.
    cause = fault.__cause__ if isinstance(fault, openai.APIConnectionError) else fault
    if (found := transport_fault(cause, key)) is not None:
        return found
    if isinstance(fault, openai.APITimeoutError):
        return CallFault("timeout", "did not answer in time", passing=True, acted=True)
    if isinstance(fault, openai.APIConnectionError):
        return CallFault("connection_failed", "broke the connection", passing=True, acted=True)
    return CallFault("client_error", scrubbed(str(fault), key), passing=False, acted=True)

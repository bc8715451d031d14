"""How calls are made: reads are repeated, creations look before they send, lists have an end.

What a call is about is the caller's business; what its faults mean is `failures.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from tuneset.errors import RemoteError
from tuneset.providers import deadline
from tuneset.providers.call_fault import CallFault
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.failures import Failure, classify
from tuneset.providers.provider import HasId, Page, Provider

T = TypeVar("T")
Item = TypeVar("Item", bound=HasId)

MOST_PAGES = 10_000
"""Pages read of any list; a server that ignores the cursor is met before by its repeated ids."""
CANNOT_LOOK = frozenset({"not_found", "not_supported"})
"""Codes of an endpoint that offers no list to look into."""
TOLD_S = 2.0
"""Ours: from how many seconds on a wait is told, so that nobody takes it for a command that hangs."""
LOOK_YOURSELF = "look at the provider's own console before you run the same command again"


def read(endpoint: Endpoint, what: str, get: Callable[[Provider], T]) -> T:
    """Call `get` with the provider until it answers, for as long as the endpoint's patience lasts.

    For calls that change nothing, or that may be made twice (delete). Raises RemoteError.
    """
    for attempt in range(endpoint.patience.attempts):
        try:
            return get(endpoint.provider)
        except CallFault as fault:
            failure = classify(fault, what, endpoint)
        _bear(endpoint, failure, attempt)
    raise AssertionError("the last attempt returns or raises")


def create(
    endpoint: Endpoint,
    what: str,
    *,
    send: Callable[[Provider], T],
    look: Callable[[], T | None],
    settle: Callable[[T], T],
    look_s: float = 0.0,
    in_doubt_hint: str = LOOK_YOURSELF,
) -> tuple[T, bool]:
    """Make sure that something exists exactly once; give it, and whether this call made it.

    Looks first, sends where nothing is found, and after every failure in which the server may have acted looks
    again before it sends again, for `look_s` seconds where a list may show new things late. A slow server may act
    even after that look; so where an attempt was in doubt, `settle` looks at what is there in the end, gives the one
    to keep, and takes any other of ours away. Raises RemoteError; `outcome_unknown` where the server may have acted
    and the look does not tell.
    """
    try:
        if (found := look()) is not None:
            return found, False
    except RemoteError as error:
        if error.code not in CANNOT_LOOK:
            raise
    in_doubt = False
    for attempt in range(endpoint.patience.attempts):
        try:
            sent = send(endpoint.provider)
            return (settle(sent) if in_doubt else sent), True
        except CallFault as fault:
            failure = classify(fault, what, endpoint)
        last = not failure.passing or attempt + 1 == endpoint.patience.attempts
        if not last:
            _wait(endpoint, failure, attempt)
        if failure.acted and (found := _look_again(endpoint, look, failure, look_s, in_doubt_hint)) is not None:
            return settle(found), True
        in_doubt = in_doubt or failure.acted
        if last:
            raise failure.error
    raise AssertionError("the last attempt returns or raises")


def _look_again(
    endpoint: Endpoint, look: Callable[[], T | None], failure: Failure, look_s: float, hint: str
) -> T | None:
    try:
        return look_for(endpoint, look, look_s)
    except RemoteError as error:
        if error.code not in CANNOT_LOOK and (look_s == 0.0 or error.code == "outcome_unknown"):
            raise
        no_list = error.code in CANNOT_LOOK
        why = "the endpoint offers no list to look into" if no_list else f"it cannot be looked for: {error.message}"
        raise RemoteError(
            f"{failure.error.message}; whether it was done is unknown, and {why}", code="outcome_unknown", hint=hint
        ) from None


def look_for(endpoint: Endpoint, look: Callable[[], T | None], look_s: float) -> T | None:
    """Look until something is found or `look_s` seconds are over; once, where that is 0.

    A look that fails in passing is repeated as one that finds nothing. Raises what the last look raised.
    """
    clock = endpoint.clock
    end = clock.monotonic() + look_s
    while True:
        over = clock.monotonic() >= end
        try:
            if (found := look()) is not None or over:
                return found
        except RemoteError as error:
            if over or error.code in CANNOT_LOOK:
                raise
        clock.sleep(min(endpoint.patience.look_every_s, max(0.0, end - clock.monotonic())))


def pages(endpoint: Endpoint, what: str, get: Callable[[Provider, str | None], Page[Item]]) -> Iterator[Item]:
    """Yield the objects of a list, page by page, each id once.

    `get` takes the provider and the cursor (the last id so far, or None). Ends with the list, or at a page without a
    new id, which a server sends that ignores the cursor. Raises RemoteError; `list_endless` after MOST_PAGES.
    """
    seen: set[str] = set()
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = read(endpoint, what, lambda provider, after=cursor: get(provider, after))  # type: ignore[misc]
        fresh = [item for item in page.items if item.id not in seen]
        yield from fresh
        seen.update(item.id for item in fresh)
        if not fresh or not page.more:
            return
        cursor = page.items[-1].id
    raise RemoteError(
        f"{what}: {endpoint.base_url} has sent {MOST_PAGES:,} pages and says that there are more",
        code="list_endless",
        hint="check endpoint.base_url; if there really are so many, delete what is not needed",
    )


def _bear(endpoint: Endpoint, failure: Failure, attempt: int) -> None:
    """Wait after a failed attempt, or raise its error where trying again is over."""
    if not failure.passing or attempt + 1 == endpoint.patience.attempts or deadline.over():
        raise failure.error
    _wait(endpoint, failure, attempt)


def _wait(endpoint: Endpoint, failure: Failure, attempt: int) -> None:
    asked = failure.wait_s
    if asked is not None and asked > endpoint.patience.longest_asked_s:
        raise RemoteError(
            failure.error.message,
            code=failure.error.code,
            server_code=failure.error.server_code,
            hint=f"the server asks to wait {asked:.0f} s; run the same command again after that",
        )
    seconds = deadline.remaining(endpoint.patience.wait_s(attempt) if asked is None else asked)
    if seconds >= TOLD_S:
        endpoint.say(f"{failure.error.message}; trying again in {seconds:.0f} s")
    endpoint.clock.sleep(seconds)

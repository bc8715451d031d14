"""Pages without an object that are not the last: where a list is filtered, a page may hold nothing of it.

An empty page with a token for the next one is not the end of a list (AIP-158 for Google's services; the user guides of
AWS; both 2026-11-26). Who took it for the end would not find a job that is there, and make a second one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tuneset.providers.call_fault import CallFault

Item = TypeVar("Item")

MOST_EMPTY = 1_000
"""Empty pages in a row that are read: ours, against a server that never ends."""


def next_page(
    get: Callable[[str | None], tuple[tuple[Item, ...], str | None]], token: str | None
) -> tuple[tuple[Item, ...], str | None]:
    """The next page with an object in it, and the token of the one after it; no object and None at the end.

    `get` gives the page of a token, and the token that follows. A token that is given back is the end. Raises CallFault
    after MOST_EMPTY pages.

    >>> next_page({None: ((), "a"), "a": (("job",), None)}.__getitem__, None)
    (('job',), None)
    """
    for _ in range(MOST_EMPTY):
        items, following = get(token)
        following = following if following and following != token else None
        if items or following is None:
            return items, following
        token = following
    found = f"has sent {MOST_EMPTY:,} pages without an object and says that there are more"
    raise CallFault("unexpected_answer", found, passing=False, acted=False)

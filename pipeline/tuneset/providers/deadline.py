"""Until when what is going on may take: a limit that a caller sets, and that every wait below it keeps.

A protocol's implementation asks for it between any two pieces of an answer; `calls.py` before it tries again.
"""

from __future__ import annotations

import contextlib
import contextvars
import time
from collections.abc import Iterator

_END: contextvars.ContextVar[float | None] = contextvars.ContextVar("end", default=None)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all that happens in the block end after so many seconds, or earlier where an outer block says so."""
    outer = _END.get()
    end = time.monotonic() + seconds
    token = _END.set(end if outer is None else min(end, outer))
    try:
        yield
    finally:
        _END.reset(token)


def remaining(most: float) -> float:
    """Seconds that are left, at most so many; 0 where the time is over.

    >>> remaining(5.0)
    5.0
    >>> with within(0.0):
    ...     remaining(5.0)
    0.0
    """
    end = _END.get()
    return most if end is None else max(0.0, min(most, end - time.monotonic()))


def over() -> bool:
    """Whether the time is over."""
    return remaining(1.0) == 0.0

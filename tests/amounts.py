"""How many cases a test of many tries: enough to see a fault in a usual run, all of them with `TUNESET_LONG=1`.

`make quick` sets `TUNESET_QUICK=1`, and property tests draw fewer examples.
"""

from __future__ import annotations

import os

LONG = bool(os.environ.get("TUNESET_LONG"))
"""Whether this is the long run, which `make long` starts."""
QUICK = bool(os.environ.get("TUNESET_QUICK"))
"""Whether this is the quick run, which `make quick` starts."""
QUICK_SHARE = 4
"""A quick run draws one example where a usual one draws so many: most of what fails at all fails soon."""


def cases(usual: int, long: int) -> int:
    """How many cases to try in this run."""
    return long if LONG else usual


def drawn(usual: int, long: int | None = None) -> int:
    """How many examples a property test draws in this run; in a long one as many as in a usual one, if not told."""
    if LONG:
        return usual if long is None else long
    return -(-usual // QUICK_SHARE) if QUICK else usual

"""How many cases a test of many tries: enough to see a fault in a usual run, all of them with `TUNESET_LONG=1`."""

from __future__ import annotations

import os

LONG = bool(os.environ.get("TUNESET_LONG"))
"""Whether this is the long run, which `make long` starts."""


def cases(usual: int, long: int) -> int:
    """How many cases to try in this run."""
    return long if LONG else usual

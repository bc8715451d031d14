"""How many questions are answered: a line on stderr now and then."""

from __future__ import annotations

import time

from tuneset.api.remote.asking import Progress
from tuneset.cli.progress import PLAIN_INTERVAL_S
from tuneset.cli.remote.at_endpoint import say


def told_of_answers() -> Progress:
    """What tells of answers."""
    said_at = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal said_at
        now = time.monotonic()
        if done == total or now - said_at >= PLAIN_INTERVAL_S:
            say(f"{done:,} of {total:,} answers")
            said_at = now

    return progress

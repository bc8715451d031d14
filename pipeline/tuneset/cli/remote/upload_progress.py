"""Bytes on their way to the endpoint, shown on stderr: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from tuneset.cli.progress import PLAIN_INTERVAL_S

OnBytes = Callable[[str, int, int], None]
_MB = 1_000_000


@contextlib.contextmanager
def shown_bytes() -> Iterator[OnBytes]:
    """Yield what is told of the bytes sent of each file: its name, how many are sent, how many there are."""
    if sys.stderr.isatty():
        with _bar() as on_bytes:
            yield on_bytes
    else:
        yield _lines()


@contextlib.contextmanager
def _bar() -> Iterator[OnBytes]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as live:
        tasks: dict[str, TaskID] = {}

        def on_bytes(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = live.add_task(name, total=total)
            live.update(tasks[name], completed=done)

        yield on_bytes


def _lines() -> OnBytes:
    said_at = time.monotonic()  # a file that is sent within the interval needs no line

    def on_bytes(name: str, done: int, total: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= PLAIN_INTERVAL_S:
            said_at = time.monotonic()
            print(f"{name}: {done / _MB:,.0f} of {total / _MB:,.0f} MB sent", file=sys.stderr, flush=True)

    return on_bytes

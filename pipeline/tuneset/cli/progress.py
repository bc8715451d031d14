"""Progress on stderr: what is done, in plain words, how much of it, and how long it will take.

A live bar where stderr is a terminal; elsewhere a line at once, then one every few seconds.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from tuneset.execution.progress import Progress, no_progress

SHOWN_BYTES = 32 << 20
"""Brief work on fewer bytes shows no progress."""

PLAIN_INTERVAL_S = 2.0  # a log line about every two seconds is progress; more is noise

STARTING = "starting"
"""What is shown before the first task is known: modules are loaded, files are looked through."""

WORDS: Mapping[str, str] = {
    "raw data": "looking at raw data",
    "ingest": "reading",
    "ingest +": "reading and cleaning",
    "clean": "cleaning",
    "review": "applying the review",
    "validate": "checking rows by the rules",
    "dedup: exact duplicates": "looking for exact duplicates",
    "dedup: conversations": "looking for talks that grew",
    "dedup: signatures": "reading for near duplicates",
    "dedup: near duplicates": "looking for near duplicates",
    "dedup: boilerplate": "looking for text that rows share",
    "dedup: groups": "writing groups of duplicates",
    "dedup: candidates": "reading likely near duplicates",
    "dedup": "dropping duplicates",
    "dedup +": "counting tokens",
    "tokenize": "counting tokens",
    "split": "making lines",
    "split: ties": "rows that go together",
    "split, over all rows": "dividing rows",
    "write": "writing the dataset",
    "join": "joining what was written",
    "report": "writing the report",
    "report: counts": "counting what was written",
    "gate: boilerplate": "gate: text that rows share",
    "gate: validation": "gate: reading validation",
    "gate: index": "gate: index of validation",
    "gate: tables": "gate: index of validation, put together",
    "gate: train": "gate: comparing training",
    "gate: counts": "gate: counting what was found",
    "gate: findings": "gate: putting together what was found",
    "gate: digests": "gate: digests of the files",
    "check": "checking",
    "tokens": "counting tokens",
    "lines": "reading both versions",
    "what changed": "comparing what changed",
    "sample": "reading a sample",
}
"""What each task is called here; a label that is not among these is plain already."""


def words(label: str) -> str:
    """A task as a person calls it; of several that are done together the words are those of the whole.

    >>> words("ingest + clean + validate"), words("ingest"), words("plan openai")
    ('reading and cleaning', 'reading', 'plan openai')
    """
    first, plus, _ = label.partition(" + ")
    return WORDS.get(f"{first} +" if plus else label, label)


def time_left(elapsed_s: float, done: int, total: int) -> str:
    """How long the rest takes at the pace so far; nothing where that is not known, or nothing is left.

    >>> [time_left(30, *of) for of in ((1, 2), (1, 20), (1, 400), (0, 9), (9, 9))]
    ['30 s left', '10 min left', '3.3 h left', '', '']
    """
    if not 0 < done < total:
        return ""
    seconds = elapsed_s / done * (total - done)
    if seconds < 90:
        return f"{seconds:.0f} s left"
    return f"{seconds / 60:.0f} min left" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h left"


@contextlib.contextmanager
def shown_progress() -> Iterator[Progress]:
    """Yield progress on stderr: a live bar where stderr is a terminal, a line now and then where it is not."""
    if sys.stderr.isatty():
        with _live_progress() as progress:
            yield progress
    else:
        yield _plain_progress()


def progress_of(size: int) -> contextlib.AbstractContextManager[Progress]:
    """Progress of brief work on so many bytes: nobody watches what is over in a second."""
    return shown_progress() if size >= SHOWN_BYTES else contextlib.nullcontext(no_progress)


@contextlib.contextmanager
def _live_progress() -> Iterator[Progress]:
    from rich import progress as bars  # noqa: PLC0415  0.02 s that a run without a terminal does without
    from rich.console import Console  # noqa: PLC0415  as above

    columns = (
        bars.TextColumn("{task.description:32}", markup=False),
        bars.BarColumn(bar_width=16),
        bars.TaskProgressColumn(),
        bars.TimeElapsedColumn(),
        bars.TextColumn("{task.fields[left]}", markup=False),
    )
    with bars.Progress(*columns, console=Console(stderr=True)) as live:
        tasks: dict[str, Any] = {}
        began: dict[str, float] = {}
        starting = live.add_task(STARTING, total=None, left="")

        def progress(label: str, done: int, total: int) -> None:
            if label not in tasks:
                live.update(starting, visible=False)
                tasks[label] = live.add_task(words(label), total=total, left="")
                began[label] = time.monotonic()
            left = time_left(time.monotonic() - began[label], done, total)
            live.update(tasks[label], completed=done, total=total, left=left)

        yield progress


def _plain_progress() -> Progress:
    began: dict[str, float] = {}
    said_at = time.monotonic()
    print(STARTING, file=sys.stderr, flush=True)

    def progress(label: str, done: int, total: int) -> None:
        nonlocal said_at
        now = time.monotonic()
        began.setdefault(label, now)
        ended = done == total and now - began[label] >= PLAIN_INTERVAL_S
        if total and (ended or now - said_at >= PLAIN_INTERVAL_S):
            left = time_left(now - began[label], done, total)
            told = f"{words(label)}: {done / total:.0%}" + (f", {left}" if left else "")
            print(told, file=sys.stderr, flush=True)
            said_at = now

    return progress

"""Peak memory of a process and all its descendants together, sampled while a block runs."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

SAMPLE_S = 0.1


@contextlib.contextmanager
def watched(root: int | None = None) -> Iterator[list[int]]:
    """Yield a list whose one value becomes the peak in bytes of the process `root`, by default this one.

    Memory is the proportional set size: shared pages count once over all processes that share them, those of other
    programs too. A small process counts a fifth less where others run the same Python and libraries.
    """
    peak, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.is_set():
            peak[0] = max(peak[0], sum(_memory(pid) for pid in tree(root or os.getpid())))
            ended.wait(SAMPLE_S)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(found for child in children for found in tree(child))]


def _memory(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)

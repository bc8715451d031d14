"""Processes by pid and start time, which together name one process for good; and a child that dies with its parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def start_time(pid: int) -> int | None:
    """When a process was started, in clock ticks since boot; None where there is no such process, or no /proc."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name, in brackets, may hold spaces and brackets itself; field 3 follows the last one. See proc(5).
    fields = status[status.rindex(")") + 1 :].split()
    return None if fields[0] == "Z" else int(fields[19])


def is_running(pid: int, started: int | None) -> bool:
    """Whether the process that had this pid and start time still runs."""
    if sys.platform != "linux":  # without /proc the pid alone must do
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True
    return started is not None and start_time(pid) == started


def kill_group(pid: int) -> None:
    """End a process that leads its own group, with all its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def die_with_parent(parent: int) -> None:
    """End this process as soon as its parent ends, however that ends. `parent` is the pid that started it.

    Only Linux can do this; elsewhere a left-over process is found by its pid at the next start.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the call above
        os.kill(os.getpid(), signal.SIGKILL)

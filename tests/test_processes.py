"""A process is told from a later one of the same pid."""

from __future__ import annotations

import os
import subprocess
import sys

from tuneset.processes import is_running, kill_group, start_time

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_process_that_ended_is_not_running_even_before_its_parent_has_noticed() -> None:
    with subprocess.Popen(SLEEP, start_new_session=True) as process:
        started = start_time(process.pid)
        assert is_running(process.pid, started)
        kill_group(process.pid)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # ended, and still in the table
        assert not is_running(process.pid, started)
    kill_group(process.pid)  # nothing left to end


def test_another_process_of_the_same_pid_is_not_taken_for_the_first() -> None:
    own = start_time(os.getpid())
    assert own is not None
    assert is_running(os.getpid(), own)
    assert not is_running(os.getpid(), own + 1)
    assert not is_running(os.getpid(), None)


def test_a_pid_that_nobody_has_is_not_running() -> None:
    assert start_time(2**22 + 1) is None
    assert not is_running(2**22 + 1, 1)

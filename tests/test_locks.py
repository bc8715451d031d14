"""Locks: one holder at a time, told by its process id, and free again however it ended."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tuneset import locks
from tuneset.errors import InputError

ROUNDS = 100
HOLD = """
import sys
from pathlib import Path
from tuneset import locks
with locks.held(Path(sys.argv[1]), wait=False):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until its stdin is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lock_that_is_held_is_refused_and_names_its_holder(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as other:
        with pytest.raises(locks.LockHeldError) as caught, locks.held(tmp_path / "lock", wait=False):
            pass
        assert caught.value.holder == str(other.pid)
        other.communicate("")
    with locks.held(tmp_path / "lock", wait=False):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_the_lock_goes_with_a_killed_process(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as other:
        other.kill()
        assert other.wait() == -signal.SIGKILL
    with locks.held(tmp_path / "lock", wait=False):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_the_lock_goes_with_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), locks.held(tmp_path / "lock", wait=False):
        raise KeyboardInterrupt
    with locks.held(tmp_path / "lock", wait=False):
        pass


def test_a_lock_whose_file_was_removed_keeps_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with locks.held(path, wait=False):
        path.unlink()
        path.parent.rmdir()
        with locks.held(path, wait=False):  # as another process would
            assert path.is_file()


def come_and_go(path: Path, inside: Path, *, wait: bool) -> None:
    """Hold the lock and remove its file and folder, again and again; never may two be inside."""
    for _ in range(ROUNDS):
        with contextlib.suppress(locks.LockHeldError), locks.held(path, wait=wait):
            inside.mkdir()  # fails where it is there already
            inside.rmdir()
            path.unlink()
            with contextlib.suppress(OSError):  # another has made its lock there already
                path.parent.rmdir()


@pytest.mark.parametrize("wait", [True, False])
def test_two_that_come_and_go_are_never_inside_together(tmp_path: Path, wait: bool) -> None:
    places = (tmp_path / "folder" / "lock", tmp_path / "inside")
    other = multiprocessing.get_context("spawn").Process(target=come_and_go, args=places, kwargs={"wait": wait})
    other.start()
    while other.is_alive():
        come_and_go(*places, wait=wait)
    other.join()
    assert other.exitcode == 0


def test_what_cannot_be_written_is_one_clear_message_and_no_endless_wait(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    todo = "do: a file stands where a folder is needed: name another"
    for name, reason in (("file", "File exists"), ("link", "File exists"), ("file/below", "Not a directory")):
        with pytest.raises(InputError) as caught, locks.held(tmp_path / name / "lock", wait=True):
            pass
        assert str(caught.value) == f"{tmp_path}/{name}: cannot be written: {reason}\n  {todo}"

"""One run at a time in one folder, told clearly, and free again however the run ended."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from tests.execution.conftest import write_rows
from tuneset.errors import TunesetError, UsageError
from tuneset.execution import folder_lock
from tuneset.execution.fused_run import prepare
from tuneset.execution.process_pool import no_progress
from tuneset.params import Params

ROUNDS = 100
HOLD = """
import sys
from pathlib import Path
from tuneset.execution import folder_lock as lock
with lock.locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def held(folder: Path) -> subprocess.Popen[str]:
    """Another process that holds the folder until its stdin is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_refused_and_told_who_is_at_work(tmp_path: Path) -> None:
    raw = write_rows(tmp_path / "raw.jsonl", [("q", "a")] * 20)
    work = tmp_path / "out" / ".work"
    with held(work) as other:
        with pytest.raises(UsageError) as caught:
            prepare([raw], tmp_path / "out", Params(), no_progress)
        assert str(caught.value) == (
            f"{work}: another run is at work here (process {other.pid})\n"
            "  do: wait for it to end, or name another folder"
        )
        assert [path.name for path in (tmp_path / "out").rglob("*")] == [".work", ".lock"]
        prepare([raw], tmp_path / "elsewhere", Params(), no_progress)
        other.communicate("")
    prepare([raw], tmp_path / "out", Params(), no_progress)
    assert (tmp_path / "out" / "train.jsonl").is_file()


def test_the_lock_goes_with_a_killed_process(tmp_path: Path) -> None:
    with held(tmp_path) as other:
        other.kill()
        assert other.wait() == -signal.SIGKILL
    with folder_lock.locked(tmp_path):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_the_lock_goes_with_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), folder_lock.locked(tmp_path):
        raise KeyboardInterrupt
    with folder_lock.locked(tmp_path):
        pass


def test_a_cleared_folder_is_gone_and_can_be_held_again_at_once(tmp_path: Path) -> None:
    work = tmp_path / "work"
    with folder_lock.locked(work):
        (work / "before" / "deeper").mkdir(parents=True)
        (work / "file").touch()
        folder_lock.clear(work)
        assert not work.exists()
        with folder_lock.locked(work):  # as another process would
            assert (work / ".lock").is_file()


def test_a_lock_on_a_file_that_was_removed_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[IO[str]] = []
    take = folder_lock._take

    def remove_first(handle: IO[str], folder: Path) -> None:  # the run before clears its folder between open and lock
        if not taken:
            (folder / ".lock").unlink()
        taken.append(handle)
        take(handle, folder)

    monkeypatch.setattr(folder_lock, "_take", remove_first)
    with folder_lock.locked(tmp_path):
        assert len(taken) == 2
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def come_and_go(work: Path, inside: Path) -> None:
    """Hold and clear a folder again and again; never may two be inside."""
    for _ in range(ROUNDS):
        with contextlib.suppress(UsageError), folder_lock.locked(work):
            inside.mkdir()  # fails where it is there already
            time.sleep(0.0005)
            inside.rmdir()
            folder_lock.clear(work)


def test_two_that_come_and_go_are_never_inside_together(tmp_path: Path) -> None:
    places = (tmp_path / "work", tmp_path / "inside")
    other = multiprocessing.get_context("spawn").Process(target=come_and_go, args=places)
    other.start()
    while not places[0].exists() and other.is_alive():
        time.sleep(0.001)
    come_and_go(*places)
    other.join()
    assert other.exitcode == 0
    assert not places[0].exists()


def test_a_folder_that_cannot_be_made_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TunesetError) as caught, folder_lock.locked(tmp_path / "file" / "work"):
        pass
    assert str(caught.value) == f"{tmp_path}/file/work: cannot be written: Not a directory"


def test_what_is_no_folder_is_one_clear_message_and_no_endless_wait(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(TunesetError) as caught, folder_lock.locked(tmp_path / name):
            pass
        assert str(caught.value) == f"{tmp_path}/{name}: cannot be written: File exists"

"""One run at a time in one folder, told clearly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.execution.conftest import write_rows
from tests.test_locks import holder
from tuneset.errors import UsageError
from tuneset.execution import folder_lock
from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.params import Params


def test_a_second_run_is_refused_and_told_who_is_at_work(tmp_path: Path) -> None:
    raw = write_rows(tmp_path / "raw.jsonl", [("q", "a")] * 20)
    work = tmp_path / "out" / ".work"
    with holder(work / ".lock") as other:
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


def test_a_cleared_folder_is_gone_and_can_be_held_again_at_once(tmp_path: Path) -> None:
    work = tmp_path / "work"
    with folder_lock.locked(work):
        (work / "before" / "deeper").mkdir(parents=True)
        (work / "file").touch()
        folder_lock.clear(work)
        assert not work.exists()
        with folder_lock.locked(work):  # as another process would
            assert (work / ".lock").is_file()

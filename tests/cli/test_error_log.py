"""A defect is told in a line, its traceback is kept; neither that nor the log holds a value of a row."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.execution.conftest import write_rows
from tuneset.cli import error_log, main
from tuneset.cli.main import app
from tuneset.errors import DefectError, InputError, TunesetError, frames
from tuneset.execution import row_steps
from tuneset.model import StageResult, Tables
from tuneset.params import Params

SECRET = "a value of the row"


def broken(tables: Tables, params: Params) -> StageResult:
    raise KeyError(tables.messages["content"][0])


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(row_steps, "clean_step", broken)
    return write_rows(tmp_path / "raw.jsonl", [(SECRET, "an answer")])


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    yield
    logger = logging.getLogger("tuneset")
    logger.setLevel(logging.NOTSET)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)


def test_frames_leave_out_messages_but_ours() -> None:
    def fail() -> None:
        raise KeyError(SECRET)

    try:
        try:
            fail()
        except KeyError as error:
            raise InputError("a.jsonl: cannot be read") from error
    except InputError as error:
        told = frames(error)
    assert SECRET not in told
    assert "in fail" in told
    assert "\nKeyError\n" in told
    assert told.endswith("InputError: a.jsonl: cannot be read")


@pytest.mark.parametrize(
    ("command", "log"),
    [
        (["prepare", "raw.jsonl", "--out", "out"], "out/.work/error.log"),
        (["clean", "--set", "ingest.paths=[raw.jsonl]"], "data/work/error.log"),
    ],
)
@pytest.mark.usefixtures("raw")
def test_the_traceback_of_a_defect_is_kept_in_the_work_folder(command: list[str], log: str) -> None:
    if command[0] == "clean":
        assert CliRunner().invoke(app, ["ingest", *command[1:]]).exit_code == 0
    with pytest.raises(DefectError) as caught:
        CliRunner().invoke(app, command, catch_exceptions=False)
    told, kept = str(caught.value), Path(log).read_text()
    assert told.splitlines()[0] == "clean failed on raw.jsonl, lines 1 to 1: KeyError"
    assert told.endswith(f"then run it again; the traceback is in {log}")
    assert "in broken" in kept
    assert SECRET not in kept + told


def test_expected_faults_leave_no_log(tmp_path: Path) -> None:
    with pytest.raises(InputError), error_log.kept_in(tmp_path):
        raise InputError("a.jsonl: is missing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_debug_shows_a_log_and_the_traceback_of_an_expected_fault(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tuneset", "--debug", "dedup"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "tuneset.cli.main: tuneset 0." in done.stderr
    assert ", in run_alone" in done.stderr
    assert done.stderr.endswith("do: run `tuneset validate` first, or `dvc repro`\n")
    plain = subprocess.run(
        [sys.executable, "-m", "tuneset", "dedup"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "run_alone" not in plain.stderr


def test_a_defect_of_a_command_shows_where_and_no_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(main, "app", fail)
    with pytest.raises(SystemExit) as caught:
        main.run()
    assert caught.value.code == 1
    told = capsys.readouterr().err
    assert "in fail" in told
    assert "ValueError\nerror: this is a defect of Tuneset" in told
    assert SECRET not in told


def test_a_defect_is_an_error_of_ours() -> None:
    assert issubclass(DefectError, TunesetError)

"""Outputs as a shell may leave them: closed, of an encoding with few letters, read by nobody, full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import chat

QUESTION = "Wo liegt 東京? …"


def run(folder: Path, command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A line of a shell, in which `tuneset` is this code."""
    tuneset = f'tuneset() {{ "{sys.executable}" -m tuneset "$@"; }}; set -o pipefail; '
    return subprocess.run(
        ["bash", "-c", tuneset + command], cwd=folder, env=os.environ | environment, capture_output=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One with a file of rows that pass and one of a row that does not."""
    lines = [json.dumps(chat(f"{QUESTION} {number}", "In Japan."), ensure_ascii=False) + "\n" for number in range(10)]
    (tmp_path / "good.jsonl").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text('{"messages": []}\n')
    return tmp_path


@pytest.mark.parametrize(("file", "code"), [("good.jsonl", 0), ("bad.jsonl", 1)])
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_leads_nowhere_and_the_code_is_the_same(folder: Path, file: str, code: int, closed: str):
    done = run(folder, f"tuneset check {file} {closed}")
    assert (done.returncode, done.stderr) == (code, b"")


@pytest.mark.parametrize("command", ["check good.jsonl", "check bad.jsonl", "schema", "--help", "rules"])
def test_output_that_nobody_reads_is_neither_fine_nor_a_finding(folder: Path, command: str):
    done = run(folder, f"tuneset {command} | true")
    assert (done.returncode, done.stderr) == (141, b"")


def test_output_that_is_read_in_part_keeps_its_code_where_all_of_it_went_out(folder: Path):
    assert run(folder, "tuneset check bad.jsonl | cat").returncode == 1
    assert run(folder, "tuneset check good.jsonl | cat").returncode == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_what_an_encoding_does_not_have_is_written_as_its_escape(folder: Path, encoding: str):
    done = run(folder, "tuneset view good.jsonl --terminal", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"starting\n")
    assert QUESTION.encode(encoding, "backslashreplace") in done.stdout


def test_a_full_disk_is_told(folder: Path):
    done = run(folder, "tuneset check good.jsonl > /dev/full")
    assert (done.returncode, done.stderr.splitlines()[0]) == (3, b"error: output: the disk is full")

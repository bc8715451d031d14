"""Files are checked in a process of its own, with the verdict that the check has in this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endpoint.support import examples, lines, pairs
from tuneset.training.file_check import FileQuestion, answer, file_fault, job_fault
from tuneset.training.training_file import check_lines

BAD_LINES = [b"{\n", b"[]\n", b'{"a": ' + b"9" * 5_000 + b"}}\n", b'{"a": ' + b"[" * 5_000, b"\xff\n", b""]


@pytest.mark.parametrize("content", [*BAD_LINES, lines(examples()[:3])])
def test_a_child_finds_what_is_found_here(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(content)
    assert file_fault(path) == check_lines(path)


@pytest.mark.parametrize("method", ["supervised", "dpo"])
@pytest.mark.parametrize("rows", [examples()[:10], pairs()[:10], examples()[:9]])
def test_a_job_is_judged_the_same(tmp_path: Path, method: str, rows: list[object]) -> None:
    training, validation = tmp_path / "train.jsonl", tmp_path / "validation.jsonl"
    training.write_bytes(lines(rows))
    validation.write_bytes(lines([*rows[:2], {}]))
    question = FileQuestion(str(training), "file-1", str(validation), "file-2", method, 10)
    assert answer(question) is not None
    assert job_fault(question) == answer(question)

"""`tuneset batch` at the embedded endpoint, from rows to training lines; its documents are what their schemas say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.published import faults
from tests.command_line import tuneset

ROW = '{"messages": [{"role": "user", "content": "What is %d?"}, {"role": "assistant", "content": "x"}]}\n'


def test_from_rows_to_training_lines(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text(ROW % 1 + "{\n" + ROW % 2)

    def told(name: str, *words: str) -> dict[str, Any]:
        done = tuneset(tmp_path, "batch", name, *words, "--output", "json")
        assert done.stdout, done.stderr
        assert faults(f"batch-{name}", done.stdout) == []
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    sent = told("submit", "rows.jsonl", "--model", "local-tiny", "--out", "b")
    assert sent == told("submit", "rows.jsonl", "--model", "local-tiny", "--out", "b")
    assert sent["left_out"] == {"invalid_json": 1}
    told("watch", "b")
    assert told("fetch", "b")["outcomes"] == {"answered": 2, "error": 0, "missing": 0, "left_out": 1}
    answers = [json.loads(line) for line in (tmp_path / "b/answers.jsonl").read_bytes().splitlines()]
    assert [[one["role"] for one in line["messages"]] for line in answers] == [["user", "assistant"]] * 2


def test_a_batch_that_failed_is_exit_4_and_its_rows_are_missing(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text(ROW % 1)
    assert tuneset(tmp_path, "batch", "submit", "rows.jsonl", "--model", "nobody", "--out", "b").returncode == 0
    done = tuneset(tmp_path, "batch", "watch", "b")
    assert (done.returncode, "code: batch_failed" in done.stderr) == (4, True)
    assert "1 missing" in tuneset(tmp_path, "batch", "fetch", "b").stdout
    done = tuneset(tmp_path, "batch", "submit", "rows.jsonl", "--model", "local-tiny", "--out", "b")
    assert (done.returncode, "b/batch.json" in done.stderr) == (2, True)


def test_a_folder_without_batches_is_told(tmp_path: Path, one_endpoint: None):
    done = tuneset(tmp_path, "batch", "watch", "nowhere")
    assert (done.returncode, "batch submit" in done.stderr) == (3, True)

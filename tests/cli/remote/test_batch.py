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


def test_a_secret_in_a_request_is_not_sent_and_named_by_its_line(tmp_path: Path, one_endpoint: None):
    secret = "my key is sk-proj-" + "a1B2c3D4" * 6
    body = {"model": "local-tiny", "input": secret}
    line = {"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": body}
    told = {"messages": [{"role": "user", "content": secret}, {"role": "assistant", "content": "x"}]}
    for number, found in enumerate((line, told)):
        (tmp_path / "rows.jsonl").write_text(ROW % 1 + "{\n" + json.dumps(found) + "\n")
        done = tuneset(tmp_path, "batch", "submit", "rows.jsonl", "--model", "local-tiny", "--out", f"b{number}")
        assert (done.returncode, "rows.jsonl:3: EGR" in done.stderr, "sk-proj" in done.stderr) == (1, True, False)
        assert not (tmp_path / f"b{number}").exists()
    answered = [told["messages"][1] | {"content": secret}]  # an answer that stands there is not sent
    (tmp_path / "rows.jsonl").write_text(
        ROW % 1 + json.dumps({"messages": [{"role": "user", "content": "?"}, *answered]})
    )
    done = tuneset(tmp_path, "batch", "submit", "rows.jsonl", "--model", "local-tiny", "--out", "b")
    assert done.returncode == 0, done.stderr

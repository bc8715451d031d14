"""`tuneset evaluate` at the embedded endpoint: it prints what its schema says, and holds a gain to a limit."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.published import faults
from tests.command_line import tuneset
from tests.reporting.report.known import metrics
from tuneset import artifacts
from tuneset.errors import RemoteError
from tuneset.providers.batches import batch_creation

LINE = '{"messages": [{"role": "user", "content": "What is %d?"}, {"role": "assistant", "content": "A number."}]}\n'
SAME = ("evaluate", "--file", "rows.jsonl", "--base", "local-tiny", "--tuned", "local-tiny", "--max-tokens", "4")


def test_a_gain_that_is_no_number_is_refused(tmp_path: Path, one_endpoint: None):
    done = tuneset(tmp_path, *SAME, "--min-gain", "nan")
    assert (done.returncode, "--min-gain" in done.stderr) == (2, True)


def test_a_gain_below_its_limit_is_exit_1_with_the_whole_result(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text("".join(LINE % number for number in range(3)))
    assert tuneset(tmp_path, *SAME, "--min-gain", "0").returncode == 0
    assert not (tmp_path / "data/evaluation").exists()
    artifacts.write_json(tmp_path / "data/reports/metrics.json", metrics())
    done = tuneset(tmp_path, *SAME, "--min-gain", "0.01", "--output", "json")
    assert (done.returncode, "below --min-gain 0.01" in done.stderr) == (1, True)
    assert faults("evaluate", done.stdout) == []
    told = json.loads(done.stdout)
    assert (told["cases"], told["gain"], told["max_tokens"], told["base_cut_off"]) == (3, 0.0, 4, 3)
    assert "no difference is shown. 3 questions" in (tmp_path / "data/evaluation/report.md").read_text()


def test_batches_give_the_same_result_once(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text("".join(LINE % number for number in range(3)))

    def told(*words: str) -> dict[str, Any]:
        done = tuneset(tmp_path, *words, "--output", "json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    one_by_one = told(*SAME)
    (tmp_path / "data/remote/evaluation_answers.jsonl").unlink()
    assert told(*SAME, "--batch") == one_by_one
    batches = told("files", "list")["files"]
    assert told(*SAME, "--batch") == one_by_one
    assert told("files", "list")["files"] == batches
    assert list((tmp_path / "data/remote/evaluation_batches").glob("*/*")) == []


def test_a_run_that_was_interrupted_leaves_a_batch_that_the_next_one_goes_on_with(
    tmp_path: Path, one_endpoint: None, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "rows.jsonl").write_text("".join(LINE % number for number in range(3)))
    with monkeypatch.context() as broken:
        broken.setattr(batch_creation, "follow", _gone)
        assert tuneset(tmp_path, *SAME, "--batch", "--limit", "2").returncode == 4
    done = tuneset(tmp_path, *SAME, "--batch")
    assert done.returncode == 0, done.stderr
    ended = re.findall(r"^(batch\S+)  completed  (\d) of", done.stderr, re.MULTILINE)
    assert [answered for _, answered in ended] == ["2", "1"]
    assert len(list((tmp_path / "data/receipts").glob("batch-*.json"))) == 2


def test_a_batch_that_is_refused_is_told_and_what_others_answered_is_kept(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text(LINE % 1)
    done = tuneset(tmp_path, *SAME, "--batch", "--base", "nobody")
    assert (done.returncode, "batch_failed" in done.stderr, "run the same command again" in done.stderr) == (
        4,
        True,
        True,
    )
    done = tuneset(tmp_path, *SAME)
    assert (done.returncode, "of 1 answers" in done.stderr) == (0, False)


def _gone(*_: object) -> None:
    raise RemoteError("the connection broke", code="connection_failed")


def test_the_loss_of_a_model_that_was_never_trained_is_that_of_chance(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text(LINE % 1 + LINE % 2)
    done = tuneset(tmp_path, *SAME, "--loss", "--output", "json")
    assert (done.returncode, faults("evaluate", done.stdout)) == (0, []), done.stderr
    told = json.loads(done.stdout)
    assert told["base_loss"] == told["tuned_loss"] == pytest.approx(math.log(257), abs=0.01)
    assert told["loss_gain"] == 0
    assert tuneset(tmp_path, *SAME, "--loss", "--batch").returncode == 2


def test_the_server_that_made_the_model_keeps_an_evaluation_once(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text(LINE % 1 + LINE % 2)
    done = tuneset(tmp_path, *SAME)
    assert done.returncode == 0, done.stderr
    (kept,) = re.findall(r"shows it too: (file-\w+)", done.stdout)
    assert re.findall(r"shows it too: (file-\w+)", tuneset(tmp_path, *SAME).stdout) == [kept]
    (listed,) = json.loads(tuneset(tmp_path, "files", "list", "--output", "json").stdout)["files"]
    assert (listed["id"], listed["purpose"]) == (kept, "evals")
    assert re.fullmatch(r"evaluation-[0-9a-f]{12}\.jsonl", listed["filename"])
    head, *rows = tuneset(tmp_path, "files", "content", kept).stdout.splitlines()
    figures = json.loads(head)
    assert (figures["file"], figures["gain"], figures["tuned"]) == ("rows.jsonl", 0.0, "local-tiny")
    assert [json.loads(row) for row in rows] == [
        json.loads(row) for row in (tmp_path / "data/evaluation.jsonl").read_text().splitlines()
    ]
    tuneset(tmp_path, "files", "delete", kept)
    (again,) = re.findall(r"shows it too: (file-\w+)", tuneset(tmp_path, *SAME).stdout)
    assert again != kept

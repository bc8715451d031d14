"""`tuneset label` at the embedded endpoint: it prints what its schema says, and `prepare` tells who answered."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.published import faults
from tests.command_line import tuneset
from tuneset.json_text import dump_line

ROWS = '{"prompt": "What is a list?"}\n{"question": "What is a set?", "answer": "A bag."}\n{"page": 1}\n'
LABEL = ("label", "rows.jsonl", "--out", "labels.jsonl", "--model", "local-tiny", "--set", "label.max_tokens=4")


def test_a_preview_sends_and_writes_nothing(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text(ROWS)
    done = tuneset(tmp_path, *LABEL, "--preview", "--output", "json")
    assert (done.returncode, faults("label", done.stdout)) == (0, []), done.stderr
    told = json.loads(done.stdout)
    assert (told["result"], told["plan"]["asking"], told["plan"]["questions"]) == (None, 1, 1)
    assert "1 question to local-tiny" in done.stderr
    assert not (tmp_path / "labels.jsonl").exists()


def test_each_row_is_accounted_for_and_a_second_run_asks_nothing(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text(ROWS)
    done = tuneset(tmp_path, *LABEL, "--batch", "--output", "json")
    assert (done.returncode, faults("label", done.stdout)) == (0, []), done.stderr
    result = json.loads(done.stdout)["result"]
    assert (result["rows"], result["answered"], result["dropped_by_code"]) == (3, 1, {"ING001": 1, "LAB004": 1})
    assert (tmp_path / "labels.jsonl").read_text() == '{"question":"What is a set?","answer":"A bag."}\n'
    done = tuneset(tmp_path, *LABEL)
    assert "of 1 answers" not in done.stderr
    assert "LAB004 answer-cut-off" in done.stdout


def test_the_way_of_asking_is_that_of_the_command_where_params_name_another(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text(ROWS)
    for by, option, batches in (("batch", "--chat", 0), ("chat", "--batch", 1)):
        said = tuneset(tmp_path, *LABEL, "--set", f"label.by={by}", option, "--data", by).stderr
        assert said.count("1 of 1 answers") == 1 - batches
        assert len(list(tmp_path.glob(f"{by}/receipts/**/*batch*"))) == batches, said


def test_without_a_teacher_or_rows_the_command_says_so(tmp_path: Path, one_endpoint: None):
    done = tuneset(tmp_path, "label", "rows.jsonl")
    assert (done.returncode, "--model" in done.stderr) == (2, True)
    done = tuneset(tmp_path, "label", "--model", "local-tiny")
    assert (done.returncode, "data/prompts" in done.stderr) == (3, True)


def test_a_dataset_of_labelled_rows_tells_who_answered(tmp_path: Path):
    mark = {"model": "gpt-4.1-mini-2025-04-14", "endpoint": "openai", "row": "my own prompts.jsonl:3"}
    asked, said = {"role": "user", "content": "What is a list?"}, {"role": "assistant", "content": "It is ordered."}
    (tmp_path / "labels.jsonl").write_bytes(dump_line({"messages": [asked, said], "labelled_by": mark}))
    done = tuneset(tmp_path, "prepare", "labels.jsonl", "--out", "out")
    assert "teacher  gpt-4.1-mini-2025-04-14 answered 1 row\n" in done.stdout
    assert "in no example" not in done.stdout
    assert "gpt-4.1-mini-2025-04-14 answered 1 row" in (tmp_path / "out/report.md").read_text()
    told = tuneset(tmp_path, "explain", "labels.jsonl:1", "--out", "out").stdout
    assert "answered by gpt-4.1-mini-2025-04-14 at openai, asked for my own prompts.jsonl:3" in told
    done = tuneset(tmp_path, "explain", "labels.jsonl:1", "--out", "out", "--output", "json")
    assert faults("explain", done.stdout) == []
    assert json.loads(done.stdout)["rows"][0]["answered_by"].startswith("gpt-4.1-mini")
    tuneset(tmp_path, "card", "out", "--out", "cards")
    cards = "".join(path.read_text() for path in sorted((tmp_path / "cards").iterdir()))
    assert "1 by `gpt-4.1-mini-2025-04-14`" in cards
    assert "by which models: `gpt-4.1-mini-2025-04-14` (1 raw rows)" in cards
    assert "labelled_by" not in (tmp_path / "out/train.jsonl").read_text()

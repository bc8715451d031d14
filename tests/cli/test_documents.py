"""What each command prints as JSON is what its published schema says; those at an endpoint are in `remote/`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.published import faults
from tests.command_line import tuneset
from tests.targets.local_models.tiny_models import tiny_model
from tuneset import stage_table

COMMANDS = (
    "check dataset/train.jsonl bad.jsonl", "check bad.jsonl --fix", "baseline bad.jsonl --out known.json",
    "tokens dataset/train.jsonl", "tokens dataset/train.jsonl --profile openai --model gpt-4.1-mini-2025-04-14",
    "rules", "rules DUP001", "rules CNV006", "rules end-token",
    "explain raw/chats.jsonl:31 --out dataset", "explain raw/chats.jsonl:32 --out dataset --texts",
    "plan dataset", "export dataset --to openai --out exported", "diff dataset other",
    "diff dataset other --max-moved 0", "overlap dataset/train.jsonl dataset/validation.jsonl",
    "card dataset --out cards", "index bad.jsonl --out bad.ngrams",
    "view dataset", "view bad.jsonl", "purposes --profile openai", "spend", "summary dataset", "init mine",
)  # fmt: skip
STAGES = tuple(row.name for row in stage_table.STAGES if row.scope != "remote")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw files, two datasets made of them, and a file with faults."""
    here = tmp_path_factory.mktemp("documents")
    rows = [
        f'{{"messages": [{{"role": "user", "content": "How do I reset device {number} in room {number * 7}?"}}, '
        f'{{"role": "assistant", "content": "Hold button {number} for {number + 3} seconds, then release it."}}]}}\n'
        for number in range(30)
    ]
    rows += [rows[0], rows[1].replace("release it", "mail jane.doe@example.org")]
    (here / "raw").mkdir()
    (here / "raw/chats.jsonl").write_text("".join(rows))
    (here / "bad.jsonl").write_text('{"messages": [{"role": "bot", "content": ""}]}\n{"messages"\n' + rows[2])
    for name, salt in (("dataset", "a"), ("other", "b")):
        settings = ("--set", "split.validation=0.2", "--set", f"split.salt={salt}", "--set", "workers=1")
        done = tuneset(here, "prepare", "raw", "--out", name, *settings, "--output", "json")
        assert faults("prepare", done.stdout) == []
    return here


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_prints_what_its_schema_says(folder: Path, line: str):
    name, *arguments = line.split()
    done = tuneset(folder, name, *arguments, "--output", "json")
    assert done.stdout, done.stderr
    assert faults(name, done.stdout) == []


@pytest.mark.parametrize("name", ["render", "mask"])
def test_what_a_target_makes_of_lines(folder: Path, name: str):
    done = tuneset(folder, name, "dataset/train.jsonl:1", "--target", str(tiny_model("chatml")), "--output", "json")
    assert faults(name, done.stdout) == []
    assert json.loads(done.stdout)["lines"][0]["tokens"] > 0


def test_stages_one_by_one(folder: Path):
    for name in STAGES:
        settings = ("--set", "ingest.paths=[raw]", "--set", "workers=1")
        done = tuneset(folder, name, *settings, "--output", "json")
        assert done.stdout, done.stderr
        assert faults(name, done.stdout) == []

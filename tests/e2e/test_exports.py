"""The demo input to every flavour, and back: `prepare` reads what was exported, and has the same conversations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import tuneset
from tuneset.cli.main import app
from tuneset.writing import registry

FLAVOURS = [one.name for one in registry.EXPORTERS if "sft" in one.methods and not one.needs_target]


@pytest.fixture(scope="module")
def dataset(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo input as a dataset."""
    folder = tmp_path_factory.mktemp("exports") / "dataset"
    tuneset.prepare([raw], folder)
    return folder


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_what_is_exported_is_prepared_as_the_same_conversations(flavour: str, dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["export", str(dataset), "--to", flavour, "--out", str(out), "--output", "json"])
    assert done.exit_code == 0, done.output
    manifest = json.loads(done.stdout)
    assert manifest["lines"]["left_out"] == {}
    assert flavour == "openai" or (out / "README.md").is_file()
    rows = next(path for path in (out / "train.jsonl", out / "train.parquet") if path.is_file())
    again = tuneset.prepare([rows], tmp_path / "again", {"dedup": {"near": {"enabled": False}}})
    examples = [one for side in ("train", "validation") for one in again.examples(side)]
    lines = (dataset / "train.jsonl").read_bytes().splitlines()
    assert sorted(map(trained, examples)) == sorted(trained(json.loads(line)) for line in lines)


def trained(example: dict[str, Any]) -> str:
    """The messages of an example; the weight 1, which some flavours write on each answer, is that of one without."""
    kept = [{key: held for key, held in one.items() if (key, held) != ("weight", 1)} for one in example["messages"]]
    return json.dumps(kept)

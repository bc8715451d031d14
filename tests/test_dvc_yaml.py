"""dvc.yaml follows from the stage table and from what each stage's code imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import write_dvc_yaml
from tuneset import stage_table
from tuneset.cli.repository import dvc_file
from tuneset.params import Params, parse_params

ROOT = Path(__file__).parents[1]


def test_dvc_yaml_is_what_the_script_writes() -> None:
    assert (ROOT / "dvc.yaml").read_text() == write_dvc_yaml.text(), "run `make dvc.yaml`"


def test_a_stage_depends_on_its_code_and_on_no_other_stages() -> None:
    code = {row.name: write_dvc_yaml.code_of(row) for row in stage_table.STAGES if row.scope != "remote"}
    assert "pipeline/tuneset/similarity" in code["dedup"]
    assert "pipeline/tuneset/similarity" in code["gate"]
    assert "pipeline/tuneset/targets" in code["report"]
    assert "pipeline/tuneset/json_text.py" in code["clean"]
    assert "schemas" in code["validate"]
    assert "pipeline/tuneset/cleaning" not in code["split"]
    for name, paths in code.items():
        assert f"pipeline/tuneset/stages/{name}.py" in paths
        assert all((ROOT / path).exists() for path in paths)


def test_late_imports_count_and_the_runners_imports_do_not() -> None:
    found = write_dvc_yaml.closure(["tuneset.execution.duplicates"])
    assert "tuneset.similarity.near_duplicates" in found
    assert "tuneset.stages.clean" not in found
    assert "tuneset.rules.engine.private_scan" in write_dvc_yaml.closure(["tuneset.rules.engine.range_scan"])


def test_what_init_writes_has_the_same_stages_without_code() -> None:
    ours, written = yaml.safe_load((ROOT / "dvc.yaml").read_text()), yaml.safe_load(dvc_file.text())
    assert list(written["stages"]) == [row.name for row in stage_table.STAGES if not row.asked_by]
    for name, stage in written["stages"].items():
        own = ours["stages"][name]
        assert {**own, "deps": [path for path in own["deps"] if path.startswith("data/")]} == stage
    assert ours["plots"] == written["plots"]


def test_a_stage_that_params_have_to_ask_for_is_one_without_its_signs() -> None:
    text = dvc_file.text()
    begin = text.index("  # label:")
    end = text.index("\n\n", begin)
    unsigned = text[begin:end].replace("\n  # ", "\n  ").replace("  # label:", "  label:", 1)
    stages = yaml.safe_load(text[:begin] + unsigned + text[end:])["stages"]
    assert list(stages) == list(stage_table.names())
    assert stages["label"]["outs"] == [f"data/{path}" for path in stage_table.stage("label").outs]
    assert stages["label"]["cmd"] == "${tuneset} label"


def test_each_stage_reads_what_an_earlier_one_leaves() -> None:
    left = {"data/raw"}
    for stage in yaml.safe_load(dvc_file.text())["stages"].values():
        assert set(stage["deps"]) <= left
        outs = [*stage["outs"], *stage.get("metrics", [])]
        left |= {next(iter(out)) if isinstance(out, dict) else out for out in outs}


def test_params_of_the_table_are_keys_of_params_yaml() -> None:
    document = Params().as_document()
    for row in stage_table.STAGES:
        parts = [key for part in row.parts.values() for key in part]
        for key in (*row.params, *stage_table.shard_params(row.name), *parts):
            found = document
            for name in key.split("."):
                found = found[name]


def test_evaluation_files_that_dvc_does_not_see_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    params = parse_params({"dedup": {"evaluation": {"files": ["a.jsonl", "b.jsonl"]}}}, "params")
    dedup = stage_table.stage("dedup")
    (tmp_path / "dvc.yaml").write_text(dvc_file.text(code={"dedup": ["a.jsonl"]}))
    monkeypatch.delenv("DVC_STAGE", raising=False)
    assert dvc_file.unseen(dedup, params) == []
    monkeypatch.setenv("DVC_STAGE", "dedup")
    assert dvc_file.unseen(dedup, params) == ["b.jsonl"]
    assert dvc_file.unseen(dedup, Params()) == []
    assert dvc_file.unseen(stage_table.stage("clean"), params) == []


def test_every_file_that_params_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_STAGE", "any")
    (tmp_path / "dvc.yaml").write_text(dvc_file.text())
    for name in ("own.py", "indices/gsm8k.ngrams", "old/train.jsonl", "models/tiny/tokenizer.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    own: dict[str, Any] = {
        "clean": {"map": "own:change", "filters": {"function": "json:loads"}},
        "review": {"file": "review.jsonl"},
        "dedup": {"evaluation": {"files": ["a.jsonl"], "benchmarks": ["gsm8k", "none"], "indices": ["indices"]}},
        "target": {"model": "models/tiny", "template": "own.jinja"},
        "gate": {"baseline": "rates.json"},
    }
    told = {row.name: dvc_file.unseen(row, parse_params(own, "params")) for row in stage_table.STAGES}
    assert {name: files for name, files in told.items() if files} == {
        "clean": ["own.py"],
        "review": ["review.jsonl"],
        "dedup": ["a.jsonl", "indices/gsm8k.ngrams"],
        "tokenize": ["models/tiny", "own.jinja"],
        "gate": ["rates.json"],
    }
    gate = stage_table.stage("gate")
    assert dvc_file.unseen(gate, parse_params({"gate": {"baseline": "old"}}, "params")) == ["old/metrics.json"]
    for elsewhere in ({"gate": {"baseline": "rev:v1"}}, {"target": {"model": "org/name"}}):
        assert not any(dvc_file.unseen(row, parse_params(elsewhere, "params")) for row in stage_table.STAGES)


def test_the_optional_stage_is_one_once_its_signs_are_gone() -> None:
    plain = yaml.safe_load(dvc_file.text())["stages"]
    assert "evaluate" not in plain
    bare = "".join(line.replace("# ", "", 1) for line in dvc_file.OPTIONAL.splitlines(keepends=True)[2:])
    stages = yaml.safe_load(dvc_file.text().replace(dvc_file.OPTIONAL, bare))["stages"]
    assert list(stages) == [*plain, "evaluate"]
    left = {"data/results/results.json"}
    for stage in plain.values():
        left |= {next(iter(out)) if isinstance(out, dict) else out for out in stage["outs"] + stage.get("metrics", [])}
    assert set(stages["evaluate"]["deps"]) <= left

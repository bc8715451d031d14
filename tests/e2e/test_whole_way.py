"""From raw files to fetched results, against the embedded endpoint, by the commands a user types."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.conftest import Command
from tuneset import stage_table

SETTINGS = ("--set", "tune.n_epochs=2")
STAGES = tuple(row.name for row in stage_table.STAGES if row.scope != "remote")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def project(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with raw data and nothing else."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(raw, folder / "data" / "raw")
    return folder


@pytest.fixture(scope="module")
def made(project: Path, tuneset: Command) -> Path:
    """The same folder once all local stages have run; each test may be the first that asks for it."""
    for stage in STAGES:
        tuneset(stage, cwd=project)
    return project


@pytest.fixture(scope="module")
def tuned(made: Path, tuneset: Command) -> Path:
    """The same folder once its job is done and its results are there."""
    for command in (("upload",), ("tune", *SETTINGS), ("results", *SETTINGS)):
        tuneset(*command, cwd=made)
    return made


def test_stage_by_stage_and_fused_end_with_the_same_bytes(made: Path, tuneset: Command, tmp_path: Path):
    project = made
    shutil.copytree(project / "data" / "raw", tmp_path / "data" / "raw")
    tuneset("prepare", "data/raw", "--out", "out", "--set", "workers=1", cwd=tmp_path)
    for name in ("train.jsonl", "validation.jsonl"):
        assert sha256(project / "data/dataset" / name) == sha256(tmp_path / "out" / name)
    for name in ("metrics.json", "manifest.json", "gate.json", "ledger.parquet"):
        assert sha256(project / "data/reports" / name) == sha256(tmp_path / "out" / name)


def test_every_raw_row_has_one_outcome_in_the_ledger(made: Path):
    project = made
    ledger = pl.read_parquet(project / "data/reports/ledger.parquet")
    metrics = json.loads((project / "data/reports/metrics.json").read_bytes())
    rows = metrics["rows"]
    assert ledger.height == rows["read"] == rows["train"] + rows["validation"] + rows["dropped"]
    assert sum(rows["dropped_by_code"].values()) == rows["dropped"]
    for side in ("train", "validation"):
        lines = (project / "data/dataset" / f"{side}.jsonl").read_bytes().count(b"\n")
        assert lines == rows[side] == ledger.filter(pl.col("outcome") == side).height


def test_no_written_line_has_a_null(made: Path):
    project = made
    for name in ("train.jsonl", "validation.jsonl"):
        for line in (project / "data/dataset" / name).read_bytes().splitlines():
            example = json.loads(line)
            assert set(example) == {"messages"}
            assert all(set(message) == {"role", "content"} for message in example["messages"])
            assert all(isinstance(message["content"], str) for message in example["messages"])


def test_a_job_trains_and_its_results_come_home(tuned: Path):
    project = tuned
    job = json.loads((project / "data/remote/job.json").read_bytes())
    assert job["status"] == "succeeded"
    with (project / "data/results/step_metrics.csv").open() as handle:
        steps = list(csv.DictReader(handle))
    assert list(steps[0]) == ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
    losses = [float(row["valid_loss"]) for row in steps if row["valid_loss"]]
    assert losses[-1] < losses[0]
    results = json.loads((project / "data/results/results.json").read_bytes())
    assert results["final"]["valid_loss"] == losses[-1]


def test_a_second_run_sends_nothing_again(tuned: Path, tuneset: Command):
    project = tuned
    upload, job = (json.loads((project / "data/remote" / name).read_bytes()) for name in ("upload.json", "job.json"))
    tuneset("upload", cwd=project)
    tuneset("tune", *SETTINGS, cwd=project)
    assert json.loads((project / "data/remote/upload.json").read_bytes()) == upload
    assert json.loads((project / "data/remote/job.json").read_bytes()) == job
    listed = json.loads(tuneset("files", "list", "--output", "json", cwd=project).stdout)
    purposes = [file["purpose"] for file in listed["files"]]
    assert purposes.count("fine-tune") == 2


def test_explain_tells_the_story_of_a_duplicate(made: Path, tuneset: Command):
    project = made
    ledger = pl.read_parquet(project / "data/reports/ledger.parquet")
    row = ledger.filter(pl.col("code") == "DUP001").row(0, named=True)
    told = tuneset("explain", f"{row['source']}:{row['line']}", cwd=project).stdout
    assert "dropped by dedup: DUP001 exact-duplicate" in told
    assert "its representative is " in told


def test_summary_names_the_job_and_its_losses(tuned: Path, tuneset: Command):
    project = tuned
    told = tuneset("summary", cwd=project).stdout
    job = json.loads((project / "data/remote/job.json").read_bytes())
    assert job["job_id"] in told
    assert "valid_loss" in told

"""A job at the embedded endpoint, made ready for TRL and for another endpoint, by the commands a user types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Command
from tests.providers.protocol_server import write_dataset
from tests.targets.local_models.tiny_models import tiny_model

SETTINGS = ("--set", "tune.n_epochs=2", "--set", "tune.batch_size=4", "--set", "tune.learning_rate_multiplier=2.0")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, tuneset: Command) -> Path:
    """A project folder with a finished job."""
    folder = tmp_path_factory.mktemp("project")
    write_dataset(folder / "data")
    tuneset("upload", cwd=folder)
    tuneset("tune", *SETTINGS, cwd=folder)
    return folder


def test_the_last_job_becomes_files_that_trl_trains_on(project: Path, tuneset: Command) -> None:
    tuneset("migrate", "--to", "trl", "--out", "trl", "--model", "qwen", cwd=project)
    plan = json.loads((project / "trl" / "migration.json").read_bytes())
    config = json.loads((project / "trl" / "config.json").read_bytes())
    assert plan["job"]["id"].startswith("ftjob-")
    assert plan["files"]["train"]["source"] == "endpoint"
    assert (config["epochs"], config["batch_size"], config["learning_rate"], config["model"]) == (2, 4, 0.0002, "qwen")
    told = {one["name"]: one for one in plan["hyperparameters"]}
    assert told["learning_rate_multiplier"]["was"] == 2.0
    assert told["batch_size in tokens"]["becomes"] > 4
    rows = [json.loads(line) for line in (project / "trl" / "train.jsonl").read_bytes().splitlines()]
    wanted = (project / "data/dataset/train.jsonl").read_bytes().splitlines()
    assert [row["messages"] for row in rows] == [json.loads(line)["messages"] for line in wanted]


def test_a_target_renders_every_row_that_is_moved(project: Path, tuneset: Command) -> None:
    folder = str(tiny_model("chatml"))
    tuneset("migrate", "--to", "tinker", "--out", "tinker", "--target", folder, cwd=project)
    assert json.loads((project / "tinker" / "config.json").read_bytes())["model"] == folder
    rows = (project / "tinker" / "train.jsonl").read_bytes().splitlines()
    assert len(rows) == len((project / "data/dataset/train.jsonl").read_bytes().splitlines())
    assert all(sum(json.loads(row)["weights"]) > 0 for row in rows)


def test_another_endpoint_gets_dataset_and_params_that_its_rules_were_asked_of(project: Path, tuneset: Command) -> None:
    done = tuneset("migrate", "--to", "nebius", "--out", "nebius", "--output", "json", cwd=project)
    document = json.loads(done.stdout)
    assert document["made"]["errors"] == 0
    assert document["made"]["tokens"] > 0
    assert (project / "nebius/dataset/train.jsonl").read_bytes() == (project / "data/dataset/train.jsonl").read_bytes()
    assert "profile: nebius" in (project / "nebius/params.yaml").read_text()


def test_a_name_that_is_nothing_is_told_with_all_that_there_are(project: Path, tuneset: Command) -> None:
    done = tuneset("migrate", "--to", "word", "--out", "x", cwd=project, code=2)
    assert "--to word: is neither an export format nor a profile" in done.stderr
    assert "trl" in done.stderr
    assert "nebius" in done.stderr

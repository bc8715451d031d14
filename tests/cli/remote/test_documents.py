"""What each command at an endpoint prints as JSON is what its published schema says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.published import faults
from tests.command_line import tuneset
from tests.providers.protocol_server import write_dataset

FAST = ("--set", "tune.n_epochs=1", "--set", "tune.batch_size=12", "--set", "tune.poll_s=0.05")


@pytest.mark.slow
def test_from_the_upload_to_the_moved_job(tmp_path: Path, one_endpoint: None):
    write_dataset(tmp_path / "data")

    def told(*words: str, document: str = "") -> dict[str, object]:
        done = tuneset(tmp_path, *words, "--output", "json")
        assert done.stdout, done.stderr
        assert faults(document or words[0], done.stdout) == []
        found: dict[str, object] = json.loads(done.stdout)
        return found

    told("doctor")
    told("upload", *FAST)
    told("jobs", "settle", document="jobs-settle")
    told("tune", "--detach", *FAST)
    told("tune", *FAST)
    told("results", *FAST)
    told("evaluate", "--limit", "2", *FAST)
    for name in ("list", "show", "events", "checkpoints"):
        told("jobs", name, document=f"jobs-{name}")
    told("spend")
    told("files", "list", document="files-list")
    sent = told("files", "upload", "data/dataset/validation.jsonl", document="files-upload")
    file = sent["file"]
    assert isinstance(file, dict)
    told("files", "get", file["id"], document="files-get")
    told("files", "wait", file["id"], document="files-wait")
    told("files", "content", file["id"], "--out", "content", document="files-content")
    told("files", "prune", document="files-prune")
    told("files", "delete", file["id"], document="files-delete")
    told("migrate", "--to", "openai", "--out", "moved")

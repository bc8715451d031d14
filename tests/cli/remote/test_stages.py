"""The commands upload, tune, results and files: results on stdout, progress on stderr, an endpoint of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.providers.protocol_server import write_dataset
from tuneset.artifacts import read_json
from tuneset.cli.remote import files
from tuneset.cli.remote import stages as remote
from tuneset.errors import RemoteError, UsageError

app = typer.Typer()
for command in (remote.upload, remote.tune, remote.results):
    app.command()(command)
app.add_typer(files.app, name="files")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_dataset(tmp_path / "data")
    return tmp_path / "data"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.mark.parametrize("command", ["upload", "tune", "results", "files list"])
def test_a_missing_key_ends_every_command_before_any_request(
    data: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(RemoteError) as caught:
        run(*command.split(), "--set", "endpoint.profile=openai")
    assert (caught.value.code, caught.value.exit_code) == ("api_key_missing", 4)


def test_an_unknown_profile_names_the_nearest(data: Path) -> None:
    with pytest.raises(UsageError, match="unknown profile opnai"):
        run("upload", "--set", "endpoint.profile=opnai")


@pytest.mark.slow
def test_the_whole_way_with_the_embedded_endpoint(data: Path) -> None:
    fast = ("--set", "tune.n_epochs=2", "--set", "tune.batch_size=4")
    uploaded = run("upload")
    train, validation = uploaded.stdout.splitlines()
    assert train.startswith("train: file-")
    assert validation.startswith("validation: file-")
    assert "uploading data/dataset/train.jsonl" in uploaded.stderr

    tuned = run("tune", *fast, "--output", "json")
    job = json.loads(tuned.stdout)
    assert job == read_json(data / "remote" / "job.json")
    assert f"job {job['job_id']} created" in tuned.stderr
    assert f"job {job['job_id']}: succeeded" in tuned.stderr

    fetched = run("results")
    assert fetched.stdout.splitlines()[0] == "1 result files, step metrics and checkpoints in data/results"
    assert any(line.startswith("valid_loss: ") for line in fetched.stdout.splitlines())
    assert json.loads(run("results", "--output", "json").stdout)["steps"] == 6

    listed = json.loads(run("files", "list", "--output", "json").stdout)
    assert sorted(file["purpose"] for file in listed["files"]) == ["fine-tune", "fine-tune", "fine-tune-results"]
    assert run("files", "list", "--purpose", "fine-tune").stdout.count("file-") == 2


def test_one_file_from_upload_to_deletion(data: Path, tmp_path: Path, one_endpoint: None) -> None:
    content = b'{"any": "line"}\n'
    (tmp_path / "notes.jsonl").write_bytes(content)
    document = json.loads(run("files", "upload", "notes.jsonl", "--purpose", "batch", "--output", "json").stdout)
    file_id = document["file"]["id"]
    assert (document["file"]["purpose"], document["file"]["source"]) == ("batch", "sent")
    assert file_id in run("files", "get", file_id).stdout
    assert file_id in run("files", "wait", file_id).stdout
    assert file_id in run("files", "list", "--limit", "1", "--order", "asc").stdout
    assert run("files", "list", "--after", file_id).stdout == "no files\n"
    assert run("files", "content", file_id).stdout_bytes == content
    assert run("files", "content", file_id, "--out", "back").stdout == f"back: {len(content)} bytes\n"
    assert (tmp_path / "back").read_bytes() == content
    assert run("files", "delete", file_id).stdout == f"{file_id} deleted\n"
    with pytest.raises(RemoteError) as caught:
        run("files", "get", file_id)
    assert caught.value.code == "not_found"
    assert run("files", "list").stdout == "no files\n"

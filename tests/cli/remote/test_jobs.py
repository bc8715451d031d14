"""Jobs, files and spending one by one, against the embedded endpoint; and the state that a detached job is left in."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.providers.protocol_server import write_dataset
from tuneset.artifacts import read_json
from tuneset.cli.remote import files, jobs, spend
from tuneset.cli.remote import stages as remote
from tuneset.cli.remote.at_endpoint import moment
from tuneset.errors import RemoteError, UsageError

app = typer.Typer()
for command in (remote.upload, remote.tune, remote.results, spend.spend):
    app.command()(command)
app.add_typer(files.app, name="files")
app.add_typer(jobs.app, name="jobs")

FAST = ("--set", "tune.n_epochs=1", "--set", "tune.batch_size=12", "--set", "tune.poll_s=0.05")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_endpoint: None) -> Path:
    monkeypatch.chdir(tmp_path)
    write_dataset(tmp_path / "data")
    return tmp_path / "data"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_without_a_job_of_ours_an_id_has_to_be_named(data: Path) -> None:
    with pytest.raises(UsageError, match="no job of this project at `local` is known"):
        run("jobs", "show")


def test_a_job_that_is_not_there_is_not_found(data: Path) -> None:
    for name in ("show", "events", "cancel", "checkpoints"):
        with pytest.raises(RemoteError) as caught:
            run("jobs", name, "ftjob-none")
        assert caught.value.code == "not_found"


def test_without_an_ended_job_nothing_was_spent(data: Path) -> None:
    assert run("spend").stdout == "no job of this project has ended yet\n"


def test_a_detached_job_is_listed_followed_shown_and_paid_for(data: Path) -> None:
    run("upload", "--in-parts")
    detached = run("tune", "--detach", *FAST, "--output", "json")
    job_id = json.loads(detached.stdout)["job_id"]
    assert not (data / "remote" / "job.json").exists()
    assert job_id in run("jobs", "list").stdout
    free = "files could be deleted" in run("files", "prune").stdout
    # While the job goes on it needs them; on a busy machine it may have ended by now.
    assert (
        not free or json.loads(run("jobs", "show", job_id, "--output", "json").stdout)["job"]["status"] == "succeeded"
    )

    run("tune", *FAST)
    assert read_json(data / "remote" / "job.json")["job_id"] == job_id
    shown = run("jobs", "show").stdout.splitlines()
    assert any(line.split() == ["status", "succeeded"] for line in shown)
    assert json.loads(run("jobs", "show", "--output", "json").stdout)["job"]["id"] == job_id
    event = run("jobs", "events").stdout.splitlines()[0]
    assert event[20:] == f"  Created fine-tuning job: {job_id}"
    assert dt.datetime.fromisoformat(event[:20])
    head, below, first, *_ = run("jobs", "checkpoints").stdout.splitlines()
    assert (head, below, first) == ("made at", "  model  metrics", "step 1")
    with pytest.raises(RemoteError) as caught:
        run("jobs", "cancel")
    assert caught.value.code == "job_ended"

    ledger = json.loads(run("spend", "--output", "json").stdout)
    assert [entry["job_id"] for entry in ledger["jobs"]] == [job_id]
    assert ledger["total_usd"] == 0.0
    assert [entry["estimate_exact"] for entry in ledger["jobs"]] == [None]  # there is no report here
    assert "counted before" not in run("spend").stdout
    assert run("spend").stdout.splitlines()[-1] == "1 job, 0.00 USD"


@pytest.mark.parametrize("command", ["show", "events", "checkpoints", "cancel", "pause", "resume"])
def test_an_empty_id_is_no_id_and_not_the_last_job(data: Path, command: str) -> None:
    with pytest.raises(UsageError, match="the id of the job is empty"):
        run("jobs", command, "")


@pytest.mark.parametrize("command", ["get", "wait", "content", "delete"])
@pytest.mark.parametrize("file_id", ["", " "])
def test_an_empty_id_is_no_file(data: Path, command: str, file_id: str) -> None:
    with pytest.raises(UsageError, match="the id of the file is empty"):
        run("files", command, file_id)


def test_after_a_file_that_is_not_listed_is_not_an_empty_list(data: Path) -> None:
    with pytest.raises(UsageError, match="the id of the file is empty"):
        run("files", "list", "--after", "")
    with pytest.raises(RemoteError) as caught:
        run("files", "list", "--after", "file-none")
    assert caught.value.code == "not_found"


def test_where_nothing_is_open_nothing_is_settled(data: Path) -> None:
    assert run("jobs", "settle").stdout == "nothing is to be settled\n"
    with pytest.raises(UsageError, match="no request of this project at `local` is open"):
        run("jobs", "settle", "--none")
    with pytest.raises(UsageError, match="only one of them"):
        run("jobs", "settle", "--none", "--job", "ftjob-1")


def test_pruning_shows_first_and_deletes_only_when_told(data: Path) -> None:
    run("upload")
    shown = run("files", "prune")
    assert shown.stdout == "2 files could be deleted; --yes does it\n"
    assert sum(line.startswith("delete  file-") for line in shown.stderr.splitlines()) == 2
    assert sum(line.startswith("file-") for line in run("files", "list").stdout.splitlines()) == 2
    assert run("files", "prune", "--yes").stdout == "2 files deleted\n"
    assert run("files", "list").stdout == "no files\n"
    assert run("files", "prune", "--yes").stdout == "nothing to delete\n"


def test_times_and_the_end_of_a_file_are_shown(data: Path) -> None:
    path = data / "dataset" / "train.jsonl"
    first = run("files", "upload", str(path), "--expires-after", "3600", "--output", "json")
    file = json.loads(first.stdout)["file"]
    assert file["expires_at"] == file["created_at"] + 3600
    listed = run("files", "list").stdout.splitlines()
    assert [line.split() for line in listed] == [
        ["id", "bytes", "state", "made"],
        ["purpose", "name", "until"],
        [file["id"], f"{file['bytes']:,}", "processed", moment(file["created_at"])],
        ["fine-tune", file["filename"], moment(file["expires_at"])],
    ]
    assert max(map(len, listed)) <= 80
    again = run("files", "upload", str(path), "--expires-after", "7200")
    assert (
        f"{file['id']} was there before, where --expires-after changes nothing: it expires "
        f"{moment(file['expires_at'])}; to send it anew, `tuneset files delete {file['id']}` first\n"
    ) in again.stderr
    run("upload")
    run("tune", *FAST)
    made = read_json(next((data / "receipts").glob("job-*.json")))["job_id"]
    shown = json.loads(run("jobs", "show", "--output", "json").stdout)["job"]
    listed = run("jobs", "list").stdout.splitlines()
    assert [line.split() for line in listed] == [
        ["id", "state", "made"],
        ["model", "made", "of", "it"],
        [made, "succeeded", moment(shown["created_at"])],
        ["local-tiny", shown["fine_tuned_model"]],
    ]
    assert max(map(len, listed)) <= 80
    assert f"created_at         {shown['created_at']}  ({moment(shown['created_at'])})\n" in run("jobs", "show").stdout

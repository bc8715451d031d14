"""Commands on a store: `prepare` and the stages one by one leave there what they leave in a local folder."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import Done, tuneset
from tests.execution.test_many_machines import machines
from tuneset import stage_table
from tuneset.cli.dataset import workspace
from tuneset.execution import storage
from tuneset.execution.stores.location import RemotePath

STAGES = tuple(row.name for row in stage_table.STAGES if row.scope != "remote")
LIMITS = ("--set", "workers=1", "--set", "gate.min_examples=1", "--set", "split.validation=0.3")


@pytest.fixture
def store() -> Iterator[RemotePath]:
    found = RemotePath(f"memory://{secrets.token_hex(8)}")
    rows = "".join(json.dumps({"question": f"What is {n}?", "answer": f"The number {n}."}) + "\n" for n in range(60))
    (found / "raw" / "a.jsonl").write(rows.encode())
    yield found
    storage.remove_folder(found)


def passed(done: Done) -> Done:
    assert (done.returncode, done.stderr.count("\n  do: ")) == (0, 0), done
    return done


def test_a_dataset_is_prepared_from_a_store_into_a_store(tmp_path: Path, store: RemotePath) -> None:
    (store / "raw" / "README.md").write(b"# Rows")
    done = passed(tuneset(tmp_path, "prepare", f"{store}/raw", "--out", "here", *LIMITS))
    assert f"{store}/raw: left out\n  a paper: README.md\n" in done.stderr
    done = passed(tuneset(tmp_path, "prepare", f"{store}/raw", "--out", f"{store}/set", *LIMITS))
    assert f"{store}/set/train.jsonl" in done.stdout
    made = {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir() if path.is_file()}
    assert {file.name: file.read_bytes() for file in (store / "set").iterdir() if file.is_file()} == made
    assert {path.name for path in tmp_path.iterdir()} == {"here"}
    passed(tuneset(tmp_path, "gate", f"{store}/set", *LIMITS))
    assert {file.name: file.read_bytes() for file in (store / "set").iterdir() if file.is_file()} == made


def test_stages_one_by_one_share_a_data_folder_in_a_store(tmp_path: Path, store: RemotePath) -> None:
    raw = ("--set", f"ingest.paths=[{store}/raw]")
    for data in ("here", f"{store}/data"):
        for stage in STAGES:
            passed(tuneset(tmp_path, stage, "--data", data, *raw, *LIMITS))
    for folder in ("dataset", "reports", "reports/plots"):
        made = {path.name: path.read_bytes() for path in (tmp_path / "here" / folder).iterdir() if path.is_file()}
        there = {file.name: file.read_bytes() for file in (store / "data" / folder).iterdir() if file.is_file()}
        assert there == made
    assert {path.name for path in tmp_path.iterdir()} == {"here"}


def test_report_and_gate_are_the_same_where_workers_read_the_store(
    tmp_path: Path, store: RemotePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = ("--set", f"ingest.paths=[{store}/raw]")

    def run(*stages: str) -> dict[str, bytes]:
        for stage in stages:
            passed(tuneset(tmp_path, stage, "--data", f"{store}/data", *raw, *LIMITS))
        listed = store.ask("listed", lambda files: files.find(f"{store}/data/reports"))
        return {name: RemotePath(f"memory://{name}").read_bytes() for name in listed}

    made = run(*STAGES)
    monkeypatch.setattr(workspace, "open_engine", machines)
    for name in made:
        RemotePath(f"memory://{name}").unlink()
    assert run("report", "gate") == made
    assert {path.name for path in tmp_path.iterdir()} == set()
    left = store.ask("listed", lambda files: files.find(f"{store}/data/work"))
    assert [name for name in left if "report" in name or "gate" in name] == []


def test_a_store_without_a_dataset_says_how_to_make_one(tmp_path: Path, store: RemotePath) -> None:
    done = tuneset(tmp_path, "gate", f"{store}/set")
    assert (done.returncode, done.stdout) == (3, "")
    assert f"{store}/set: holds no train.jsonl" in done.stderr


def test_a_location_with_credentials_is_refused_without_repeating_them(tmp_path: Path) -> None:
    done = tuneset(tmp_path, "prepare", "s3://me:secret@bucket/raw", "--out", "here")
    assert done.returncode == 2
    assert "secret" not in done.stdout + done.stderr


def test_a_dataset_in_a_store_is_checked_counted_compared_and_explained(tmp_path: Path, store: RemotePath) -> None:
    raw = [{"question": f"What is {n}?  ", "answer": f"The number {n}."} for n in range(60)]
    (store / "raw" / "a.jsonl").write("".join(json.dumps(row) + "\n" for row in raw).encode())
    passed(tuneset(tmp_path, "prepare", f"{store}/raw", "--out", "here", *LIMITS))
    passed(tuneset(tmp_path, "prepare", f"{store}/raw", "--out", f"{store}/set", *LIMITS))
    for command in ("check", "tokens"):
        there = passed(tuneset(tmp_path, command, f"{store}/set", columns=200))
        here = passed(tuneset(tmp_path, command, "here", columns=200))
        assert there.stdout == here.stdout.replace("here/", f"{store}/set/")
        assert "no JSON lines" in there.stderr
    assert passed(tuneset(tmp_path, "diff", "here", f"{store}/set", "--max-gone", "0", "--max-moved", "0"))
    told = passed(tuneset(tmp_path, "explain", f"{store}/raw/a.jsonl:3", "--out", f"{store}/set"))
    assert "cleaned: whitespace 1" in told.stdout
    line = int(told.stdout.partition("line ")[2].partition("\n")[0])
    side = told.stdout.partition("it is in ")[2].partition(".jsonl")[0]
    again = passed(tuneset(tmp_path, "explain", f"{store}/set/{side}.jsonl:{line}"))
    assert again.stdout == told.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"here"}


@pytest.mark.parametrize("arguments", [("check",), ("tokens",), ("diff", "nowhere"), ("explain", "a.jsonl:1", "--out")])
def test_what_is_not_there_in_a_store_is_named(arguments: tuple[str, ...], tmp_path: Path, store: RemotePath) -> None:
    done = tuneset(tmp_path, *arguments, f"{store}/nothing")
    assert (done.returncode, done.stdout) == (3, "")
    assert "nowhere: is missing" in done.stderr or f"{store}/nothing: " in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("view",), ("upload",), ("card",), ("plan",), ("export", "--to", "trl", "--out", "x"), ("files", "upload")],
)
def test_a_command_that_takes_local_files_alone_says_so(
    arguments: tuple[str, ...], tmp_path: Path, store: RemotePath
) -> None:
    command = " ".join(arguments[: 2 if arguments[0] == "files" else 1])
    done = tuneset(tmp_path, *arguments, f"{store}/set")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{store}/set: lies in a store, and `tuneset {command}` takes files of this machine\n" in done.stderr


def test_a_copy_is_not_repaired_in_the_place_of_what_lies_in_a_store(tmp_path: Path, store: RemotePath) -> None:
    done = tuneset(tmp_path, "check", f"{store}/raw", "--fix")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--fix of what lies in a store" in done.stderr

"""The direction matrix, printed without a request; and downloads that it forbids."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.providers.protocol_server import KEY, Server
from tuneset.cli.remote import files, purposes
from tuneset.errors import RemoteError, UsageError
from tuneset.profile import load_profile, profile_names
from tuneset.providers.files import file_upload
from tuneset.providers.files.file_purposes import check_download

app = typer.Typer()
app.command()(purposes.purposes)
app.add_typer(files.app, name="files")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_a_profile_without_known_purposes_names_those_that_have_them() -> None:
    with pytest.raises(UsageError) as caught:
        run("purposes", "--profile", "mistral")
    known = [name for name in profile_names() if load_profile(name).purposes]
    assert "mistral" not in known
    assert str(caught.value) == f"profile mistral: no purposes are known\n  allowed: {', '.join(known)}"


@pytest.mark.parametrize("purpose", ["assistants", "user_data", "evals"])
def test_what_openai_does_not_give_back_is_refused_without_a_request(purpose: str) -> None:
    with pytest.raises(RemoteError) as caught:
        check_download(load_profile("openai"), "file-1", purpose)
    assert str(caught.value) == (
        f"file file-1: OpenAI does not give files for {purpose} back\n"
        "  allowed: files for assistants_output, batch, batch_output, fine-tune-results, vision\n"
        "  do: use the local copy; its sha256 is in the receipt of the upload (`data/receipts`)\n"
        "  code: purpose_download_forbidden"
    )


def test_where_sources_conflict_or_say_nothing_it_is_tried() -> None:
    openai = load_profile("openai")
    assert [check_download(openai, "f", purpose) for purpose in ("batch", "fine-tune", "new")] == [True, False, False]


def test_our_own_file_is_refused_before_any_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (tmp_path / "notes.txt").write_text("mine")
    receipts = tmp_path / "data" / "receipts"
    uploaded = file_upload.upload(
        Server().endpoint(profile="openai"), tmp_path / "notes.txt", purpose="user_data", stem="notes",
        receipts_folder=receipts,
    )  # fmt: skip
    with pytest.raises(RemoteError) as caught:  # nobody answers at this address: a request would end otherwise
        run(
            "files", "content", uploaded.file.id, "--set", "endpoint.profile=openai",
            "--set", "endpoint.base_url=https://api.openai.com/v1",
        )  # fmt: skip
    assert caught.value.code == "purpose_download_forbidden"


def test_the_matrix_has_every_purpose_with_its_ways_source_and_date() -> None:
    document = json.loads(run("purposes", "--profile", "openai", "--output", "json").stdout)
    ways = {name: (facts["upload"], facts["download"]) for name, facts in document["purposes"].items()}
    assert ways == {
        "assistants": (True, False),
        "assistants_output": (False, True),
        "batch": (True, True),
        "batch_output": (False, True),
        "evals": (True, False),
        "fine-tune": (True, None),
        "fine-tune-results": (False, True),
        "user_data": (True, False),
        "vision": (True, True),
    }
    assert all(facts["source"] and facts["as_of"] for facts in document["purposes"].values())
    head, below, *lines = run("purposes", "--profile", "openai").stdout.splitlines()
    assert head.split() == ["purpose", "upload", "download", "most", "life", "lifecycle"]
    assert below.split() == ["formats", "taken", "by"]
    place = next(number for number, line in enumerate(lines) if line.startswith("batch "))
    assert lines[place].split() == ["batch", "yes", "yes", "200", "MB", "30", "days", "current"]
    assert lines[place + 1].split() == [".jsonl", "Batch"]


def test_what_ended_is_said_with_its_successor_and_what_will_end_with_its_day() -> None:
    facts = load_profile("openai").purposes
    day = dt.date(2026, 11, 26)
    assert {name: one.lifecycle(day) for name, one in facts.items() if one.ends} == {
        "assistants": "ended", "assistants_output": "ended", "evals": "ending", "fine-tune": "ending",
    }  # fmt: skip
    assert facts["evals"].lifecycle(dt.date(2026, 11, 30)) == "ended"
    assert facts["user_data"].lifecycle(dt.date(2099, 1, 1)) == "current"
    shown = run("purposes", "--profile", "openai").stdout
    assert (
        "assistants: files for assistants, vector stores and code interpreter. Ended 2026-08-26; instead: user_data, "
        "for Responses and vector stores."
    ) in shown
    told = json.loads(run("purposes", "--profile", "openai", "--output", "json").stdout)["purposes"]["assistants"]
    assert (told["intended_use"], told["ends"], told["lifecycle"]) == (
        "files for assistants, vector stores and code interpreter", "2026-08-26", "ended",
    )  # fmt: skip


def test_every_purpose_of_every_profile_says_what_it_is_for_and_what_comes_after_its_end() -> None:
    for name in profile_names():
        for purpose, one in load_profile(name).purposes.items():
            assert one.intended_use, (name, purpose)
            assert bool(one.ends) == bool(one.successor), (name, purpose)


def test_an_upload_that_nothing_takes_any_more_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (tmp_path / "a.txt").write_text("mine")
    said: list[str] = []
    file_upload.upload(
        Server().endpoint(profile="openai"), tmp_path / "a.txt", purpose="assistants", stem="a",
        receipts_folder=tmp_path / "receipts", say=said.append,
    )  # fmt: skip
    assert said[0] == (
        "warning: what took files for assistants at OpenAI ended on 2026-08-26; "
        "instead: user_data, for Responses and vector stores"
    )


def test_the_embedded_endpoint_keeps_to_its_own_matrix() -> None:
    from tuneset.endpoint.state.purposes import PURPOSES  # noqa: PLC0415  only this test looks behind the protocol

    told = {name: (facts.upload, facts.download) for name, facts in load_profile("local").purposes.items()}
    assert told == {name: (ways.upload, ways.download) for name, ways in PURPOSES.items()}

"""`tuneset view` without its page: rows as JSON and in a terminal, and what cannot be asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.builders import chat
from tests.viewing.looked_at import write_lines
from tuneset.cli.main import app
from tuneset.errors import UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_lines(Path("train.jsonl"), [chat("red?", "Yes."), chat("green?", "No."), chat("blue?", "Perhaps.")])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--filter", "green"], "--filter green: is not understood"),
        (["--filter", "colour=green"], "colour: there is no such filter"),
        (["--row", "first"], "--row first: is no row"),
        (["--row", "3"], "there is no row 3"),
        (["--row", "f" * 16], "there is no row of this id"),
        (["--host", "0.0.0.0"], "without a token anybody who reaches 0.0.0.0 could read the rows"),
        (["--token", "short"], "--token: is too short"),
    ],
)
def test_what_cannot_be_asked_for_is_said(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["view", "train.jsonl", *arguments])
    assert isinstance(done.exception, UsageError)
    assert str(done.exception).startswith(told)


def test_rows_of_a_filter_as_json() -> None:
    done = CliRunner().invoke(app, ["view", "train.jsonl", "-f", "text=GREEN", "--output", "json"])
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    assert [(row["line"], row["example"]) for row in document["rows"]] == [(2, chat("green?", "No."))]


def test_a_list_and_a_row_where_nobody_sits_at_the_terminal() -> None:
    listed = CliRunner().invoke(
        app, ["view", "train.jsonl", "--terminal", "-f", "sort=-characters"], env={"COLUMNS": "80"}
    )
    assert [line.split()[0] for line in listed.stdout.splitlines() if "train.jsonl:" in line] == ["2", "1", "0"]
    shown = CliRunner().invoke(app, ["view", "train.jsonl", "--row", "0"], env={"COLUMNS": "80"})
    assert shown.stdout.splitlines()[0].startswith("train.jsonl:1  train  line 1 of train.jsonl")

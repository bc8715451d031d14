"""`tuneset.check`, `tokens` and `explain` say what their commands say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

import tuneset
from tests import command_line

GOOD = {"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]}
BAD = {"messages": [{"role": "user", "content": "Why not?"}, {"role": "robot", "content": "So."}]}
ROWS: list[dict[str, Any]] = [GOOD, BAD, {"messages": [], "score": float("nan")}]


def command(*arguments: str) -> str:
    return command_line.tuneset(Path(), *arguments).stdout


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("some.jsonl").write_bytes(orjson.dumps(GOOD) + b"\n" + orjson.dumps(BAD) + b"\n")
    return "some.jsonl"


@pytest.mark.parametrize(
    "asked", [{"ignore": ["TXT999"]}, {"severity": {"no-such-rule": "error"}}, {"profile": "nobody"}]
)
def test_unknown_names_are_wrong_usage(asked: dict[str, Any]) -> None:
    with pytest.raises(tuneset.UsageError):
        tuneset.check([GOOD], **asked)


def test_good_rows_have_no_finding() -> None:
    asked = [{"role": "user", "content": f"Why {number}?"} for number in range(12)]
    report = tuneset.check([{"messages": [question, GOOD["messages"][1]]} for question in asked], profile="openai")
    assert report.findings.is_empty()
    assert (report.ok, report.errors, report.warnings) == (True, 0, 0)


def test_rows_are_reported_by_their_numbers() -> None:
    report = tuneset.check(ROWS, profile="openai")
    errors = report.findings.filter(pl.col("severity") == "error")
    assert not report.ok
    assert report.errors == errors.height
    assert set(errors["file"]) == {"rows"}
    assert errors.filter(pl.col("code") == "JSN003")["line"].to_list() == [3]
    assert 2 in errors["line"].to_list()


def test_a_missing_file_is_a_finding() -> None:
    assert tuneset.check("missing.jsonl").findings["code"].to_list() == ["FIL001"]


def test_the_report_is_the_commands(file: str) -> None:
    report = tuneset.check(file, profile="openai")
    assert report.document() == json.loads(command("check", file, "--profile", "openai", "--output", "json"))
    assert f"{report}\n" == command("check", file, "--profile", "openai")
    assert tuneset.check(file, profile="openai", ignore=sorted(set(report.findings["code"]))).findings.is_empty()


def test_the_tokens_are_the_commands(file: str) -> None:
    counted = tuneset.tokens(file, profile="openai")
    assert counted.document() == json.loads(command("tokens", file, "--profile", "openai", "--output", "json"))
    assert f"{counted}\n" == command("tokens", file, "--profile", "openai")
    assert counted.examples["line"].to_list() == [1, 2]
    assert counted.total == counted.examples["tokens"].sum() > 0
    assert counted.exact


def test_tokens_of_rows_are_those_of_their_file(file: str) -> None:
    assert tuneset.tokens([GOOD, BAD]).examples["tokens"].equals(tuneset.tokens(file).examples["tokens"])


def test_tokens_of_a_missing_file_are_an_error() -> None:
    with pytest.raises(tuneset.InputError, match=r"missing\.jsonl: cannot be read"):
        tuneset.tokens("missing.jsonl")


def test_a_row_is_explained_from_the_result_and_from_its_folder(tmp_path: Path) -> None:
    rows = [{"question": f"Why {n}?", "answer": f"Because of {n}."} for n in range(12)]
    done = tuneset.prepare([*rows, rows[3]], tmp_path / "out")
    told = tuneset.explain("rows:13", done)
    assert not told.kept
    assert "dropped by dedup: DUP001 exact-duplicate" in str(told)
    assert "its representative is rows:4" in str(told)
    assert str(tuneset.explain("rows:13", tmp_path / "out")) == str(told)
    assert tuneset.explain("rows:4", done).kept
    with pytest.raises(tuneset.UsageError):
        tuneset.explain("rows:14", done)

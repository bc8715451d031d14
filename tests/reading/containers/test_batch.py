"""Requests and answers of a batch are joined by their ids, and every line of every file is accounted for."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tuneset
from tests.amounts import drawn
from tuneset.reading.raw_shards import cut

FINE, ERROR = 200, 500


def request(own: str, asked: str = "Why?") -> dict[str, Any]:
    return {"custom_id": own, "method": "POST", "url": "/v1/chat/completions",
            "body": {"model": "m", "messages": [{"role": "user", "content": asked}]}}  # fmt: skip


def answer(own: str, said: str = "So.", status: int = FINE) -> dict[str, Any]:
    body = {"choices": [{"message": {"role": "assistant", "content": said}}]}
    return {"id": "b", "custom_id": own, "response": {"status_code": status, "body": body}, "error": None}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def outcomes(folder: Path) -> list[tuple[str, int, str | None]]:
    done = tuneset.prepare([folder], folder.with_name(f"{folder.name}-out"), {"workers": 1})
    names = pl.col("source").str.split("/").list.last()
    rows: list[tuple[str, int, str | None]] = done.ledger.select(names, "line", "code").sort("source", "line").rows()
    return rows


@pytest.mark.parametrize(
    "rows",
    [
        [{"custom_id": "a", "question": "Why?", "answer": "So."}],
        [{**request("a"), "response": answer("a")["response"]}],
        [request("a"), answer("a")],
        [{"custom_id": 7, "body": {}}],
    ],
)
def test_other_rows_are_no_batch(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    write(tmp_path / "raw.jsonl", rows)
    assert cut([tmp_path / "raw.jsonl"])[0].container == "jsonl"


def test_a_request_and_its_answer_are_one_row_and_the_others_are_told(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    write(raw / "in.jsonl", [request("1", "One?"), request("2"), request("3"), request("1")])
    write(raw / "out.jsonl", [answer("9"), answer("1", "Une.")])
    write(
        raw / "errors.jsonl", [answer("2", status=ERROR), {"custom_id": "8", "response": None, "error": {"code": "x"}}]
    )
    assert outcomes(raw) == [
        ("errors.jsonl", 1, "ING002"),
        ("errors.jsonl", 2, "ING005"),
        ("in.jsonl", 1, None),
        ("in.jsonl", 2, "ING006"),
        ("in.jsonl", 3, "ING005"),
        ("in.jsonl", 4, "ING005"),
        ("out.jsonl", 1, "ING005"),
        ("out.jsonl", 2, "ING002"),
    ]


def test_an_answer_leads_to_the_row_of_its_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("raw/in.jsonl"), [request("1", "One?  ")])
    write(Path("raw/out.jsonl"), [answer("1")])
    done = tuneset.prepare([Path("raw")], "out")
    assert "its representative is raw/in.jsonl:1, which is in " in str(tuneset.explain("raw/out.jsonl:1", done))
    assert tuneset.explain("raw/in.jsonl:1", done).changes == [{"changed.whitespace": 1}]


def test_jobs_with_the_same_ids_are_told_apart_by_their_names(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    for job in ("spring", "autumn"):
        write(raw / f"{job}_in.jsonl", [request("1", f"{job}?")])
        write(raw / f"{job}_out.jsonl", [answer("1", job)])
    done = tuneset.prepare([raw], tmp_path / "out", {"workers": 1})
    said = [[message["content"] for message in example["messages"]] for example in done.examples("train")]
    assert sorted(said) == [["autumn?", "autumn"], ["spring?", "spring"]]


def test_where_no_name_tells_whose_an_answer_is_nothing_is_guessed(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    for name in ("a", "b"):
        write(raw / f"{name}.jsonl", [request("1", f"{name}?")])
    write(raw / "x.jsonl", [answer("1")])
    assert outcomes(raw) == [("a.jsonl", 1, "ING005"), ("b.jsonl", 1, "ING005"), ("x.jsonl", 1, "ING005")]


def test_the_forms_of_other_services_are_joined_too(tmp_path: Path) -> None:
    said = {"role": "assistant", "content": [{"type": "text", "text": "Hello."}]}
    parts = {"contents": [{"role": "user", "parts": [{"text": "Hi there?"}]}]}
    forms = {
        "a": ({"custom_id": "1", "params": {"messages": [{"role": "user", "content": "Hi?"}]}},
              {"custom_id": "1", "result": {"type": "succeeded", "message": said}}),
        "g": ({"key": "1", "request": parts},
              {"key": "1", "response": {"candidates": [{"content": {"role": "model", "parts": [{"text": "Ho."}]}}]}}),
    }  # fmt: skip
    for name, (asked, answered) in forms.items():
        write(tmp_path / "raw" / f"{name}_in.jsonl", [asked])
        write(tmp_path / "raw" / f"{name}_out.jsonl", [answered])
    done = tuneset.prepare([tmp_path / "raw"], tmp_path / "out", {"workers": 1})
    said_back = [[message["content"] for message in example["messages"]] for example in done.examples("train")]
    assert sorted(said_back) == [["Hi there?", "Ho."], ["Hi?", "Hello."]]


IDS = st.lists(st.sampled_from("abcde"), max_size=6)


@pytest.mark.slow
@settings(max_examples=drawn(8, 50), deadline=None)
@given(asked=IDS, answered=IDS, failed=IDS)
def test_every_line_has_one_place_and_what_can_be_joined_is(
    asked: list[str], answered: list[str], failed: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not asked + answered + failed:
        return
    raw = tmp_path_factory.mktemp("batch")
    files = {
        "in.jsonl": [request(own, f"{own}?") for own in asked],
        "out.jsonl": [answer(own, own) for own in answered],
        "errors.jsonl": [answer(own, status=ERROR) for own in failed],
    }
    for name, rows in files.items():
        if rows:
            write(raw / name, rows)
    found = outcomes(raw)
    assert Counter(name for name, _, _ in found) == {name: len(rows) for name, rows in files.items() if rows}
    kept = [line for name, line, code in found if code is None]
    assert kept == sorted(asked.index(own) + 1 for own in {*asked} & {*answered})  # by looking at each pair
    failures = [line for name, line, code in found if code == "ING006"]
    assert failures == sorted(asked.index(own) + 1 for own in ({*asked} & {*failed}) - {*answered})

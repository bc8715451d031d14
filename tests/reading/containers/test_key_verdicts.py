"""Rows under a key that says that they are bad are bad rows; keys of topics, classes and pairs drop none."""

import json
from pathlib import Path
from typing import Any

import pytest

from tuneset.example_tables import to_examples
from tuneset.model import StageResult
from tuneset.params import IngestParams
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.stages.ingest import ingest

INDENTS = pytest.mark.parametrize("indent", [None, 1])


def row(text: str) -> dict[str, Any]:
    return {"question": f"Is {text} open?", "answer": f"{text} is."}


def run(value: Any, folder: Path, indent: int | None, params: IngestParams | None = None) -> StageResult:  # noqa: ANN401  JSON
    path = folder / "a.json"
    path.write_text(json.dumps(value, indent=indent), encoding="utf-8")
    (shard,) = plan([path])
    (records,) = read_records(shard)
    return ingest(records, "a.json", params or IngestParams(), "sft")


def kept(result: StageResult) -> int:
    assert set(result.rejects["code"]) <= {"LBL001"}
    return result.tables.examples.height


@INDENTS
@pytest.mark.parametrize(
    "value",
    [
        {"shipping": [row("a")], "errors": [row("b")], "negative": [row("c")]},
        {"positive": [row("a")], "negative": [row("b")], "neutral": [row("c")]},
        {"faq": {"shared": [row("a")], "deleted": [row("b")], "failed": [row("c")]}},
        {"deleted_items": [row("a")], "calendars": [row("b")], "spam": [row("c")]},
        {"refunds": row("a"), "orders": row("b"), "deleted": row("c")},
        [{**row("a"), "meta": {"rejected": [row("x")]}}, row("b"), {"rejected": "", **row("c")}],
    ],
)
def test_topics_classes_and_what_a_row_holds_drop_nothing(value: Any, tmp_path: Path, indent: int | None) -> None:  # noqa: ANN401  JSON
    assert kept(run(value, tmp_path, indent)) == 3


@INDENTS
def test_a_preference_pair_is_one_row_without_a_mark(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "a.json"
    said = [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": "Yes."}]
    path.write_text(json.dumps([{"chosen": said, "rejected": said}], indent=indent), encoding="utf-8")
    (shard,) = plan([path])
    assert [list(value) for value in next(read_records(shard, None, "dpo")).values] == [["chosen", "rejected"]]


@INDENTS
@pytest.mark.parametrize(
    ("value", "key"),
    [
        ({"Positive Examples": [row("a")], "Negative Examples": [row("b")]}, "negative_examples"),
        ({"rejected": [row("b")], "accepted": [row("a")]}, "rejected"),
        ({"data": {"rejected": [row("b")], "kept": [row("a")]}, "page": 1}, "rejected"),
        ({"failed": {"data": [row("b")]}, "data": [row("a")], "meta": {"model": "m"}}, "failed"),
        ({"topics": [row("a")], "badExamples": [row("b")]}, "bad_examples"),
        ({"deleted": {"r1": row("b")}, "completed": {"r2": row("a")}}, "deleted"),
        ([{"discarded": [row("b")]}, {"rows": [row("a")]}], "discarded"),
    ],
)
def test_rows_under_such_a_key_are_bad_rows(value: Any, key: str, tmp_path: Path, indent: int | None) -> None:  # noqa: ANN401  JSON
    result = run(value, tmp_path, indent)
    assert kept(result) == 1
    assert [each["messages"][0]["content"] for each in to_examples(result.tables)] == ["Is a open?"]
    assert result.rejects["detail"].to_list() == [
        f"excluded (by the key {key} around the row) says that the answer is bad"
    ]
    assert kept(run(value, tmp_path, indent, IngestParams(labelled_bad="keep"))) == 2


@INDENTS
def test_a_key_that_may_be_a_topic_is_told(tmp_path: Path, indent: int | None) -> None:
    result = run({"shared": [row("a")], "deleted": [row("b"), row("c")]}, tmp_path, indent)
    assert kept(result) == 3
    assert result.metrics['undecided:["a.json","state by the key (around the row)"]'] == 2


def test_an_envelope_too_long_to_be_known_whole_is_read_alike(tmp_path: Path) -> None:
    long = [{"question": f"{number}?", "answer": "a" * 1000} for number in range(18_000)]
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps({"rejected": [row("b")], "accepted": long, "failed": [row("c")]}, indent=0), encoding="utf-8"
    )
    (shard,) = plan([path])
    values = [value for records in read_records(shard) for value in records.values]
    assert len(values) == len(long) + 2
    assert [place for place, value in enumerate(values) if len(value) > 2] == [0, len(long) + 1]

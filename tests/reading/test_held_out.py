"""Rows and files of a dataset's own validation and test: told by column, word and file, else not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.params import IngestParams, parse_params
from tuneset.reading.held_out import held_out, sides_of_files
from tuneset.reading.records import Records
from tuneset.stages.ingest import ingest
from tuneset.stages.report_warnings import held_out_warnings, side_file_warnings

ROW: dict[str, Any] = {"question": "Is it open?", "answer": "Yes."}


@pytest.mark.parametrize(
    "columns",
    [
        {"split": "train"},
        {"split": "train_sft"},
        {"split": "train+test"},
        {"split": "the bill in two"},
        {"split": None},
        {"subset": "dev-ops"},
        {"set": "unit tests"},
        {"set": 2},
        {"dataset": "openai_humaneval"},
        {"fold": 3},
        {"is_test": False},
        {"is_test": "no"},
        {"is_train": True},
        {"is_valid": True},
        {"test": "passed"},
        {"type": "test"},
        {"tags": ["test"]},
        {"note": "split: test"},
        {"metadata": {"split": "train", "kind": "test"}},
    ],
)
def test_rows_that_are_trained_and_columns_of_other_things_say_nothing(columns: dict[str, Any]) -> None:
    assert not held_out(columns)


@pytest.mark.parametrize(
    ("columns", "place", "word"),
    [
        ({"split": "test"}, "split", "test"),
        ({"Split": "TEST"}, "Split", "test"),
        ({"_split": "validation"}, "_split", "validation"),
        ({"data_split": "val"}, "data_split", "val"),
        ({"datasetSplit": "dev"}, "datasetSplit", "dev"),
        ({"split": "test_sft"}, "split", "test"),
        ({"split": "validation_matched"}, "split", "validation"),
        ({"split": "testA"}, "split", "test"),
        ({"partition": "held-out"}, "partition", "heldout"),
        ({"fold": "test"}, "fold", "test"),
        ({"set": "test"}, "set", "test"),
        ({"subset": "test-easy"}, "subset", "test"),
        ({"is_test": True}, "is_test", "true"),
        ({"isTest": "yes"}, "isTest", "true"),
        ({"is_test": 1}, "is_test", "true"),
        ({"holdout": "true"}, "holdout", "true"),
        ({"is_train": False}, "is_train", "false"),
        ({"metadata": {"split": "test"}}, "metadata.split", "test"),
        ({"meta": '{"split": "test"}'}, "meta.split", "test"),
        ({"metadata.split": "test"}, "metadata.split", "test"),
    ],
)
def test_a_row_of_validation_or_test_says_so_by_column(columns: dict[str, Any], place: str, word: str) -> None:
    assert held_out(columns) == [(place, word)]


@settings(max_examples=drawn(60))
@given(st.dictionaries(st.sampled_from(["split", "set", "is_test", "meta", "fold"]), st.text() | st.booleans()))
def test_what_is_shown_of_a_value_is_a_word_that_is_known(columns: Mapping[str, Any]) -> None:
    known = {"true", "false", "test", "testing", "val", "valid", "validation", "dev", "eval", "evaluation", "heldout"}
    assert {word for _, word in held_out({**columns, "subset": "test"})} <= known


@pytest.mark.parametrize(
    "sources",
    [
        ["raw/train.jsonl", "raw/faq.jsonl"],
        ["train-00000-of-00001.parquet", "train_test.jsonl", "test-train.jsonl"],
        ["contest.jsonl", "protest.csv", "latest.jsonl", "values.csv", "devices.csv", "attest-2024.jsonl"],
        ["course_evaluation.csv", "chats-dev.jsonl", "test-drive-faq.csv", "blood-test-results.csv"],
        ["/home/me/test/a.jsonl"],
        ["/home/test/raw/a.jsonl", "/home/test/raw/b.jsonl"],
        ["dev/a.jsonl", "prod/a.jsonl"],
    ],
)
def test_other_names_are_no_sides(sources: list[str]) -> None:
    assert sides_of_files(sources) == {}


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("test.jsonl", "test"),
        ("raw/TEST.JSONL.GZ", "test"),
        ("raw/test-00000-of-00001.parquet", "test"),
        ("raw/test-00000-of-00001-3fb5a8c9d1abc0de.parquet", "test"),
        ("validation.csv", "validation"),
        ("dev-v2.0.json", "dev"),
        ("test.en.jsonl", "test"),
        ("gsm8k_test.jsonl", "test"),
        ("squad.val.json", "val"),
        ("held-out.jsonl", "heldout"),
        ("set.zip/data/test/0.csv", "test"),
        ("raw/test/part-0.jsonl", "test"),
        ("/raw/test_sft/0.jsonl", "test"),
    ],
)
def test_a_file_or_folder_named_after_a_side_is_found_beside_others(source: str, word: str) -> None:
    assert sides_of_files([source, "/raw/a.jsonl", "b.jsonl"]) == {source: word}


def test_a_word_that_also_names_subjects_counts_beside_a_file_for_training() -> None:
    assert sides_of_files(["raw/chats-dev.jsonl", "raw/chats-train.jsonl"]) == {"raw/chats-dev.jsonl": "dev"}


@pytest.mark.parametrize("line_format", ["sft", "rft"])
def test_such_rows_stay_and_are_told_and_go_where_that_is_asked_for(line_format: Any) -> None:  # noqa: ANN401  a Literal
    row = ROW if line_format == "sft" else {"messages": [{"role": "user", "content": "Is it open?"}]}
    rows = [{**row, "split": "test"}, {**row, "split": "train"}, {**row, "split": "validation"}, row]
    told = ingest(Records([1, 2, 3, 4], [0] * 4, rows), "a.jsonl", IngestParams(), line_format)
    assert told.tables.examples.height == 4
    (warning,) = held_out_warnings(told.metrics)
    assert warning.startswith("a.jsonl: column split says test (1 row) and validation (1 row): kept")
    asked = IngestParams(drop_marked=["held_out"])
    without = ingest(Records([1, 2, 3, 4], [0] * 4, rows), "a.jsonl", asked, line_format)
    if line_format == "rft":  # a grader may read the column
        assert without.metrics == told.metrics
        return
    assert without.rejects.select("line", "code").rows() == [(1, "LBL002"), (3, "LBL002")]
    assert held_out_warnings(without.metrics) == []


def test_files_are_listed_up_to_some_with_their_rows() -> None:
    counts = {f'source:["{number}/test.csv","csv","question_answer"]': 2 for number in range(7)}
    (warning,) = side_file_warnings(counts)
    assert "4/test.csv (2 rows) and 2 more look by their names" in warning
    assert side_file_warnings({'source:["test.csv","csv",""]': 0}) == []


def text(number: int, letter: str) -> str:
    return " ".join(f"{letter}{number * factor}" for factor in range(1001, 1013))


def test_what_the_warnings_advise_leaves_nothing_to_warn_of(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for side, of in (("train", range(40)), ("test", range(35, 45)), ("validation", range(50, 55))):
        rows = [{"question": text(n, "w"), "answer": text(n, "v"), "split": side} for n in of]
        (raw / f"{side}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("look by their names", "column split says")

    def warned(paths: list[Path], **sections: Any) -> list[str]:  # noqa: ANN401  any section
        params = parse_params({"workers": 1, **sections}, "params")
        said = prepare(paths, tmp_path / "out", params, no_progress).metrics["warnings"]
        return [warning for warning in said if any(word in warning for word in words)]

    of_test, of_validation, of_files = warned([raw])
    assert "test.jsonl: column split says test (10 rows)" in of_test
    assert "validation.jsonl: column split says validation (5 rows)" in of_validation
    assert "test.jsonl (10 rows), " in of_files
    assert "validation.jsonl (5 rows) look by their names" in of_files
    files = [str(raw / "test.jsonl"), str(raw / "validation.jsonl")]
    assert warned([raw / "train.jsonl"], dedup={"evaluation": {"files": files}}) == []
    written = "".join((tmp_path / "out" / f"{side}.jsonl").read_text() for side in ("train", "validation"))
    assert text(34, "w") in written  # 34, which is in train.jsonl alone
    assert text(35, "w") not in written  # 35, which test.jsonl holds too
    assert [text for text in warned([raw], ingest={"drop_marked": ["held_out"]}) if words[1] in text] == []

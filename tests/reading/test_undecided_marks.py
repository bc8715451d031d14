"""What may say that a row is bad is told and decides nothing; what says something else is not told."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tuneset
from tuneset.reading.undecided_marks import undecided
from tuneset.reading.verdicts import verdict

ROW = {"question": "Is it open on Sunday?", "answer": "Yes, from noon to six."}


@pytest.mark.parametrize(
    "columns",
    [
        {"topic": "bad"},
        {"category": "spam"},
        {"sentiment": "wrong"},
        {"weather": "bad"},
        {"status": "shipped"},
        {"state": "Ohio"},
        {"reviewer": "Ann"},
        {"review": "It was bad, and I said so."},
        {"qa": "passed"},
        {"use": True},
        {"use": "kitchen"},
        {"tags": ["a", "b"]},
        {"decision": None},
        {"verified": "yes"},
        {"row_id": "rejected"},
        {"spam": 0.4},
        {"correct": "Paris"},
        {"label_text": "no"},
        {"gold_label": "No"},
        {"tags": ["pandas", "drop"]},
        {"labels": ["sql", "delete"]},
        {"state": "NO"},
        {"stage": "no"},
    ],
)
def test_what_says_something_else_is_not_told(columns: dict[str, Any]) -> None:
    assert undecided(columns) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"decision": "Rejected."},
        {"Reviewer verdict 2": "wrong"},
        {"status": "rejected"},
        {"status": "draft"},
        {"annotation_status": "pending"},
        {"tags": ["fine", "bad"]},
        {"review_label": "rejected"},
        {"review": "no"},
        {"QA": ["ok", "remove"]},
        {"QA": "fail"},
        {"note": "do not use"},
        {"use": "no"},
        {"Train": False},
        {"spam": "true"},
        {"archived": 1},
        {"OK?": "\N{CROSS MARK}"},
        {"correct": "N"},
    ],
)
def test_what_may_say_that_a_row_is_bad_is_told(columns: dict[str, Any]) -> None:
    assert undecided(columns) == [*columns]


NAMES = st.sampled_from(["label", "rating", "status", "keep", "is_bad", "decision", "flag", "approved", "outcome"])
WORDS = st.sampled_from([True, False, "bad", "rejected", "no", "discarded", "good", "yes"])


@given(NAMES, WORDS)
def test_a_row_goes_or_is_told_and_never_both(name: str, word: object) -> None:
    found = verdict({name: word}, "An answer.")
    if found is not None and not found[1] and name != "status":
        assert undecided({name: word}) == []


def test_the_report_says_which_column_it_is_and_how_many_rows(tmp_path: Path) -> None:
    rows = [{**ROW, "question": f"{number} {ROW['question']}", "decision": "rejected"} for number in range(3)]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, ROW]))
    done = tuneset.prepare(path, params={"dedup": {"near": {"policy": "keep_together"}}})
    assert done.metrics["rows"]["dropped"] == 0
    (told,) = [each for each in done.metrics["warnings"] if "decision" in each]
    assert told.startswith("column decision may say that rows are bad or not ready (3), and they are kept")
    kept = tuneset.prepare(path, params={"ingest": {"columns": "keep"}})
    assert not any("decision" in each for each in kept.metrics.get("warnings", []))

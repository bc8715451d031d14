"""Rows that moderation flagged, or of which private data was taken out: told, and left out where that is asked for."""

from typing import Any

import pytest

from tuneset.params import IngestParams
from tuneset.reading.moderation_marks import marks
from tuneset.reading.records import Records
from tuneset.stages.ingest import ingest
from tuneset.stages.report_warnings import mark_warnings

ROW: dict[str, Any] = {"question": "Is it open?", "answer": "Yes."}


@pytest.mark.parametrize(
    "columns",
    [
        {"toxic": False, "redacted": False},
        {"toxic": 0.9},
        {"toxicity": 1},
        {"toxic": "very"},
        {"openai_moderation": [{"flagged": False, "categories": {"hate": True}}]},
        {"openai_moderation": []},
        {"moderation": "flagged"},
        {"detoxify_moderation": [{"toxicity": 0.9}]},
    ],
)
def test_scores_and_rows_that_passed_are_no_marks(columns: dict[str, Any]) -> None:
    assert not marks(columns)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"toxic": True}, "moderated"),
        ({"isToxic": "true"}, "moderated"),
        ({"openai_moderation": [{"flagged": False}, {"flagged": True}]}, "moderated"),
        ({"openai_moderation": '[{"flagged": true}]'}, "moderated"),
        ({"openai_moderation": {"flagged": [False, True]}}, "moderated"),
        ({"moderation": {"results": [{"flagged": True}]}}, "moderated"),
        ({"content_filter_results": {"hate": {"filtered": True, "severity": "high"}}}, "moderated"),
        ({"safety_ratings": [{"category": "x", "blocked": True}]}, "moderated"),
        ({"redacted": True}, "redacted"),
    ],
)
def test_what_is_marked_is_told_by_column(columns: dict[str, Any], kind: str) -> None:
    assert marks(columns) == [(next(iter(columns)), kind)]


def test_marked_rows_stay_and_are_told_and_go_where_that_is_asked_for() -> None:
    rows = [{**ROW, "toxic": True}, {**ROW, "toxic": True, "redacted": True}, {**ROW, "redacted": True}, ROW]
    told = ingest(Records([1, 2, 3, 4], [0] * 4, rows), "a.jsonl", IngestParams(), "sft")
    assert told.tables.examples.height == 4
    assert told.metrics['marked:["a.jsonl","toxic","moderated"]'] == 2
    assert [text.partition(",")[0] for text in mark_warnings(told.metrics)] == [
        "column redacted marks rows as redacted (2)",
        "column toxic marks rows as moderated (2)",
    ]
    params = IngestParams(drop_marked=["moderated"])
    without = ingest(Records([1, 2, 3, 4], [0] * 4, rows), "a.jsonl", params, "sft")
    assert without.rejects.select("line", "code").rows() == [(1, "LBL002"), (2, "LBL002")]
    assert without.tables.examples["line"].to_list() == [3, 4]
    assert without.metrics['marked:["a.jsonl","redacted","redacted"]'] == 1


def test_a_row_for_reinforcement_keeps_what_its_grader_reads() -> None:
    row = {"messages": [{"role": "user", "content": "Is it open?"}], "toxic": True}
    result = ingest(Records([1], [0], [row]), "a.jsonl", IngestParams(drop_marked=["moderated"]), "rft")
    assert result.tables.examples.height == 1

"""What people decided is done to the content that they looked at, and to nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import chat, pair, tables_of
from tuneset.errors import UsageError
from tuneset.example_tables import to_examples
from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.model import StageResult
from tuneset.params import Params
from tuneset.review_marks import Mark, append, content_hash, new_mark
from tuneset.stages.review import decided, review

EXAMPLES = [chat("one", "1"), chat("two", "2", system="s"), chat("three", "3"), chat("two", "2", system="s")]


def mark(example: dict[str, Any], action: str, value: object = None, row: int = 1) -> Mark:
    return new_mark(f"{row:016x}", content_hash(example), action, value, "ann")


def after(*marks: Mark) -> StageResult:
    return review(tables_of(EXAMPLES), decided(marks))


def test_rows_that_nobody_looked_at_stay_as_they_are() -> None:
    tables = tables_of(EXAMPLES)
    assert review(tables, decided([])).tables is tables
    result = after(mark(chat("other", "content"), "drop", row=9))
    assert to_examples(result.tables) == EXAMPLES
    assert (result.rejects.height, dict(result.metrics), dict(result.report_tables)) == (0, {}, {})


def test_tags_notes_and_keeps_change_nothing() -> None:
    marks = [mark(EXAMPLES[0], "tag", ["a"]), mark(EXAMPLES[0], "note", "hm"), mark(EXAMPLES[2], "keep", row=3)]
    result = after(*marks)
    assert to_examples(result.tables) == EXAMPLES
    assert dict(result.metrics) == {"decided.keep": 1}


def test_a_decision_about_other_content_is_stale_and_not_applied() -> None:
    result = after(mark(chat("one", "before"), "drop"))
    assert to_examples(result.tables) == EXAMPLES
    assert dict(result.metrics) == {"stale": 1}
    told = result.report_tables["review"].select("line", "decision", "stale", "by").rows()
    assert told == [(1, "drop", True, "ann")]


def test_content_that_is_dropped_goes_wherever_it_stands() -> None:
    result = after(mark(EXAMPLES[1], "drop", row=2))
    assert to_examples(result.tables) == [EXAMPLES[0], EXAMPLES[2]]
    assert result.rejects["line"].to_list() == [2, 4]
    assert set(result.rejects["code"]) == {"REV001"}
    assert result.rejects["detail"][0] == "somebody looked at the row and dropped it, by ann"
    assert dict(result.metrics) == {"decided.drop": 2}


def test_an_edit_replaces_the_whole_example_and_keeps_its_place() -> None:
    new = {"messages": [{"role": "user", "content": "new"}, {"role": "assistant", "content": None, "tool_calls": []}]}
    new |= {"tools": [{"type": "function"}]}
    result = after(mark(EXAMPLES[1], "edit", new, row=2), mark(EXAMPLES[2], "drop", row=3))
    assert to_examples(result.tables) == [EXAMPLES[0], new, new]
    assert result.tables.examples["line"].to_list() == [1, 2, 4]


def test_pairs_are_edited_too() -> None:
    old, new = pair("q", "yes", "no"), pair("q", "yes!", "no.")
    result = review(tables_of([old], line_format="dpo"), decided([mark(old, "edit", new)]))
    assert to_examples(result.tables) == [new]


def test_an_edit_of_another_format_is_said() -> None:
    old = pair("q", "yes", "no")
    with pytest.raises(UsageError, match="no example of the format dpo"):
        review(tables_of([old], line_format="dpo"), decided([mark(old, "edit", chat("q", "yes"))]))


@given(st.lists(st.tuples(st.sampled_from(["drop", "keep", "edit"]), st.integers(0, 3), st.integers(0, 3)), max_size=8))
def test_no_row_is_lost_whatever_was_decided(acts: list[tuple[str, int, int]]) -> None:
    marks = [mark(EXAMPLES[row], act, EXAMPLES[other] if act == "edit" else None, row + 1) for act, row, other in acts]
    result = after(*marks)  # asserts that rows in = rows out + rows dropped
    assert set(result.tables.examples["row_id"]) | set(result.rejects["row_id"]) == {f"{n:016x}" for n in range(1, 5)}
    assert set(result.tables.messages["row_id"]) == set(result.tables.examples["row_id"])


def test_prepare_applies_a_review_validates_edits_and_accounts_for_all(tmp_path: Path) -> None:
    raw, file = tmp_path / "raw.jsonl", tmp_path / "review.jsonl"
    rows = [chat(f"What is {word}?", f"It is  {word}.") for word in ("red", "green", "blue", "white", "black", "grey")]
    raw.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    file.touch()
    settings = {"workers": 1, "review": {"file": str(file)}, "dedup": {"near": {"enabled": False}}}

    def run() -> tuple[dict[str, Any], pl.DataFrame, bytes]:
        done = prepare([raw], tmp_path / "out", Params.model_validate(settings), no_progress)
        lines = [(tmp_path / "out" / f"{side}.jsonl").read_bytes() for side in ("train", "validation")]
        return done.metrics, pl.read_parquet(tmp_path / "out" / "ledger.parquet"), b"".join(lines)

    metrics, ledger, _ = run()
    assert metrics["review"] == {"drop": 0, "edit": 0, "keep": 0, "stale": 0, "absent": 0}
    seen = [orjson.loads(line) for line in (tmp_path / "out" / "train.jsonl").read_bytes().splitlines()][:3]
    asked = [row["messages"][0]["content"] for row in rows]
    ids = [ledger["row_id"][asked.index(row["messages"][0]["content"])] for row in seen]
    broken = {"messages": [{"role": "user", "content": "no answer"}]}
    append(file, [
        new_mark(ids[0], content_hash(seen[0]), "drop", None, "ann"),
        new_mark(ids[1], content_hash(seen[1]), "edit", chat("What is new?", "This."), "ann"),
        new_mark(ids[2], content_hash(seen[2]), "edit", broken, "ann"),
        new_mark("f" * 16, content_hash(broken | {"x": 1}), "drop", None, "ann"),
    ])  # fmt: skip
    metrics, ledger, text = run()
    assert metrics["review"]["drop"] == 1
    assert metrics["review"]["edit"] == 2
    assert metrics["review"]["absent"] == 1
    assert any("absent" in one or "not here any more" in one for one in metrics["warnings"])
    assert b"What is new?" in text
    assert b"no answer" not in text
    dropped = ledger.filter(pl.col("outcome") == "dropped").select("stage", "code").sort("stage").rows()
    assert dropped[0] == ("review", "REV001")
    assert dropped[1][0] == "validate"
    assert metrics["rows"]["read"] == len(rows) == ledger.height
    assert pl.read_parquet(tmp_path / "out" / "review.parquet").height == 3

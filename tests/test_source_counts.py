"""The account of each raw file: every row in one place, and never more entries than may be listed."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tuneset
from tuneset import source_counts
from tuneset.source_counts import account, read_counts

NO_OUTCOMES = pl.DataFrame(schema={"source": pl.String, "outcome": pl.String, "code": pl.String, "rows": pl.UInt32})


def test_a_file_that_gave_no_example_is_listed_by_its_container() -> None:
    (entry,) = account({"rows.read": 3, **read_counts("a.csv", "csv", {})}, NO_OUTCOMES)
    assert (entry["container"], entry["shapes"], entry["main_reason"]) == ("csv", {}, None)


def test_files_beyond_the_most_that_are_listed_are_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_counts, "MOST_LISTED", 2)
    rows = [(f"{n}.jsonl", "dropped", f"COD00{n % 2}", n) for n in range(1, 6)]
    outcomes = pl.DataFrame(rows, schema=NO_OUTCOMES.schema, orient="row")
    entries = account({}, outcomes)
    assert [(entry["source"], entry["read"], entry["main_reason"]) for entry in entries] == [
        ("(3 more files)", 6, "COD001"),
        ("4.jsonl", 4, "COD000"),
        ("5.jsonl", 5, "COD001"),
    ]


FILES = st.lists(
    st.lists(st.sampled_from(["good", "other", "twin", "foreign", "broken", "part"]), min_size=1, max_size=6),
    min_size=1,
    max_size=3,
)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(files=FILES)
def test_each_files_rows_are_kept_dropped_or_parts(
    files: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("sources")
    for number, kinds in enumerate(files):
        lines = {
            "good": [json.dumps({"question": f"Why {number}?", "answer": "So."})],
            "other": [json.dumps({"messages": [{"role": "user", "content": f"{number}?"}]})],
            "twin": [json.dumps({"question": "Twin?", "answer": "Yes."})],
            "foreign": [json.dumps({"x": 1})],
            "broken": ["{"],
            "part": [json.dumps({"conversation_id": 1, "role": role, "content": role}) for role in ("user", "bot")],
        }
        text = "\n".join(line for kind in kinds for line in lines[kind])
        (folder / f"{number}.jsonl").write_text(text, encoding="utf-8")
    done = tuneset.prepare([folder], folder.with_name(f"{folder.name}-out"), {"workers": 1})
    entries = done.metrics["sources"]
    assert all(one["read"] == one["kept"] + one["dropped"] + one["parts"] for one in entries)
    assert sum(one["read"] for one in entries) == done.metrics["rows"]["read"]
    assert sum(one["dropped"] + one["parts"] for one in entries) == done.metrics["rows"]["dropped"]
    assert [Path(one["source"]).name for one in entries] == [f"{number}.jsonl" for number in range(len(files))]
    assert all(sum(one["dropped_by_code"].values()) == one["dropped"] for one in entries)

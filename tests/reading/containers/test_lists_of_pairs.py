"""Lists of pairs without an object around them: each list among others is a conversation, a lone one is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.reading.records import Records

ONE = [["Is it open?", "Yes."], ["And on Sunday?", "No."]]
OTHER = [["What does it cost?", "Two."]]
TEXTS = st.text("abc?", min_size=1, max_size=4)
LISTS = st.lists(TEXTS, min_size=1, max_size=3, unique=True).map(lambda asked: [[f"so {one}", "!"] for one in asked])


def read(path: Path, text: str) -> list[Records]:
    path.write_text(text)
    return [records for shard in plan([path]) for records in read_records(shard)]


@given(lists=st.lists(LISTS, min_size=2, max_size=4), indent=st.sampled_from((None, 1)), lines=st.booleans())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_of_several_lists_is_one_conversation(
    tmp_path: Path, lists: list[Any], indent: int | None, *, lines: bool
) -> None:
    text = "".join(json.dumps(one) + "\n" for one in lists) if lines else json.dumps(lists, indent=indent)
    found = read(tmp_path / "raw.json", text)
    assert [value for records in found for value in records.values] == [{"history": one} for one in lists]
    assert not any(records.rejects for records in found)


@pytest.mark.parametrize("indent", [None, 1])
def test_a_lone_list_may_be_one_conversation_or_many_and_is_told(tmp_path: Path, indent: int | None) -> None:
    found = read(tmp_path / "raw.json", json.dumps(ONE, indent=indent))
    rejects = [reject for records in found for reject in records.rejects]
    assert not any(records.values for records in found)
    assert [reject.code for reject in rejects] == ["JSN002"] * len(ONE)
    assert all("under `history`" in reject.detail for reject in rejects)


@pytest.mark.parametrize(
    "lists",
    [
        [[["question", "answer"], *ONE], OTHER],
        [[["Ann", "Hello."], ["Bo", "Well."]]],
        [[["a b", 1]], [["c d", 2]]],
        [[["a b", "c", "d"]]],
        [[["a b", None], ["c d", "!"]]],
    ],
)
def test_other_lists_within_lists_are_no_conversations(tmp_path: Path, lists: list[Any]) -> None:
    found = read(tmp_path / "raw.json", json.dumps(lists))
    assert {"history": lists[0]} not in [value for records in found for value in records.values]
    assert any(records.rejects for records in found)

"""Conversations that go on in another file are whole where that is certain, and every row has one place."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.execution.row_again import read_again
from tuneset.reading.raw_shards import cut
from tuneset.reading.read import read_records
from tuneset.reading.records import Records

Row = tuple[str, str, str]
COLUMNS = ("conversation_id", "role", "content")


def files(folder: Path, *tables: list[Row]) -> list[Path]:
    paths = [folder / f"{number}.csv" for number, _ in enumerate(tables)]
    for path, table in zip(paths, tables, strict=True):
        with path.open("w", newline="") as handle:
            csv.writer(handle).writerows([COLUMNS, *table])
    return paths


def read(paths: list[Path]) -> list[Records]:
    return [records for shard in cut(paths) for records in read_records(shard)]


def said(every: list[Records]) -> list[list[str]]:
    return [[one["content"] for one in value["messages"]] for records in every for value in records.values]


ASKED, ANSWERED = "Is it open?", "Yes."


@pytest.mark.parametrize("key", ["7", "1024", "help"])
def test_ids_that_are_counted_anew_name_different_conversations(tmp_path: Path, key: str) -> None:
    table = [(key, "user", ASKED), (key, "assistant", ANSWERED)]
    assert said(read(files(tmp_path, table, table))) == [[ASKED, ANSWERED]] * 2


def test_other_folders_are_other_exports(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    paths = files(tmp_path / "a", [("c-81f2", "user", ASKED)]) + files(tmp_path / "b", [("c-81f2", "bot", ANSWERED)])
    assert said(read(paths)) == [[ASKED], [ANSWERED]]


@pytest.mark.parametrize("key", ["7", "c-81f2aa"])
def test_an_answer_at_the_beginning_goes_on_with_the_question_at_the_end(tmp_path: Path, key: str) -> None:
    paths = files(tmp_path, [(key, "user", ASKED)], [(key, "assistant", ANSWERED), ("9", "user", "?")])
    every = read(paths[::-1])
    assert said(every) == [[ASKED, ANSWERED], ["?"]]
    (part,) = [reject for records in every for reject in records.rejects]
    assert (part.line, part.code, part.part_of) == (2, "ING002", (2, 0))
    assert part.of_source.endswith("0.csv")


def test_a_row_of_two_files_is_explained_with_both(tmp_path: Path) -> None:
    first, _ = files(tmp_path, [("c-81f2aa", "user", ASKED)], [("c-81f2aa", "assistant", ANSWERED)])
    manifest: dict[str, Any] = {"params": {}}
    again = read_again(str(first), 2, 0, manifest)
    assert again is not None
    assert again.line is not None
    assert ANSWERED.encode() in again.line


CONVERSATIONS = st.lists(st.integers(1, 5), min_size=1, max_size=5)


@settings(max_examples=drawn(40), deadline=None)
@given(CONVERSATIONS, st.sets(st.integers(1, 24), max_size=3))
def test_where_a_table_is_cut_changes_no_conversation(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], cuts: set[int]
) -> None:
    rows = [
        (f"c-{number:03}-ab", ("user", "assistant")[turn % 2], f"{number}.{turn}")
        for number, length in enumerate(lengths)
        for turn in range(length)
    ]
    places = [0, *sorted(place for place in cuts if place < len(rows)), len(rows)]
    tables = [rows[start:end] for start, end in itertools.pairwise(places)]
    every = read(files(tmp_path_factory.mktemp("tables"), *tables))
    assert said(every) == said(read(files(tmp_path_factory.mktemp("table"), rows)))
    assert sum(records.rows for records in every) == len(rows)
    assert {reject.code for records in every for reject in records.rejects} <= {"ING002"}

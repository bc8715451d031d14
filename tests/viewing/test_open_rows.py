"""What a path means: a dataset by its folder, its ledger or DVC's; files of chat lines; raw files of any shape."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.builders import chat
from tests.viewing.looked_at import found, prepared, viewer_of, write_lines
from tuneset.errors import InputError
from tuneset.viewing.filters import Wanted
from tuneset.viewing.open_rows import dataset_places, without_ledger

EXAMPLES = [chat(f"What is {word}?", f"It is {word}.") for word in ("red", "green", "blue")]


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file or folder"):
        viewer_of([tmp_path / "none"], tmp_path)


def test_a_ledger_that_is_none_is_said(tmp_path: Path) -> None:
    write_lines(tmp_path / "train.jsonl", EXAMPLES)
    (tmp_path / "ledger.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match="is no readable ledger") as caught:
        viewer_of([tmp_path], tmp_path)
    assert "tuneset prepare" in caught.value.hint


def test_only_of_a_dataset_it_is_said_that_the_ledger_has_gone(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    file = write_lines(plain / "train.jsonl", EXAMPLES)
    out = prepared(tmp_path, EXAMPLES)
    assert without_ledger([plain, file, out]) == []
    (out / "ledger.parquet").unlink()
    assert without_ledger([plain, file, out]) == [out]


def test_a_dataset_is_found_by_any_of_its_places(tmp_path: Path) -> None:
    out = prepared(tmp_path, EXAMPLES)
    assert dataset_places(out) == dataset_places(out / "ledger.parquet") == (out, out)
    data = tmp_path / "data"
    shutil.copytree(out, data / "reports")
    (data / "dataset").mkdir()
    (data / "reports" / "train.jsonl").rename(data / "dataset" / "train.jsonl")
    for path in (data, data / "reports", data / "dataset", data / "reports" / "ledger.parquet"):
        assert dataset_places(path) == (data / "dataset", data / "reports")


def test_chat_lines_are_looked_at_where_they_are_blank_lines_and_all(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "validation.jsonl", EXAMPLES[:1])
    path.write_bytes(path.read_bytes() + b"\nno json\n")
    viewer = viewer_of([path], tmp_path)
    assert viewer.rows.frame["line"].to_list() == [1, 3]
    assert found(viewer, side="validation") == [0, 1]
    assert viewer.row(1)["raw"] == "no json"


def test_raw_files_are_read_as_prepare_reads_them(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text("question,answer\nWho?,Me.\n", encoding="utf-8")
    write_lines(tmp_path / "odd.jsonl", [{"x": 1}, *EXAMPLES[:1]])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    viewer = viewer_of([tmp_path / "faq.csv", tmp_path / "odd.jsonl"], scratch)
    assert found(viewer, shape="question_answer") == [0]
    assert [row["code"] for row in viewer.page(Wanted())["rows"]] == [None, "ING001", None]
    assert viewer.row(0)["example"] == chat("Who?", "Me.")

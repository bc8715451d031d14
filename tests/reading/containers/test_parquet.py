"""Parquet files: columns of bytes that nobody asked for hurt no row, and no picture is lost without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.reading.records import Records

PNG = b"\x89PNG\r\n\x1a\n\xff"


def read(path: Path, columns: dict[str, list[Any]]) -> Records:
    pl.DataFrame(columns).write_parquet(path)
    (records,) = (records for shard in plan([path]) for records in read_records(shard))
    return records


@pytest.mark.parametrize("binary", [[PNG, b"text"], [{"bytes": PNG, "n": 1}, {"bytes": PNG, "n": 2}], [[PNG], [PNG]]])
def test_a_column_of_bytes_beside_an_example_is_left_out(tmp_path: Path, binary: list[Any]) -> None:
    records = read(tmp_path / "a.parquet", {"question": ["?", "!?"], "answer": ["a", "b"], "audio": binary})
    assert [(value["question"], value["answer"]) for value in records.values] == [("?", "a"), ("!?", "b")]
    assert records.rejects == []
    assert "audio" not in records.values[0]


def test_of_a_picture_it_is_told_that_it_is_there(tmp_path: Path) -> None:
    records = read(tmp_path / "a.parquet", {"question": ["?"], "answer": ["a"], "image": [{"bytes": PNG, "path": "a"}]})
    assert records.values[0]["image"] is True


def test_a_row_whose_own_columns_hold_bytes_that_are_no_text_is_rejected(tmp_path: Path) -> None:
    records = read(tmp_path / "a.parquet", {"question": ["?", "?"], "answer": [b"caf\xe9", b"fine"]})
    assert [value["answer"] for value in records.values] == ["fine"]
    assert [(reject.line, reject.code) for reject in records.rejects] == [(1, "FIL002")]

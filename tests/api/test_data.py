"""What a program hands over becomes the same rows, whatever library holds them; row N is line N."""

from __future__ import annotations

import datetime as dt
import decimal
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.api.data import raw_files
from tuneset.errors import InputError, TunesetError, UsageError
from tuneset.reading.rows_file import RowsFile

ROWS = [
    {"messages": [{"role": "user", "content": "Zürich?"}, {"role": "assistant", "content": "A town."}], "rating": 4},
    {"messages": [{"role": "user", "content": "日本?"}, {"role": "assistant", "content": "A land."}]},
]
TAKEN = "a path, paths, a data frame, a datasets.Dataset, or dicts"


def lines(data: object, *, missing_is_null: bool = False) -> list[Any]:
    """What is written for rows."""
    with raw_files(data, missing_is_null=missing_is_null) as raw:
        (rows,) = raw
        assert isinstance(rows, RowsFile)
        assert str(rows) == "rows"
        return [json.loads(line) for line in rows.path.read_bytes().split(b"\n")[:-1]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (7, f"data is of type int\n  allowed: {TAKEN}"),
        ({"train": ROWS}, f"data is a single dict\n  allowed: {TAKEN}\n  do: put a dict into a list; name one split"),
        (pl.LazyFrame(ROWS), f"data is of type LazyFrame\n  allowed: {TAKEN}\n  do: collect a lazy frame first"),
        (["a.jsonl", {}], f"data holds paths and a dict\n  allowed: {TAKEN}"),
    ],
)
def test_data_of_another_kind_is_refused(data: object, message: str) -> None:
    with pytest.raises(UsageError) as caught, raw_files(data):
        pass
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "rows: no row in the data"),
        ([{}, 7], "rows:2: is of type int\n  allowed: a dict"),
        (
            [{"a": {1, 2}}],
            (
                "rows:1: a value of type set has no form in JSON\n"
                "  allowed: text, numbers, booleans, None, and lists and dicts of them"
            ),
        ),
    ],
)
def test_a_row_that_is_none_is_refused_by_its_number(data: object, message: str) -> None:
    with pytest.raises(InputError) as caught, raw_files(data):
        pass
    assert str(caught.value) == message


def test_a_refused_value_is_not_shown() -> None:
    with pytest.raises(TunesetError) as caught, raw_files([{"a": object}, {"b": {"hunter2"}}]):
        pass
    assert "hunter2" not in str(caught.value)


def test_endless_nesting_is_refused() -> None:
    ring: list[Any] = []
    ring.append(ring)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (ring, deep):
        with pytest.raises(InputError, match="rows:1: "), raw_files([{"a": value}]):
            pass


@pytest.mark.parametrize("kind", [str, Path])
def test_paths_are_handed_on(kind: Callable[[str], str | Path]) -> None:
    with raw_files(kind("a/b.jsonl")) as one, raw_files([kind("a"), kind("b")]) as two:
        assert (one, two) == ([Path("a/b.jsonl")], [Path("a"), Path("b")])


def reader(rows: list[Any]) -> pa.RecordBatchReader:
    return pa.Table.from_pylist(rows).to_reader(max_chunksize=1)


def data_set(rows: list[Any]) -> Any:  # noqa: ANN401  a library without types
    import datasets  # noqa: PLC0415  it takes a second to load, and each process of a run collects this file

    return datasets.Dataset.from_list(rows)


@pytest.mark.parametrize(
    "make",
    [pl.DataFrame, pd.DataFrame, pa.Table.from_pylist, pa.RecordBatch.from_pylist, reader, data_set, iter, tuple],
    ids=["polars", "pandas", "pyarrow", "record batch", "reader", "datasets", "iterator", "tuple"],
)
def test_rows_are_the_same_from_any_library(make: Callable[[Any], Any]) -> None:
    assert lines(make(ROWS)) == ROWS


def test_a_data_set_that_gives_tensors_is_read_as_values() -> None:
    numbers = data_set([{"a": [1, 2]}]).with_format("numpy")
    assert lines(numbers) == [{"a": [1, 2]}]


def test_pandas_words_for_nothing_are_no_values() -> None:
    frame = pd.DataFrame(
        {
            "text": pd.Series(["x", None], dtype="string"),
            "when": pd.Series([pd.Timestamp("2026-01-02"), pd.NaT]),
            "count": pd.Series([1, pd.NA], dtype="Int64"),
            "part": [0.5, float("nan")],
        }
    )
    assert lines(frame) == [{"text": "x", "when": "2026-01-02T00:00:00", "count": 1, "part": 0.5}, {}]


def test_nested_arrays_of_pandas_are_lists(tmp_path: Path) -> None:
    pl.DataFrame(ROWS).write_parquet(tmp_path / "rows.parquet")
    assert lines(pd.read_parquet(tmp_path / "rows.parquet")) == ROWS


def test_dicts_keep_their_nulls_and_what_json_readers_refuse() -> None:
    row = {"a": None, "b": float("nan"), "c": "\ud800"}
    with raw_files([row]) as (rows,):
        assert isinstance(rows, RowsFile)
        assert rows.path.read_bytes() == b'{"a":null,"b":NaN,"c":"\\ud800"}\n'


MISSING = [float("nan"), np.float64("nan"), np.float32("nan"), pd.NA, pd.NaT]


@pytest.mark.parametrize("missing", MISSING, ids=["float", "float64", "float32", "NA", "NaT"])
def test_a_missing_cell_of_raw_dicts_is_null(missing: object) -> None:
    row = {"a": "x", "rating": missing, "meta": {"score": missing, "at": 1}}
    assert lines([row], missing_is_null=True) == [{"a": "x", "rating": None, "meta": {"score": None, "at": 1}}]


def test_what_stands_in_lists_of_raw_dicts_stays() -> None:
    nan = float("nan")
    row = {
        "messages": [{"role": "user", "content": nan}],
        "many": [nan],
        "big": float("inf"),
        "word": "nan",
        "no": None,
    }
    with raw_files([row], missing_is_null=True) as (rows,):
        assert isinstance(rows, RowsFile)
        assert rows.path.read_bytes() == (
            b'{"messages":[{"role":"user","content":NaN}],"many":[NaN],"big":Infinity,"word":"nan","no":null}\n'
        )


@given(st.lists(st.tuples(*[st.sampled_from([None, 1, 2.5])] * 2, st.sampled_from([None, "x"])), min_size=1))
def test_the_dicts_of_a_frame_are_its_rows(cells: list[tuple[float | None, float | None, str | None]]) -> None:
    frame = pd.DataFrame(cells, columns=["a", "b", "c"])
    dicts = lines(frame.to_dict("records"), missing_is_null=True)
    assert [{key: value for key, value in row.items() if value is not None} for row in dicts] == lines(frame)


def test_values_of_libraries_become_plain() -> None:
    row = {"day": dt.date(2026, 1, 2), "price": decimal.Decimal("1.50"), "many": np.array([1, 2]), "one": np.int64(3)}
    assert lines([row]) == [{"day": "2026-01-02", "price": "1.50", "many": [1, 2], "one": 3}]


def test_what_was_written_is_gone_after_the_block() -> None:
    with raw_files(ROWS) as (rows,):
        assert isinstance(rows, RowsFile)
        path = rows.path
        assert path.is_file()
    assert not path.parent.exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=4), min_size=1, max_size=5))
def test_dicts_come_back_as_they_are(rows: list[dict[str, Any]]) -> None:
    assert lines(rows) == rows


@pytest.mark.parametrize(
    "column",
    [pd.Series(["Why?"]), pd.Series(["Why?", 1], dtype=object), pl.Series(["Why?"]), pa.chunked_array([["Why?"]])],
)
def test_a_single_column_is_no_data(column: object) -> None:
    with pytest.raises(UsageError, match=r"^data is a single column, a ") as caught, raw_files(column):
        pass
    assert caught.value.hint == "give the data frame that it is a column of"


@pytest.mark.parametrize("library", [pd.Series, pl.Series, list])
def test_a_column_of_dicts_is_rows(library: Callable[[Any], Any]) -> None:
    rows = [{"question": "Why?", "answer": "So."}]
    with raw_files(library(rows)) as [file]:
        assert isinstance(file, RowsFile)
        assert [json.loads(line) for line in file.path.read_text().splitlines()] == rows

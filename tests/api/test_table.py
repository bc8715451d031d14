"""A frame of examples changes no value: a column that cannot hold its values is JSON text."""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.api.table import examples_table

NUMBER = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUE = st.recursive(
    st.none() | st.booleans() | NUMBER | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def without_nulls(value: object) -> object:
    """A value without the keys that hold null, which Arrow adds."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def exactly(value: object) -> str:
    """Something that tells 1 from 1.0 and true."""
    return json.dumps(without_nulls(value), sort_keys=True)


def from_text(column: pl.Series) -> list[Any]:
    """The values of a column of JSON text."""
    return [None if text is None else json.loads(text) for text in column]


@pytest.mark.parametrize(
    "values",
    [
        ["text", [{"type": "text", "text": "part"}]],
        [{"a": 1}, {"a": "1"}],
        [[{"a": 1}], [{"a": [1]}]],
        [1, True],
        [1, 1.5],
    ],
)
def test_values_of_several_types_are_json_text(values: list[Any]) -> None:
    column = examples_table([{"k": value} for value in values])["k"]
    assert exactly(from_text(column)) == exactly(values)


@pytest.mark.parametrize("values", [["a", None], [1, 2], [[{"role": "user", "name": "x"}, {"role": "user"}]], [True]])
def test_values_of_one_type_are_a_column_of_it(values: list[Any]) -> None:
    column = examples_table([{"k": value} for value in values])["k"]
    assert exactly(column.to_list()) == exactly(values)


@given(st.lists(st.dictionaries(st.sampled_from("ab"), VALUE, max_size=2), min_size=1, max_size=4))
def test_no_value_is_lost_or_changed(rows: list[dict[str, Any]]) -> None:
    table = examples_table(rows)
    assert set(table.columns) == {key for row in rows for key in row}
    for column in table:
        told = exactly([row.get(column.name) for row in rows])
        assert exactly(column.to_list()) == told or exactly(from_text(column)) == told

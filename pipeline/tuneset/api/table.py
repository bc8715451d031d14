"""Examples as a data frame for looking at and handing on; the exact examples are the dicts that it is made from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from tuneset.reading.table_values import plain


def examples_table(examples: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """One row an example, one column for each key that any example has, null where an example lacks it.

    Lists and objects become nested columns. Where that would change a value (content that is text here and parts there,
    the parameters of tools) the whole column holds JSON text instead.

    >>> examples_table([{"a": 1}, {"a": 2, "b": [{"c": "x"}]}]).to_dicts()
    [{'a': 1, 'b': None}, {'a': 2, 'b': [{'c': 'x'}]}]
    >>> examples_table([{"a": 1}, {"a": "x"}])["a"].to_list()
    ['1', '"x"']
    """
    rows = list(examples)
    names = dict.fromkeys(key for row in rows for key in row)
    return pl.DataFrame([_column(name, [row.get(name) for row in rows]) for name in names])


def _column(name: str, values: list[Any]) -> pl.Series:
    try:
        column = pl.Series(name, values, strict=True)
        if _text(column.to_list()) == _text(values):
            return column
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        pass
    texts = (None if value is None else json.dumps(value, ensure_ascii=False) for value in values)
    return pl.Series(name, list(texts), pl.String)


def _text(values: list[Any]) -> str:
    """Something to compare by that tells 1 from 1.0 and true, but not a null from a key that is not there."""
    return json.dumps(plain(values), sort_keys=True)

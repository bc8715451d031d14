"""What a program hands over: paths, a data frame, a data set, or dicts; as files that the rest of Tuneset reads.

Rows that are no file are written as JSON lines into a temporary folder, one a line, so that row N is line N wherever a
row is named. Dicts are written as they are; a null in a table, which Arrow puts where a row has no value, is no key.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import numbers
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import narwhals as nw

from tuneset.errors import InputError, UsageError
from tuneset.reading.rows_file import Raw, RowsFile
from tuneset.reading.table_values import absent, plain
from tuneset.terms import NO_FILE

Data = Any
"""Paths (one or several), an eager data frame (polars, pandas, pyarrow or another that narwhals knows), what gives an
Arrow C stream, a Hugging Face Dataset, or dicts. A type for this cannot be written without loading those libraries."""

_TAKEN = "a path, paths, a data frame, a datasets.Dataset, or dicts"
_MISSING_TYPES = ("NAType", "NaTType")  # pandas' own words for a value that is not there


@contextlib.contextmanager
def raw_files(data: Data, *, missing_is_null: bool = False) -> Iterator[list[Raw]]:
    """Yield what is to be read; what was written for it goes at the end of the block.

    With `missing_is_null`, NaN and pandas' words for a missing cell are null in dicts, but not in their lists: messages
    stand there. It is for raw rows; lines that are to be judged must stay what a program would send.

    Raises UsageError for data of another kind, InputError for a row that JSON has no form for.
    """
    if isinstance(data, str | os.PathLike):
        yield [Path(data)]
        return
    rows: Iterable[Any] | None = _table_rows(data)
    if rows is None:
        first, rows = _first(data)
        if isinstance(first, str | os.PathLike):
            yield [_path(given) for given in rows]
            return
    with tempfile.TemporaryDirectory(prefix="tuneset-") as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("wb") as out:
            out.writelines(
                _line(row, number, missing_is_null=missing_is_null) for number, row in enumerate(rows, start=1)
            )
        yield [RowsFile(path, NO_FILE)]


def _table_rows(data: Data) -> Iterator[dict[str, Any]] | None:
    """The rows of a data frame or of a Dataset, without the keys that a row has no value for; None for other data."""
    if hasattr(data, "features") and hasattr(data, "with_format"):  # a Dataset; its format may turn values into tensors
        return map(_with_values, data.with_format(None))
    frame = nw.from_native(data, eager_only=True, allow_series=True, pass_through=True)
    if isinstance(frame, nw.Series):
        values = frame.to_list()
        if not all(isinstance(value, Mapping) for value in values):
            hint = "give the data frame that it is a column of"
            raise UsageError(f"data is a single column, a {type(data).__name__}", allowed=_TAKEN, hint=hint)
        return map(_with_values, values)
    if frame is data and hasattr(data, "__arrow_c_stream__"):  # record batches and their readers, results of databases
        frame = nw.from_arrow(data, backend="polars")
    if isinstance(frame, nw.DataFrame):
        return map(_with_values, frame.iter_rows(named=True))
    return None


def _with_values(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a table without what is not there.

    >>> _with_values({"question": "Why?", "answer": None, "rating": float("nan")})
    {'question': 'Why?'}
    """
    return {
        key: plain(value)
        for key, value in row.items()
        if not absent(value) and type(value).__name__ not in _MISSING_TYPES
    }


def _first(data: Data) -> tuple[object, Iterable[Any]]:
    """The first of several things, and all of them."""
    if isinstance(data, Mapping):
        raise UsageError(
            f"data is a single {type(data).__name__}", allowed=_TAKEN, hint="put a dict into a list; name one split"
        )
    if not isinstance(data, Iterable):
        hint = "collect a lazy frame first" if hasattr(data, "collect") else ""
        raise UsageError(f"data is of type {type(data).__name__}", allowed=_TAKEN, hint=hint)
    rest = iter(data)
    for first in rest:
        return first, itertools.chain([first], rest)
    raise InputError(f"{NO_FILE}: no row in the data")


def _path(given: object) -> Path:
    if not isinstance(given, str | os.PathLike):
        raise UsageError(f"data holds paths and a {type(given).__name__}", allowed=_TAKEN)
    return Path(given)


def _with_nulls(value: object) -> object:
    """A value of a dict, null for a missing cell; lists are as they are.

    >>> _with_nulls({"question": "Why?", "meta": {"rating": float("nan")}, "parts": [float("inf")]})
    {'question': 'Why?', 'meta': {'rating': None}, 'parts': [inf]}
    """
    if isinstance(value, dict):
        return {key: _with_nulls(inner) for key, inner in value.items()}
    if type(value).__name__ in _MISSING_TYPES:
        return None
    return None if isinstance(value, numbers.Real) and math.isnan(value) else value


def _line(row: object, number: int, *, missing_is_null: bool) -> bytes:
    """A row as a line of JSON. What JSON readers refuse, such as NaN, is written too: it is for them to tell."""
    if not isinstance(row, Mapping):
        raise InputError(f"{NO_FILE}:{number}: is of type {type(row).__name__}", allowed="a dict")
    try:
        written = _with_nulls(dict(row)) if missing_is_null else dict(row)
        text = json.dumps(written, ensure_ascii=False, separators=(",", ":"), default=_default)
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can write and UTF-8 cannot
        return json.dumps(written, separators=(",", ":"), default=_default).encode() + b"\n"
    except RecursionError:
        raise InputError(f"{NO_FILE}:{number}: is nested too deeply") from None
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{NO_FILE}:{number}: {error}", allowed="text, numbers, booleans, None, and lists and dicts of them"
        ) from None


def _default(value: object) -> object:
    """What `json` does not know: dates and numbers of other kinds, and whatever numpy holds."""
    to_list = getattr(value, "tolist", None)
    known = to_list() if callable(to_list) else plain(value)
    return _refuse(value) if known is value else known


def _refuse(value: object) -> NoReturn:
    raise TypeError(f"a value of type {type(value).__name__} has no form in JSON")

"""Values of tables as JSON has them, whether they come out of a Parquet file or out of a data frame.

Arrow gives every row every key and fills the absent ones with null, so a null is read as an absent key, in nested
values too. NaN, which data frames write for a missing number, is read the same way.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math

from tuneset.json_text import JsonValue


def absent(value: object) -> bool:
    """Whether a value stands for a key that is not there."""
    return value is None or (type(value) is float and not math.isfinite(value))


def plain(value: object) -> JsonValue:
    """A value as JSON has it; one that it has no place for is given back as it is.

    Raises UnicodeDecodeError for bytes that are not UTF-8.

    >>> plain({"a": [b"x", None], "b": None, "c": dt.date(2026, 1, 2)})
    {'a': ['x', None], 'c': '2026-01-02'}
    """
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if not absent(inner)}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta | decimal.Decimal):
        return str(value)
    return value

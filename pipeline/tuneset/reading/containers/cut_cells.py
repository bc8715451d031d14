"""Cells of tables that are exactly as long as Excel lets a cell be: what was longer, it has cut without a word.

A text may have that length by itself, so that such a row is kept and told. Files that are no tables are not asked.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tuneset.metric_names import metric_name

EXCEL_CELL = 32_767
"""UTF-16 units in a cell of Excel. Source: Excel specifications and limits, Microsoft Support, November 2026."""
_TABLE = re.compile(r"\.(?:csv|tsv|tab|xls[xmb]?|ods)\b", re.IGNORECASE)


def counts(rows: Iterable[Mapping[str, Any]], source: str) -> dict[str, int]:
    """In how many rows of a table each column holds such a cell, as metrics `cut_cells:["SOURCE","COLUMN"]`.

    >>> counts([{"a": "x" * 32_767, "b": "x"}], "a.csv"), counts([{"a": "x" * 32_767}], "a.jsonl")
    ({'cut_cells:["a.csv","a"]': 1}, {})
    """
    if not _TABLE.search(source):
        return {}
    found = collections.Counter(name for row in rows for name, value in row.items() if _is_full(value))
    return {metric_name("cut_cells", source, name): count for name, count in sorted(found.items())}


def _is_full(value: Any) -> bool:  # noqa: ANN401  any value of a cell
    """Whether a text has that length: a character beyond U+FFFF counts twice.

    >>> _is_full("x" * 32_767), _is_full("😀" * 16_383 + "x"), _is_full("x" * 32_768), _is_full(None)
    (True, True, False, False)
    """
    if type(value) is not str or not EXCEL_CELL // 2 < len(value) <= EXCEL_CELL:
        return False
    return len(value.encode("utf-16-le", "surrogatepass")) == 2 * EXCEL_CELL

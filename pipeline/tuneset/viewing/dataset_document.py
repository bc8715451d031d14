"""All that is looked at as one document: how many rows of what, and what can be asked for."""

from __future__ import annotations

from typing import Any

import polars as pl

from tuneset import __version__
from tuneset.reporting.row_story import code_name
from tuneset.viewing.facts import FLAGS
from tuneset.viewing.filters import MARKS, ORDERS
from tuneset.viewing.marks import Marks
from tuneset.viewing.one_row import RowJudge
from tuneset.viewing.rows import Rows

_MOST_LISTED = 200
"""Sources and codes that a page offers to choose from."""


def dataset_document(rows: Rows, marks: Marks, judge: RowJudge) -> dict[str, Any]:
    """The document; sources and codes with most rows first."""
    frame = rows.frame
    dropped = frame.filter(pl.col("code").is_not_null()).group_by("stage", "code").len().sort("len", descending=True)
    by_source = _counted(frame["source"])
    shapes = sorted({shape for of in rows.shapes.values() for shape in of})
    return {
        "schema_version": 1,
        "version": __version__,
        "title": rows.title,
        "rows": len(rows),
        "sides": _counted(frame["side"]),
        "sources": [{"name": rows.sources[n], "rows": by_source[n]} for n in list(by_source)[:_MOST_LISTED]],
        "codes": [
            {"stage": stage, "code": code, "name": code_name(code), "rows": count}
            for stage, code, count in dropped.cast({"stage": pl.String, "code": pl.String}).iter_rows()
        ][:_MOST_LISTED],
        "shapes": shapes,
        "holds": list(FLAGS),
        "orders": list(ORDERS),
        "marked": list(MARKS),
        "tags": marks.tags(),
        "marks": marks.counts(),
        "review_file": str(marks.path),
        "by": marks.by,
        "has_ledger": rows.ledger is not None,
        "encoding": judge.target.encoding,
        "masked": judge.target.place is not None,
    }


def _counted(column: pl.Series) -> dict[Any, int]:
    counted = column.value_counts(sort=True)
    return dict(zip(counted[column.name].to_list(), counted["count"].to_list(), strict=True))

"""`tuneset.explain`: what became of one raw row, and why."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from tuneset import artifacts, ledger
from tuneset.api.prepare import Prepared
from tuneset.reporting import row_story
from tuneset.unused_columns import of_source


@dataclasses.dataclass(frozen=True, eq=False)
class Explanation:
    """The story of the examples that begin on one line; its text is what `tuneset explain` prints.

    Args:
        rows: their rows of the ledger, in the order in which they stand on the line.
        ledger: the whole ledger, where the representatives of duplicates are.
        unused_columns: columns of their file with text that is in no example, and in how many rows.
    """

    rows: pl.DataFrame
    ledger: pl.DataFrame
    unused_columns: Mapping[str, int]

    @property
    def kept(self) -> bool:
        """Whether all of them are in the dataset."""
        return bool((self.rows["outcome"] != "dropped").all())

    def __str__(self) -> str:
        return row_story.text(self.rows, self.ledger, self.unused_columns)


def explain(place: str, dataset: Prepared | str | os.PathLike[str]) -> Explanation:
    """Tell what became of a raw row, as `tuneset explain` does.

    Args:
        place: `FILE:LINE`, the file as the ledger names it or the end of its path; `rows:LINE` for rows of a program.
        dataset: what `prepare` gave, or the folder that it wrote.

    Raises UsageError where the ledger knows no such file or line, InputError where there is no ledger.
    """
    source, line = ledger.parse_place(place)
    table = dataset.ledger if isinstance(dataset, Prepared) else ledger.read(Path(dataset) / "ledger.parquet")
    rows = ledger.rows_at(table, source, line)
    document = dataset.metrics if isinstance(dataset, Prepared) else _metrics(Path(dataset) / "metrics.json")
    return Explanation(rows, table, of_source(document, rows["source"][0]))


def _metrics(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = artifacts.read_json(path) if path.is_file() else {}
    return found

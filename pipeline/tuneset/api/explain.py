"""`tuneset.explain`: what became of one raw row, and why."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from tuneset import artifacts, ledger
from tuneset.api.prepare import Prepared
from tuneset.execution.accounts.report_tables import trace_entries
from tuneset.execution.row_again import RowAgain, read_again, single_turn
from tuneset.reporting import row_story
from tuneset.source_counts import unused_of

_SIDES = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True, eq=False)
class Explanation:
    """The story of the examples at one place; its text is what `tuneset explain` prints.

    Args:
        rows: their rows of the ledger, in the order in which they stand on the line.
        ledger: the whole ledger, where the representatives of duplicates are.
        unused_columns: columns of their file with text that is in no example, and in how many rows.
        manifest: that of the run, by whose params the rows are cleaned again; empty where there is none.
        folder: where the written files lie.
    """

    rows: pl.DataFrame
    ledger: pl.DataFrame
    unused_columns: Mapping[str, int]
    manifest: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    folder: Path | None = None

    @property
    def kept(self) -> bool:
        """Whether all of them are in the dataset."""
        return bool((self.rows["outcome"] != "dropped").all())

    @property
    def changes(self) -> list[dict[str, int] | None]:
        """For each row how often each step changed it, by its metric's name; None where the raw row is not at hand.

        At most the first rows of a line are looked at again, those that the text shows.
        """
        return [None if again is None else dict(again.counts) for again in self._again]

    def texts(self) -> str:
        """What each step changed, text before and after, with placeholders in the place of private data."""
        looked = [again for again in self._again if again is not None]
        found = [entry for again in looked for entry in trace_entries(again.texts)]
        if found:
            return "".join(found).strip("\n")
        if not looked:
            return "the texts are not at hand: the raw file is not where the run read it"
        if any(name.startswith("private.") for again in looked for name in again.counts):
            return "no text was changed but for private data, which is a placeholder here before and after"
        return "no text was changed"

    @functools.cached_property
    def _again(self) -> list[RowAgain | None]:
        return [
            read_again(row["source"], row["line"], row["item"], self.manifest, gave_example=row["stage"] != "ingest")
            for row in self.rows.head(row_story.SHOWN_ITEMS).iter_rows(named=True)
        ]

    def _is_as_written(self) -> list[bool]:
        """Whether each row comes to the very line that was written, where both are at hand; a wrong guess is none."""
        told = []
        for again, row in zip(self._again, self.rows.iter_rows(named=True), strict=False):
            path = None if self.folder is None else self.folder / f"{row['outcome']}.jsonl"
            known = again is not None and again.line is not None and path is not None and row["written_line"]
            if not known or path is None or again is None or not path.is_file():
                told.append(True)
                continue
            with path.open("rb") as handle:
                written = next((line for number, line in enumerate(handle, 1) if number == row["written_line"]), b"")
            line = single_turn(again.line or b"", row["answer"])
            told.append(written.rstrip(b"\n") == line.rstrip(b"\n"))
        return told

    def document(self) -> dict[str, Any]:
        """What `tuneset explain --output json` prints."""
        again = [*self._again, *([None] * self.rows.height)]
        rows = [
            {
                **row,
                "changes": None if found is None else dict(found.counts),
                **({} if found is None or not found.taught else {"answered_by": found.taught}),
            }
            for row, found in zip(self.rows.to_dicts(), again, strict=False)
        ]
        return {"schema_version": 1, "rows": rows, "unused_columns": dict(self.unused_columns)}

    def __str__(self) -> str:
        taught = [again.taught if again is not None else "" for again in self._again]
        as_written = self._is_as_written()
        return row_story.text(self.rows, self.ledger, self.unused_columns, self.changes, as_written, taught)


def explain(place: str, dataset: Prepared | str | os.PathLike[str]) -> Explanation:
    """Tell what became of a raw row, as `tuneset explain` does.

    Args:
        place: `FILE:LINE`, the file as the ledger names it or the end of its path; `FILE:LINE:EXAMPLE` where a line
            holds several; `rows:LINE` for rows of a program; `train.jsonl:LINE` for a line that was written.
        dataset: what `prepare` gave, or the folder that it wrote.

    Raises UsageError where the ledger knows no such file, line or example, InputError where there is no ledger.
    """
    parsed = ledger.parse_place(place)
    folder = dataset.folder if isinstance(dataset, Prepared) else Path(dataset)
    table = dataset.ledger if isinstance(dataset, Prepared) else ledger.read(_ledger(folder))
    document = dataset.metrics if isinstance(dataset, Prepared) else _json(folder / "metrics.json")
    written = _written(folder)
    side = _side(parsed.source, table, written)
    rows = ledger.rows_at(table, parsed) if side is None else ledger.row_written_at(table, side, parsed.line)
    manifest = _json(folder / "manifest.json")
    return Explanation(rows, table, unused_of(document, rows["source"][0]), manifest, written)


def _ledger(folder: Path) -> Path:
    return folder / "ledger.parquet" if folder.is_dir() or not folder.exists() else folder


def _written(folder: Path) -> Path:
    """Where the written files lie: beside the reports, or as the stages put them."""
    beside = folder.parent / "dataset"
    return beside if not (folder / "train.jsonl").is_file() and (beside / "train.jsonl").is_file() else folder


def _side(source: str, table: pl.DataFrame, written: Path) -> str | None:
    """The side whose written file is meant; None for a raw file, which goes before a written one of the same name."""
    name = Path(source).name
    side = name.removesuffix(".jsonl")
    if side not in _SIDES or name == side:
        return None
    is_that_file = Path(source).resolve() == (written / name).resolve()
    return side if is_that_file or not ledger.knows(table, source) else None


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = artifacts.read_json(path) if path.is_file() else {}
    return found

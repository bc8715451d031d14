"""The rows that are looked at: one frame of small columns, and the files in which their lines stand.

A row is a line of the ledger where there is one, else a line of a file. Texts stay on disk (`line_file`). How a folder
or a file becomes rows is said in `open_rows`, which rows are asked for in `filters`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import polars as pl

from tuneset.json_text import loads
from tuneset.viewing.line_file import LineFile

_SMALL_WORDS = pl.Categorical(pl.Categories("sides and stages", "tuneset.viewing", pl.UInt8))
_CODES = pl.Categorical(pl.Categories("codes", "tuneset.viewing", pl.UInt16))
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.UInt64,  # the row id as a number
    "source": pl.UInt32,  # place among `Rows.sources`
    "line": pl.Int64,  # physical line in the source, from 1
    "item": pl.Int32,  # which example of the line, from 0
    "side": _SMALL_WORDS,  # train, validation, test or dropped; `row` where nothing was divided
    "stage": _SMALL_WORDS,  # that dropped it; null where it was not
    "code": _CODES,  # why; null where it was not
    "tokens": pl.Int32,  # null where nobody counted
    "trained_tokens": pl.Int32,
    "kept_id": pl.UInt64,  # the representative of a duplicate
    "file": pl.Int16,  # place among `Rows.files`; -1 where the text is not at hand
    "at": pl.Int64,  # its line there, from 0
}
ROWS_SCHEMA = pl.Schema(_COLUMNS)
NO_FILE = -1


@dataclasses.dataclass
class Rows:
    """All rows of what is looked at.

    Args:
        title: what it is called.
        frame: a row each, as ROWS_SCHEMA, in the order of sources and lines.
        sources: the names of raw files.
        files: where lines stand.
        folder: of the dataset, beside whose files the marks lie.
        ledger: the path of the ledger; None where there is none.
        manifest: of the run; empty where there is none.
        shapes: of each source the shapes of its rows, where it is known.
    """

    title: str
    frame: pl.DataFrame
    sources: Sequence[str]
    files: list[LineFile]
    folder: Path
    ledger: Path | None = None
    manifest: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    shapes: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self._file = self.frame["file"].to_numpy()
        self._at = self.frame["at"].to_numpy()
        self.attached = 0
        """How often texts have come that were not at hand: what was found by texts before that is not the whole."""
        self._by_id: tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return self.frame.height

    def close(self) -> None:
        """Close the files."""
        for file in self.files:
            file.close()

    def attach(self, file: LineFile, rows: npt.NDArray[np.int64]) -> None:
        """Take a further file, whose lines are those of these rows, which had no text."""
        places, numbers = self._at.copy(), self._file.copy()
        places[rows], numbers[rows] = np.arange(len(rows)), len(self.files)
        self.files.append(file)
        self._at = places  # before the file's number: who reads meanwhile finds no text, or the right one
        self._file = numbers
        self.attached += 1

    def lines(self, rows: npt.NDArray[np.int64]) -> list[bytes]:
        """The lines of rows; empty where the text is not at hand."""
        found: list[bytes] = [b""] * len(rows)
        files = self._file[rows]
        for number, file in enumerate(self.files):
            here = np.flatnonzero(files == number)
            if len(here):
                for place, line in zip(here.tolist(), file.read(self._at[rows[here]]), strict=True):
                    found[place] = line
        return found

    def suspects(self, rows: npt.NDArray[np.int64], needle: bytes) -> npt.NDArray[np.bool_]:
        """Which rows may hold a text, as `LineFile.suspects` says; none whose text is not at hand."""
        found = np.zeros(len(rows), np.bool_)
        files = self._file[rows]
        for number, file in enumerate(self.files):
            here = np.flatnonzero(files == number)
            if len(here):
                found[here] = file.suspects(self._at[rows[here]], needle)
        return found

    def has_text(self) -> npt.NDArray[np.bool_]:
        """Which rows have their text at hand."""
        return np.asarray(self._file != NO_FILE)

    def row_of(self, row_id: int) -> int | None:
        """The row of an id; None where there is none."""
        if self._by_id is None:
            ids = self.frame["id"].to_numpy()
            order = np.argsort(ids, kind="stable")
            self._by_id = ids[order], order
        ids, order = self._by_id
        place = int(np.searchsorted(ids, np.uint64(row_id)))
        return int(order[place]) if place < len(ids) and int(ids[place]) == row_id else None

    def source(self, row: int) -> str:
        """The raw file of a row."""
        return self.sources[int(self.frame["source"][row])]

    def row_id(self, row: int) -> str:
        """The id of a row, 16 hex digits."""
        return f"{self.frame['id'][row]:016x}"


def roughly(line: bytes) -> Any:  # noqa: ANN401  any JSON value
    """The value of a line, with integers beyond 64 bits rounded: for what looks at texts alone, in half the time."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def parsed(line: bytes) -> Any:  # noqa: ANN401  any JSON value
    """The value of a line; None where it is none, or no JSON."""
    try:
        return loads(line) if line else None
    except (orjson.JSONDecodeError, ValueError, RecursionError):
        return None

"""`tuneset.prepare`: raw data to a dataset, in one call."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import polars as pl

from tuneset import ledger
from tuneset.api.data import Data, raw_files
from tuneset.api.settings import GivenParams, as_params
from tuneset.api.table import examples_table
from tuneset.errors import UsageError
from tuneset.execution import fused_run
from tuneset.execution.progress import Progress, no_progress
from tuneset.execution.stores.location import location
from tuneset.reporting.report.write import write
from tuneset.stages.gate import Gate

Side = Literal["train", "validation", "test"]
_FILES = ("ledger.parquet", "metrics.json", "manifest.json", "gate.json", "report.html")


@dataclasses.dataclass(frozen=True, eq=False)
class Prepared:
    """A dataset that was made, and the account of how.

    Args:
        folder: where its files lie. Without `out` this is a temporary folder, which goes with this object.
        metrics: the document of `metrics.json`.
        gates: every threshold, and how the data stands to it.
    """

    folder: Path
    metrics: dict[str, Any] = dataclasses.field(repr=False)
    gates: tuple[Gate, ...] = dataclasses.field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether every gate held; what `tuneset prepare` ends with 0 or 1 for."""
        return all(gate.passed for gate in self.gates)

    @property
    def paths(self) -> dict[str, Path]:
        """The files by name: `train`, `validation`, `ledger`, `metrics` ...; `test` only where there is such a set."""
        found = [self.folder / f"{side}.jsonl" for side in ("train", "validation", "test")]
        found += [self.folder / name for name in _FILES]
        return {path.stem: path for path in found if path.is_file()}

    @functools.cached_property
    def train(self) -> pl.DataFrame:
        """The training examples, one row each; see `examples_table` for the columns."""
        return examples_table(self.examples("train"))

    @functools.cached_property
    def validation(self) -> pl.DataFrame:
        """The validation examples, as `train`."""
        return examples_table(self.examples("validation"))

    @functools.cached_property
    def ledger(self) -> pl.DataFrame:
        """What became of every raw row; `tuneset.ledger.LEDGER_SCHEMA` has the columns."""
        return ledger.read(self.folder / "ledger.parquet")

    def examples(self, side: Side) -> Iterator[dict[str, Any]]:
        """Yield the examples of one side exactly as they are written, in the order of the file."""
        path = self.paths.get(side)
        if path is None:
            return
        with path.open("rb") as handle:
            for line in handle:
                yield json.loads(line)  # keeps every digit of long integers


def prepare(
    data: Data,
    out: str | os.PathLike[str] | None = None,
    params: GivenParams = None,
    *,
    progress: Progress | None = None,
) -> Prepared:
    """Turn raw data into a dataset with an account of every row, as `tuneset prepare` does.

    Args:
        data: paths of files or folders, a data frame, a datasets.Dataset, or dicts. Rows that are no file are the
            source `rows`, and their lines count from 1.
        out: where the files go; by default a temporary folder that goes with the result.
        params: as in params.yaml, such as `{"split": {"validation": 0.2}}`, or a path; by default the defaults.
        progress: called with what runs, how many shards are done, and how many there are.

    Raises UsageError for wrong params or data of another kind, InputError for what cannot be read, CheckFailedError
    where `tokenize.over_length: error` finds a row. A gate that does not hold is no error: `passed` says so.
    """
    settings = as_params(params)
    with raw_files(data, missing_is_null=True) as raw:
        folder = location(os.fspath(out)) if out is not None else Path(tempfile.mkdtemp(prefix="tuneset-"))
        if not isinstance(folder, Path):
            raise UsageError(
                f"{folder}: lies in a store",
                allowed="a local folder",
                hint=f"run `tuneset prepare RAW... --out {folder}`",
            )
        try:
            given = [location(one) if isinstance(one, Path) else one for one in raw]
            done = fused_run.prepare(given, folder, settings, progress or no_progress)
        except BaseException:
            if out is None:
                shutil.rmtree(folder, ignore_errors=True)
            raise
    write(folder)
    prepared = Prepared(folder, done.metrics, tuple(done.gates))
    if out is None:
        weakref.finalize(prepared, shutil.rmtree, folder, ignore_errors=True)
    return prepared

"""One export: has a format write its files, and keeps the account of every line. It knows no format.

Into the folder go the format's files, `ledger.parquet` (what became of each line) and, written last, `manifest.json`,
which ties all of it to the dataset's files by their sha256. What an earlier export left there and this one does not
write is removed; nothing else is touched.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tuneset import __version__, artifacts
from tuneset.errors import DefectError, UsageError
from tuneset.writing.exporter import Dataset, Exporter, LineOutcome

MANIFEST, LEDGER = "manifest.json", "ledger.parquet"
LEDGER_SCHEMA = pl.Schema(
    {
        "side": pl.String,  # train, validation or test
        "line": pl.Int64,  # physical line of the dataset's file, from 1
        "rows": pl.Int64,  # rows that were written for it; 0 where it was left out
        "code": pl.String,  # why it was left out; null where it was not
        "detail": pl.String,
    }
)
_LEDGER_ROWS = 1 << 16
"""Rows of the ledger that are held as Python objects; the columns that they become are small."""


def export(dataset: Dataset, exporter: Exporter, out: Path) -> dict[str, Any]:
    """Write a dataset in another format into the folder `out`; gives what `manifest.json` says.

    Raises UsageError where `out` is the folder of a dataset, InputError for a line that is no JSON object.
    """
    if out.resolve() == dataset.folder.resolve():
        raise UsageError(f"--out {out}: is the dataset's own folder", hint="name another one")
    sources = {dataset.path(side).name: dataset.sums(side) for side in dataset.sides}
    earlier = _files_of(out)
    (out / MANIFEST).unlink(missing_ok=True)
    counts: Counter[tuple[str, str | None]] = Counter()
    with artifacts.replacing(out / LEDGER) as temporary:
        written = _write_ledger(_counted(exporter.write(dataset, out), counts), temporary)
    for side in dataset.sides:
        told = sum(count for (of, _), count in counts.items() if of == side)
        if told != sources[dataset.path(side).name]["examples"]:
            raise DefectError(f"export {exporter.name}: tells of {told} lines of {dataset.path(side).name}")
    names = exporter.files(dataset.sides)
    for name in earlier.difference(names):
        (out / name).unlink(missing_ok=True)
    left_out: Counter[str] = Counter()
    for (_, code), count in counts.items():
        left_out.update({code: count} if code else {})
    manifest = {
        "schema_version": 1,
        "flavour": exporter.name,
        "dataset": sources,
        "files": {
            name: {"sha256": artifacts.sha256_file(out / name), "bytes": (out / name).stat().st_size} for name in names
        },
        "lines": {
            "read": counts.total(),
            "exported": counts.total() - left_out.total(),
            "left_out": dict(sorted(left_out.items())),
        },
        "rows": written,
        "versions": {"tuneset": __version__},
    }
    artifacts.write_json(out / MANIFEST, manifest)
    return manifest


def _counted(outcomes: Iterator[LineOutcome], counts: Counter[tuple[str, str | None]]) -> Iterator[LineOutcome]:
    for outcome in outcomes:
        if bool(outcome.rows) == bool(outcome.code):
            raise DefectError(f"{outcome.side}.jsonl:{outcome.line}: an export leaves a line out without a reason")
        counts[outcome.side, outcome.code] += 1
        yield outcome


def _write_ledger(outcomes: Iterator[LineOutcome], path: Path) -> int:
    """Write the ledger; gives how many rows the export has written."""
    rows = 0
    pieces: list[pl.DataFrame] = []
    while piece := list(itertools.islice(outcomes, _LEDGER_ROWS)):
        rows += sum(outcome.rows for outcome in piece)
        pieces.append(_frame(piece))
    pl.concat(pieces or [_frame([])]).write_parquet(path, compression="zstd")
    return rows


def _frame(outcomes: Sequence[LineOutcome]) -> pl.DataFrame:
    return pl.DataFrame([tuple(outcome) for outcome in outcomes], schema=LEDGER_SCHEMA, orient="row")


def _files_of(out: Path) -> set[str]:
    """The files that an earlier export left in the folder; names that lead out of it are not among them."""
    if not (out / MANIFEST).is_file():
        return set()
    found = artifacts.read_json(out / MANIFEST)
    if not isinstance(found, dict) or "flavour" not in found:
        raise UsageError(f"{out / MANIFEST}: is not the manifest of an export", hint="name another folder")
    return {name for name in found.get("files", {}) if (out / name).resolve().is_relative_to(out.resolve())}

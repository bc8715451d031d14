"""One export: has a format write its files, and keeps the account of every line. It knows no format.

Into the folder go the format's files, `ledger.parquet` (what became of each line) and, written last, `manifest.json`,
which ties all of it to the dataset's files by their sha256. What an earlier export left there and this one does not
write is removed; a folder that holds anything else is refused.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tuneset import __version__, artifacts
from tuneset.errors import DefectError, UsageError
from tuneset.writing.exporter import Dataset, Exporter, LineOutcome, Order, OutFolder

MANIFEST, LEDGER = "manifest.json", "ledger.parquet"
WORK = ".work"
"""Below the export's folder; it is there while an export is at work."""
_LEDGER: dict[str, pl.DataType | type[pl.DataType]] = {
    "side": pl.String,  # train, validation or test
    "line": pl.Int64,  # physical line of the dataset's file, from 1
    "rows": pl.Int64,  # rows that were written for it; 0 where it was left out
    "first_row": pl.Int64,  # the first of them among the rows of its side, from 1; null where it was left out
    "code": pl.String,  # why it was left out; null where it was not
    "detail": pl.String,
    "changes": pl.List(pl.String),  # codes of what its rows say otherwise
}
LEDGER_SCHEMA = pl.Schema(_LEDGER)
_LEDGER_ROWS = 1 << 16
"""Rows of the ledger that are held as Python objects; the columns that they become are small."""


@dataclasses.dataclass
class _Counts:
    """What became of the lines, counted."""

    lines: Counter[tuple[str, str | None]] = dataclasses.field(default_factory=Counter)
    changes: Counter[str] = dataclasses.field(default_factory=Counter)
    rows: Counter[str] = dataclasses.field(default_factory=Counter)

    def add(self, outcome: LineOutcome) -> None:
        self.lines[outcome.side, outcome.code] += 1
        self.changes.update(outcome.changes)
        self.rows[outcome.side] += outcome.rows

    def of(self, side: str) -> int:
        """How many lines of a side were told of."""
        return sum(count for (of, _), count in self.lines.items() if of == side)

    @property
    def left_out(self) -> dict[str, int]:
        codes: Counter[str] = Counter()
        for (_, code), count in self.lines.items():
            codes.update({code: count} if code else {})
        return dict(sorted(codes.items()))


def export(dataset: Dataset, exporter: Exporter, out: Path, order: Order) -> dict[str, Any]:
    """Write a dataset in another format into the folder `out`; gives what `manifest.json` says.

    Raises UsageError where `out` is the folder of a dataset or holds what no export wrote, and where the format has no
    form for lines of this kind or needs a target; InputError for a line that is no JSON object.
    """
    earlier = _files_of(dataset, out)
    _check_order(dataset, exporter, order)
    sources = {dataset.path(side).name: dataset.sums(side) for side in dataset.sides}
    counts = _Counts()
    names: list[str] = []

    def note() -> None:
        """Keep a manifest of what is there, so that the next export knows it as ours if this one is killed."""
        begun = {
            "flavour": exporter.name,
            "finished": False,
            "files": {name: {} for name in sorted(earlier.union(names))},
        }
        artifacts.write_json(out / MANIFEST, begun)

    try:
        with artifacts.replacing(out / LEDGER) as temporary:
            outcomes = exporter.write(dataset, OutFolder(out, names, note), order)
            _write_ledger(_counted(outcomes, counts), temporary)
        _check_told(exporter.name, {dataset.path(side).name: counts.of(side) for side in dataset.sides}, sources)
    except BaseException:
        for name in (*earlier.union(names), MANIFEST, LEDGER) if names else ():  # an earlier export is whole, or gone
            (out / name).unlink(missing_ok=True)
        raise
    for name in earlier.difference(names):
        (out / name).unlink(missing_ok=True)
    manifest = {
        "schema_version": 1,
        "flavour": exporter.name,
        "finished": True,
        "method": dataset.survey.method,
        "dataset": sources,
        "files": {
            name: {"sha256": artifacts.sha256_file(out / name), "bytes": (out / name).stat().st_size}
            for name in sorted(names)
        },
        "lines": {
            "read": counts.lines.total(),
            "exported": counts.lines.total() - sum(counts.left_out.values()),
            "left_out": counts.left_out,
            "changed": dict(sorted(counts.changes.items())),
        },
        "rows": counts.rows.total(),
        "recipe": dataclasses.asdict(order.recipe),
        "target": order.target.name if order.target else None,
        "max_length": order.max_length,
        **({"unstable": "split"} if order.split_unstable else {}),
        "versions": {"tuneset": __version__},
    }
    artifacts.write_json(out / MANIFEST, manifest)
    return manifest


def _check_order(dataset: Dataset, exporter: Exporter, order: Order) -> None:
    if exporter.needs_target and order.target is None:
        raise UsageError(
            f"--to {exporter.name}: holds tokens, and so needs to know the model", hint="name it with --target"
        )
    if order.split_unstable and order.target is None:
        raise UsageError("--unstable split: a template says what is unstable", hint="name the model with --target")
    if order.split_unstable and exporter.name == "openai":
        raise UsageError("--to openai: writes the lines as they stand, and splits none", hint="choose another format")
    method = dataset.survey.method
    if method is not None and method not in exporter.methods:
        raise UsageError(
            f"--to {exporter.name}: has no form for lines of the format {method}",
            allowed=", ".join(sorted(exporter.methods)),
        )


def _check_told(flavour: str, told: dict[str, int], sources: dict[str, dict[str, Any]]) -> None:
    """Assert that a format has told of every line."""
    for name, count in told.items():
        if count != sources[name]["examples"]:
            raise DefectError(f"export {flavour}: tells of {count} lines of {name}")


def _counted(outcomes: Iterator[LineOutcome], counts: _Counts) -> Iterator[LineOutcome]:
    for outcome in outcomes:
        if bool(outcome.rows) == bool(outcome.code):
            raise DefectError(f"{outcome.side}.jsonl:{outcome.line}: an export leaves a line out without a reason")
        counts.add(outcome)
        yield outcome


def _write_ledger(outcomes: Iterator[LineOutcome], path: Path) -> None:
    pieces: list[pl.DataFrame] = []
    written: Counter[str] = Counter()
    while piece := list(itertools.islice(outcomes, _LEDGER_ROWS)):
        pieces.append(_frame(piece, written))
    pl.concat(pieces or [_frame([], written)]).write_parquet(path, compression="zstd")


def _frame(outcomes: Sequence[LineOutcome], written: Counter[str]) -> pl.DataFrame:
    """Rows of the ledger; `written` holds how many rows each side has so far, and is kept up to date."""
    rows = []
    for outcome in outcomes:
        first = written[outcome.side] + 1 if outcome.rows else None
        written[outcome.side] += outcome.rows
        rows.append((*outcome[:3], first, *outcome[3:5], list(outcome.changes)))
    return pl.DataFrame(rows, schema=LEDGER_SCHEMA, orient="row")


def _files_of(dataset: Dataset, out: Path) -> set[str]:
    """The files that an earlier export left in the folder; names that lead out of it are not among them.

    Raises UsageError where the folder is not an export's.
    """
    if out.resolve() == dataset.folder.resolve():
        raise UsageError(f"--out {out}: is the dataset's own folder", hint="name another one")
    known: set[str] = set()
    if (out / MANIFEST).is_file():
        found = artifacts.read_json(out / MANIFEST)
        if not isinstance(found, dict) or "flavour" not in found:
            raise UsageError(f"{out / MANIFEST}: is not the manifest of an export", hint="name another folder")
        known = {name for name in found.get("files", {}) if (out / name).resolve().is_relative_to(out.resolve())}
    elif out.is_dir() and any(path.name not in (WORK, LEDGER) for path in out.iterdir()):
        raise UsageError(f"--out {out}: holds files that no export wrote", hint="name an empty folder, or a new one")
    return known

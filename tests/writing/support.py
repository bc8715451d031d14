"""Runs an export of lines in a folder of its own, and reads back what it wrote."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from tuneset.example_tables import to_examples
from tuneset.params import IngestParams
from tuneset.reading.containers.jsonl import parse_lines
from tuneset.stages.ingest import ingest
from tuneset.terms import Format
from tuneset.writing import registry
from tuneset.writing.export import export
from tuneset.writing.exporter import Dataset, Order

Line = dict[str, Any]
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where files cost no wait for a disk."""


def quiet(label: str, done: int, total: int) -> None:
    """No progress."""


def write_dataset(folder: Path, train: Iterable[Line], validation: Iterable[Line] | None = None) -> Dataset:
    """A dataset with these lines."""
    folder.mkdir(parents=True)
    for side, lines in (("train", train), ("validation", validation)):
        if lines is not None:
            (folder / f"{side}.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return Dataset(folder, quiet)


def exported(flavour: str, *lines: Line, order: Order | None = None) -> tuple[list[Line], pl.DataFrame, Line]:
    """The rows that a flavour writes for some lines, its ledger and its manifest."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        dataset = write_dataset(Path(name) / "a", lines)
        manifest = export(dataset, registry.exporter(flavour), Path(name) / "b", order or Order())
        rows = [orjson.loads(line) for line in (Path(name) / "b" / "train.jsonl").read_bytes().splitlines()]
        return rows, pl.read_parquet(Path(name) / "b" / "ledger.parquet"), manifest


def read_back(rows: Iterable[Line], line_format: Format = "sft") -> list[Line]:
    """What `prepare` reads of rows; no row may be rejected."""
    records = parse_lines(b"".join(orjson.dumps(row) + b"\n" for row in rows), 1)
    result = ingest(records, "train.jsonl", IngestParams(), line_format)
    assert result.rejects.is_empty(), result.rejects["detail"].to_list()
    return to_examples(result.tables)

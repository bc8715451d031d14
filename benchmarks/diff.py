"""`tuneset diff` of two made datasets: seconds, CPU seconds and peak memory; what it finds is held to what was done.

    python benchmarks/diff.py --rows 1000000
    python benchmarks/diff.py --rows 1000000 --changed 1.0     every row changed, the worst there is

Of every hundred rows of A one is missing in B, one is new, one is on the other side, and `--changed` of all have
another word at the end. All raw lines of B stand one line lower. Times on a shared machine are noisy: CPU seconds are
less so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import memory
import polars as pl
from rows import rows

from tuneset.ledger import LEDGER_SCHEMA

EVERY, NINTH = 100, 9  # one of a hundred is missing, new or moved; every ninth is for validation


class Line(NamedTuple):
    """One line of a set: its side, its bytes, the line of its raw row."""

    side: str
    data: bytes
    raw: int


def main() -> None:
    """Make both sets, run the command, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--changed", type=float, default=0.01, help="share of rows with another word")
    parser.add_argument("--folder", type=Path, default=None, help="make the sets here, or take them from here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if not (folder / "b" / "ledger.parquet").is_file():
            make(folder, options.rows, options.changed)
        size = sum(path.stat().st_size for path in folder.rglob("*.jsonl"))
        print(f"{options.rows:,} rows, {size / 1e6:,.0f} MB in both sets, {os.cpu_count()} cores", flush=True)
        command = [sys.executable, "-m", "tuneset", "diff", str(folder / "a"), str(folder / "b"), "--output", "json"]
        began, used = time.monotonic(), os.times()
        done = subprocess.run(command, check=True, capture_output=True)
        seconds, after = time.monotonic() - began, os.times()
        cpu = after.children_user + after.children_system - used.children_user - used.children_system
        found = json.loads(done.stdout)
        print(f"{seconds:.1f} s, {cpu:.1f} s of CPU; {found['rows']}")
        with memory.watched() as peak:
            subprocess.run(command, check=True, capture_output=True)
        print(f"peak memory of all processes, this one among them: {peak[0] / 1e6:,.0f} MB")


def make(folder: Path, count: int, changed: float) -> None:
    """Write both sets with their ledgers."""
    sets: dict[str, list[tuple[str, int]]] = {"a": [], "b": []}
    handles = {}
    for name in sets:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for side in ("train", "validation"):
            handles[name, side] = (folder / name / f"{side}.jsonl").open("wb")
    for number, data in enumerate(rows(count), start=1):
        for name, line in versions(number, data, changed):
            handles[name, line.side].write(line.data)
            sets[name].append((line.side, line.raw))
    for handle in handles.values():
        handle.close()
    for name, placed in sets.items():
        write_ledger(folder / name / "ledger.parquet", placed)


def versions(number: int, data: bytes, changed: float) -> Iterator[tuple[str, Line]]:
    """Yield what one row is in each set."""
    side = "validation" if number % NINTH == 0 else "train"
    place = number % EVERY
    if place != 1:  # else it is new in B
        yield "a", Line(side, data, number)
    if place == 2:  # else it is missing there
        return
    if place == 3:
        side = "train" if side == "validation" else "validation"
    if (number * 2654435761 % 2**32) / 2**32 < changed:
        data = data.replace(b'"}]}', b' (edited)"}]}')
    yield "b", Line(side, data, number + 1)


def write_ledger(path: Path, placed: list[tuple[str, int]]) -> None:
    """Write a ledger in which every row is kept."""
    frame = pl.DataFrame(placed, {"outcome": pl.String, "line": pl.Int64}, orient="row").with_columns(
        source=pl.lit("raw/rows.jsonl"),
        item=pl.lit(0, pl.Int64),
        written_line=pl.int_range(1, pl.len() + 1).over("outcome"),
        tokens=(pl.col("line") * 7919 % 400 + 50),
        stage=pl.lit("split"),
        row_id=pl.col("line").hash().cast(pl.String),
    )
    missing = [pl.lit(None, kind).alias(name) for name, kind in LEDGER_SCHEMA.items() if name not in frame.columns]
    frame.with_columns(missing).select(LEDGER_SCHEMA.names()).cast(LEDGER_SCHEMA).write_parquet(path)


if __name__ == "__main__":
    main()

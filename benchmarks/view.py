"""How long `tuneset view` takes to show a large dataset, and to find rows in it; the memory that it needs.

    python benchmarks/view.py --rows 1000000

Starts the command on a dataset of so many rows (`rows.py`; a tenth are dropped and stand in the ledger alone), asks for
the first screen as the page does, then for filters, and reads time and memory of that process from /proc. Shown are the
wait for the first rows, the wait for all, the processor's time until then, and the wait beside that of one plain pass
over the bytes of the files, which no search of texts can undercut by much on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from rows import rows

from tuneset.ledger import LEDGER_SCHEMA

FIRST_SCREEN_S, FILTER_S, MEMORY_MB = 2.0, 1.0, 300
"""What is aimed at for a million rows on two cores."""
SOURCES = ("raw/a.jsonl", "raw/b.jsonl", "raw/c.jsonl")
_ODD = 0x9E3779B97F4A7C15
"""Numbers times this are ids that look like hashes, each once."""
FILTERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("characters, read once", {"characters": "..300"}),
    ("side", {"side": "validation"}),
    ("source and code", {"source": SOURCES[1], "code": "DUP"}),
    ("tokens", {"tokens": "100..120"}),
    ("longest first", {"sort": "-tokens"}),
    ("a random sample", {"sample": "200", "seed": "7"}),
    ("a rare text", {"text": "asyncio.Semaphore"}),
    ("a text that is nowhere", {"text": "zqxjkv wvut"}),
    ("a common text", {"text": "return"}),
    ("a pattern with a word", {"regex": r"class \w+Error\b.+RuntimeError"}),
    ("a pattern without one", {"regex": r"[A-Z]{9}\d"}),
    ("roles", {"lacks": "system"}),
)


class Taken(NamedTuple):
    """Of one question: rows found, seconds to the first page and to all, seconds of the processor."""

    found: int
    first_s: float
    all_s: float
    cpu_s: float


def main() -> None:
    """Make the dataset, start the command, ask, print."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rows", type=int, default=100_000)
    given.add_argument("--folder", type=Path, help="keep the dataset here, and take it from here where it is there")
    chosen = given.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        if not (folder / "ledger.parquet").is_file():
            make(folder, chosen.rows)
        size = sum((folder / f"{side}.jsonl").stat().st_size for side in ("train", "validation"))
        measure(folder, chosen.rows, size)


def make(folder: Path, count: int) -> None:
    """Write a dataset as `prepare` leaves it: of ten rows eight for training, one for validation, one dropped."""
    folder.mkdir(parents=True, exist_ok=True)
    table: dict[str, list[Any]] = {name: [] for name in LEDGER_SCHEMA}
    written = {"train": 0, "validation": 0}
    with (folder / "train.jsonl").open("wb") as train, (folder / "validation.jsonl").open("wb") as validation:
        for number, line in enumerate(rows(count)):
            side = "dropped" if number % 10 == 9 else "validation" if number % 10 == 4 else "train"
            if side != "dropped":
                (train if side == "train" else validation).write(line)
                written[side] += 1
            is_dropped = side == "dropped"
            values = (
                SOURCES[number * len(SOURCES) // count], number + 1, f"{number * _ODD % 2**64:016x}", side,
                "dedup" if is_dropped else "split", "DUP001" if is_dropped else None, None,
                f"{(number - 1) * _ODD % 2**64:016x}" if is_dropped else None, 0,
                None if is_dropped else written[side], None if is_dropped else len(line) // 4, None, True, None, None,
            )  # fmt: skip
            for name, value in zip(LEDGER_SCHEMA, values, strict=True):
                table[name].append(value)
    pl.DataFrame(table, schema=LEDGER_SCHEMA).write_parquet(folder / "ledger.parquet", compression="zstd")


def measure(folder: Path, count: int, size: int) -> None:
    """Print one line a question."""
    plain = pass_over(folder)
    print(f"{count:,} rows, {size / 1e6:,.0f} MB; one plain pass over the bytes: {plain:.2f} s")
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "tuneset", "view", str(folder)], stderr=subprocess.PIPE, text=True, cwd=folder
    )
    assert process.stderr is not None
    try:
        base = next(line.split()[2] for line in process.stderr if line.startswith("look at"))
        for path in ("", "base.js", "app.js", "base.css", "app.css", "api/dataset"):
            fetch(base + path)
        first = json.loads(fetch(base + "api/rows"))
        screen = time.perf_counter() - started
        told = "" if screen < FIRST_SCREEN_S else f"   more than {FIRST_SCREEN_S:.0f} s"
        print(f"first screen, from the start of the process: {screen:.2f} s, {cpu(process.pid):.2f} s of CPU{told}")
        assert first["total"] == count
        print(f"{'filter':<26}{'rows':>10}{'first':>9}{'all':>9}{'CPU':>9}{'of a pass':>11}")
        for name, asked in (*FILTERS, *(("again: " + name, asked | {"seed": "1"}) for name, asked in FILTERS[6:8])):
            one = ask(base, asked, process.pid)
            told = "" if one.first_s < FILTER_S else f"   more than {FILTER_S:.0f} s"
            print(
                f"{name:<26}{one.found:>10,}{one.first_s:>7.2f} s{one.all_s:>7.2f} s{one.cpu_s:>7.2f} s"
                f"{one.all_s / plain:>10.1f}x{told}"
            )
        peak = memory(process.pid)
        told = "" if peak < MEMORY_MB else f"   more than {MEMORY_MB} MB"
        print(f"most memory: {peak:,.0f} MB{told}")
    finally:
        process.terminate()
        process.wait()


def pass_over(folder: Path) -> float:
    """Seconds that one pass over the bytes of the files takes, looking for a byte that is not there."""
    started = time.perf_counter()
    for side in ("train", "validation"):
        with (folder / f"{side}.jsonl").open("rb", buffering=0) as handle:
            while piece := handle.read(4 << 20):
                assert piece.find(b"\0") < 0
    return time.perf_counter() - started


def ask(base: str, asked: dict[str, str], pid: int) -> Taken:
    """Ask as the page does: for the first rows, then again until all are found."""
    address = f"{base}api/rows?{urllib.parse.urlencode(asked)}"
    before, started = cpu(pid), time.perf_counter()
    first_s = 0.0
    while True:
        page = json.loads(fetch(address))
        if not first_s and (page["rows"] or page["complete"]):
            first_s = time.perf_counter() - started
        if page["complete"]:
            return Taken(page["total"], first_s, time.perf_counter() - started, cpu(pid) - before)


def fetch(address: str) -> bytes:
    """What stands at an address."""
    with urllib.request.urlopen(address) as answer:
        found: bytes = answer.read()
    return found


def cpu(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """The most memory that a process had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


if __name__ == "__main__":
    main()

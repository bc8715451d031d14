"""`tuneset prepare` against tiktoken alone, on the same rows in one run: seconds, their ratio, and peak memory.

    python benchmarks/prepare.py --rows 200000

With --memory it runs a second time for the peak memory: the proportional set size of all processes together, sampled.
Taking the samples slows a run down, by 4 s of 60, so they are not taken in the run that is timed. Times on a shared
machine are noisy: read the ratio, not the seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import memory
import orjson
from rows import rows

from tuneset.targets.encodings import get_encoding

ENCODING = "o200k_base"


class Run(NamedTuple):
    """One run of the command: seconds, CPU seconds and peak bytes of its processes (0: not watched), its metrics."""

    seconds: float
    cpu_seconds: float
    peak: int
    metrics: dict[str, dict[str, int]]


def main() -> None:
    """Make rows, run both, print the figures; with --json also as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--memory", action="store_true", help="run again, for the peak memory")
    parser.add_argument("--folder", type=Path, default=None, help="keep rows and output here")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        raw = raw_rows(folder, options.rows)
        size = raw.stat().st_size
        print(f"{options.rows:,} rows, {size / 1e6:,.0f} MB, {os.cpu_count()} cores", flush=True)
        tokens, alone = tiktoken_alone(raw)
        print(f"tiktoken alone, one thread   {alone:7.1f} s   {tokens:,} tokens", flush=True)
        settings = [*options.set, *([f"workers={options.workers}"] if options.workers else [])]
        run = prepare(raw, folder / "out", settings)
        kept = run.metrics["rows"]["train"] + run.metrics["rows"]["validation"]
        print(f"tuneset prepare              {run.seconds:7.1f} s   {kept:,} rows kept")
        print(f"  CPU of all its processes   {run.cpu_seconds:7.1f} s")
        print(f"ratio                        {run.seconds / alone:7.2f}", flush=True)
        if options.memory:
            peak = prepare(raw, folder / "out", settings, watched=True).peak
            print(f"peak memory                  {peak / 2**20:7,.0f} MiB")


def raw_rows(folder: Path, count: int) -> Path:
    """A file of so many rows in the folder, made where it is not there yet."""
    raw = folder / f"rows-{count}.jsonl"
    if not raw.is_file():
        raw.parent.mkdir(parents=True, exist_ok=True)
        with raw.open("wb") as handle:
            handle.writelines(rows(count))
    return raw


def tiktoken_alone(raw: Path) -> tuple[int, float]:
    """Tokens of all message contents, and the CPU seconds that encoding alone took in one thread."""
    encode = get_encoding(ENCODING).encode_ordinary
    encode("warm up")
    tokens, seconds = 0, 0.0
    with raw.open("rb") as handle:
        while lines := handle.readlines(1 << 24):
            texts = [message["content"] for line in lines for message in orjson.loads(line)["messages"]]
            started = time.thread_time()
            tokens += sum(len(encode(text)) for text in texts)
            seconds += time.thread_time() - started
    return tokens, seconds


def prepare(raw: Path, out: Path, settings: list[str], *, watched: bool = False) -> Run:
    """Run the command as a user would."""
    command = [sys.executable, "-m", "tuneset", "prepare", str(raw), "--out", str(out)]
    for setting in settings:
        command += ["--set", setting]
    started, cpu_before = time.perf_counter(), _cpu_of_children()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with memory.watched(process.pid) if watched else contextlib.nullcontext([0]) as peak:
        code = process.wait()
    seconds, cpu = time.perf_counter() - started, _cpu_of_children() - cpu_before
    if code:
        sys.exit(f"tuneset prepare ended with {code}")
    return Run(seconds, cpu, peak[0], json.loads((out / "metrics.json").read_bytes()))


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()

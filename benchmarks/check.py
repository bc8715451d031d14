"""`tuneset check` against orjson alone, on the same lines in one run: seconds, their ratio, and peak memory.

    python benchmarks/check.py --rows 500000

Every default rule is on but the counting of tokens. Memory is the proportional set size of all processes of the run
together, sampled. Times on a shared machine are noisy: read the ratio, and the CPU seconds beside the seconds.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson
from memory import watched
from rows import rows

READ_BYTES = 1 << 24
ROUNDS = 3
FINDINGS = 1
"""The exit code of check where it has found errors, which real text gives it."""


def main() -> None:
    """Make rows, run both, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--folder", type=Path, default=None, help="keep the rows here")
    parser.add_argument("--tokens", action="store_true", help="count tokens as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        file = (options.folder or Path(temporary)) / f"rows-{options.rows}.jsonl"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as handle:
                handle.writelines(rows(options.rows))
        print(f"{options.rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB, {os.cpu_count()} cores", flush=True)
        alone = min(orjson_alone(file) for _ in range(ROUNDS))
        print(f"orjson.loads, one thread {alone:6.2f} s", flush=True)
        extra = ["--workers", str(options.workers)] if options.workers else []
        extra += [] if options.tokens else ["--ignore", "TOK001"]
        runs = [check(file, extra) for _ in range(ROUNDS)]
        seconds, cpu, peak = min(runs)
        print(f"tuneset check            {seconds:6.2f} s   {cpu:.2f} s of CPU, peak {peak / 2**20:,.0f} MiB")
        print(f"ratio                    {seconds / alone:6.2f}   {cpu / alone:.2f} of CPU")


def orjson_alone(file: Path) -> float:
    """The seconds that orjson.loads alone takes over all lines."""
    seconds = 0.0
    with file.open("rb") as handle:
        while lines := handle.readlines(READ_BYTES):
            started = time.perf_counter()
            for line in lines:
                orjson.loads(line)
            seconds += time.perf_counter() - started
    return seconds


def check(file: Path, extra: list[str]) -> tuple[float, float, int]:
    """Run the command as a user would; give its seconds, its CPU seconds, and the peak bytes of all processes."""
    command = [sys.executable, "-m", "tuneset", "check", str(file), "--profile", "openai", *extra]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with watched() as peak:
        code = subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    if code not in (0, FINDINGS):
        sys.exit(f"tuneset check ended with {code}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, peak[0]


if __name__ == "__main__":
    main()

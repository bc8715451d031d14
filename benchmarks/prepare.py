"""`tuneset prepare` against tiktoken alone, on the same rows in one run: seconds, their ratio, and peak memory.

    python benchmarks/prepare.py --rows 200000

Memory is the proportional set size of all processes of the run together, sampled. Times on a shared machine are noisy:
read the ratio, not the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import orjson
from rows import rows

from pipeline.tokens.encodings import get_encoding

SAMPLE_S = 0.1
ENCODING = "o200k_base"


def main() -> None:
    """Make rows, run both, print the figures; with --json also as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--folder", type=Path, default=None, help="keep rows and output here")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        raw = folder / f"rows-{options.rows}.jsonl"
        if not raw.is_file():
            raw.parent.mkdir(parents=True, exist_ok=True)
            with raw.open("wb") as handle:
                handle.writelines(rows(options.rows))
        size = raw.stat().st_size
        print(f"{options.rows:,} rows, {size / 1e6:,.0f} MB, {os.cpu_count()} cores", flush=True)
        tokens, alone = tiktoken_alone(raw)
        print(f"tiktoken alone, one thread   {alone:7.1f} s   {tokens:,} tokens", flush=True)
        settings = [*options.set, *([f"workers={options.workers}"] if options.workers else [])]
        seconds, peak, metrics = prepare(raw, folder / "out", settings)
        kept = metrics["rows"]["train"] + metrics["rows"]["validation"]
        print(f"tuneset prepare              {seconds:7.1f} s   {kept:,} rows kept, peak {peak / 2**20:,.0f} MiB")
        print(f"ratio                        {seconds / alone:7.2f}")


def tiktoken_alone(raw: Path) -> tuple[int, float]:
    """Tokens of all message contents, and the seconds that encoding alone took in one thread."""
    encode = get_encoding(ENCODING).encode_ordinary
    encode("warm up")
    tokens, seconds = 0, 0.0
    with raw.open("rb") as handle:
        while lines := handle.readlines(1 << 24):
            texts = [message["content"] for line in lines for message in orjson.loads(line)["messages"]]
            started = time.perf_counter()
            tokens += sum(len(encode(text)) for text in texts)
            seconds += time.perf_counter() - started
    return tokens, seconds


def prepare(raw: Path, out: Path, settings: list[str]) -> tuple[float, int, dict[str, dict[str, int]]]:
    """Run the command as a user would; give seconds, peak bytes of all its processes, and its metrics."""
    command = [sys.executable, "-m", "pipeline.cli.main", "prepare", str(raw), "--out", str(out)]
    for setting in settings:
        command += ["--set", setting]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    watcher.start()
    code = process.wait()
    seconds = time.perf_counter() - started
    watcher.join()
    if code:
        sys.exit(f"tuneset prepare ended with {code}")
    return seconds, peak[0], json.loads((out / "metrics.json").read_bytes())


def _watch(process: subprocess.Popen[bytes], peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_memory(pid) for pid in _tree(process.pid)))
        time.sleep(SAMPLE_S)


def _tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(found for child in children for found in _tree(child))]


def _memory(pid: int) -> int:
    """Proportional set size in bytes: shared pages count once over all processes that share them."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    main()

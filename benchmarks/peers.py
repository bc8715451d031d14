"""`tuneset prepare` beside datatrove and py-data-juicer on the same rows: rows per second, and what each leaves out.

    python benchmarks/peers.py --datatrove-python PATH --data-juicer-python PATH

The peers are no part of the project: a peer runs with the interpreter that is named for it, else with this one if it
has it, else it is left out. They do other work than `tuneset prepare`, as the second table says: this is no race. They
get the text of each row without roles, flattened beforehand, in one file a worker, and no network. Seconds are those of
the whole process, with its start. On a shared machine read the CPU seconds.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import memory
import orjson
from hub_tokenizer import write_hub_tokenizer
from rows import rows

from tuneset.targets.encodings import get_encoding

ENCODING = "o200k_base"
LOG_LINES = 15  # of a program that failed, shown
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h

INSTALL = "uv venv PEERS && uv pip install --python PEERS/bin/python --group peers"


class Peer(NamedTuple):
    """A tool to run beside: its distribution, the module that shows that it is there, and our program for it."""

    name: str
    module: str
    program: str


PEERS = (
    Peer("datatrove", "datatrove", "datatrove_steps.py"),
    Peer("data-juicer", "data_juicer", "data_juicer_steps.py"),
)

# As of datatrove 0.10.1 and py-data-juicer 1.6.1, November 2026, with the steps that the programs beside this one run.
WORK = (
    ("", "tuneset prepare", "datatrove", "data-juicer"),
    ("reads and writes", "chat lines", "their text alone", "their text alone"),
    ("schema and rules", "every line", "no", "no"),
    ("text repaired", "yes", "no", "no"),
    ("redaction", "12 kinds, matches validated", "e-mail, public IP", "e-mail, IP, secrets, phones, paths: by pattern"),
    ("exact duplicates", "yes", "only as near ones", "yes"),
    ("near duplicates", "MinHash, then compared exactly", "MinHash alone", "MinHash alone"),
    ("words of a shingle", "letters and digits", "spaCy's English tokens", "what white space separates"),
    ("tokens counted", "of the chat format", "of the text", "of the text"),
    ("split without leaks", "yes, and checked", "no", "no"),
    ("account of every row", "ledger", "no", "no"),
)


class Run(NamedTuple):
    """One run of a program: seconds, CPU seconds and peak bytes of all its processes together."""

    seconds: float
    cpu_seconds: float
    peak: int


def main() -> None:
    """Make rows, run what is there, print both tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    for peer in PEERS:
        parser.add_argument(f"--{peer.name}-python", metavar="PATH", help=f"the interpreter that has {peer.name}")
    options = parser.parse_args()
    _adopt_orphans()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        raw, texts, tokenizer = folder / "rows.jsonl", folder / "texts", folder / "tokenizer"
        _write_rows(options.rows, raw, texts, options.workers)
        print(f"{options.rows:,} rows, {raw.stat().st_size / 1e6:,.0f} MB, {options.workers} workers\n", flush=True)
        print(_line(("", "seconds", "rows/s", "CPU seconds", "rows/CPU s", "peak MiB", "rows kept", "tokens")))
        print("|---" * 8 + "|", flush=True)

        run, kept, tokens = _tuneset(raw, folder / "tuneset", options.workers)
        print(_result("tuneset prepare", options.rows, run, kept, tokens), flush=True)
        write_hub_tokenizer(get_encoding(ENCODING), tokenizer)
        notes = []
        for peer in PEERS:
            python = getattr(options, f"{peer.module}_python")
            if python is None and importlib.util.find_spec(peer.module) is None:
                notes.append(f"{peer.name} is left out: not installed. {INSTALL}; then --{peer.name}-python")
                continue
            out = folder / peer.name
            run = _peer(peer, python or sys.executable, (texts, out, tokenizer), options.workers)
            result = json.loads((out / "result.json").read_bytes())
            name = f"{peer.name} {result['version']}"
            print(_result(name, options.rows, run, result["kept"], result["tokens"]), flush=True)
            rest = run.seconds - sum(result["seconds"].values())
            steps = {**result["seconds"], "start and end": rest}
            notes.append(f"{name}: " + ", ".join(f"{step} {seconds:.1f} s" for step, seconds in steps.items()))
    print("", *notes, "", sep="\n")
    for at, line in enumerate(WORK):
        print(_line(line), *(["|---" * len(line) + "|"] if at == 0 else []), sep="\n")


def _write_rows(count: int, raw: Path, texts: Path, parts: int) -> None:
    """The rows as chat lines in one file, and their texts in as many files as there are workers."""
    with raw.open("wb") as handle:
        handle.writelines(rows(count))
    texts.mkdir()
    with raw.open("rb") as handle:
        lines = enumerate(handle)
        for part in range(parts):
            share = itertools.islice(lines, count * (part + 1) // parts - count * part // parts)
            (texts / f"{part}.jsonl").write_bytes(b"".join(_flattened(share)))


def _flattened(lines: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
    for number, line in lines:
        text = "\n\n".join(message["content"] for message in orjson.loads(line)["messages"])
        yield orjson.dumps({"id": str(number), "text": text}, option=orjson.OPT_APPEND_NEWLINE)


def _tuneset(raw: Path, out: Path, workers: int) -> tuple[Run, int, int]:
    """Run the command as a user would, with every default; also rows kept and their tokens."""
    command = ["-m", "tuneset", "prepare", str(raw), "--out", str(out), "--set", f"workers={workers}"]
    run = _measured("tuneset prepare", [sys.executable, *command], dict(os.environ), raw.with_name("tuneset.log"))
    metrics = json.loads((out / "metrics.json").read_bytes())
    kept, tokens = (metrics[key]["train"] + metrics[key]["validation"] for key in ("rows", "tokens"))
    return run, kept, tokens


def _peer(peer: Peer, python: str, folders: tuple[Path, Path, Path], workers: int) -> Run:
    """Run our program for a peer, with caches of its own, and without a network or a way to install what it lacks."""
    out = folders[1]
    out.mkdir()
    alone = {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HOME": str(out / "hub"),
        "CACHE_HOME": str(out / "cache"),  # data-juicer's
        # data-juicer installs missing modules while it runs, by uv and then by pip; so both find nothing.
        "UV_OFFLINE": "1",
        "UV_NO_CACHE": "1",
        "PIP_NO_INDEX": "1",
    }
    program = Path(__file__).with_name("peer_programs") / peer.program
    command = [python, str(program), *map(str, folders), str(workers)]
    return _measured(peer.name, command, {**os.environ, **alone}, out / "log")


def _measured(name: str, command: Sequence[str], environment: dict[str, str], log: Path) -> Run:
    """Run a program to its end. Ends this one with the last lines of its log where it fails."""
    started, cpu_before = time.perf_counter(), _cpu_of_children()
    with log.open("wb") as handle:
        process = subprocess.Popen(command, env=environment, stdout=handle, stderr=subprocess.STDOUT)
        with memory.watched(process.pid) as peak:
            code = process.wait()
    seconds = time.perf_counter() - started
    while _wait_for_orphan():
        pass
    if code:
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
        sys.exit("\n".join([f"{name} ended with {code}:", *last]))
    return Run(seconds, _cpu_of_children() - cpu_before, peak[0])


def _adopt_orphans() -> None:
    """Make this process wait for processes whose parents ended first, so that their CPU seconds count (Linux).

    Worker processes by way of a fork server, as datatrove has them, would be counted nowhere.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_orphan() -> bool:
    try:
        os.wait()
    except ChildProcessError:
        return False
    return True


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _result(name: str, count: int, run: Run, kept: int, tokens: int) -> str:
    elapsed = (f"{run.seconds:.1f}", f"{count / run.seconds:,.0f}")
    cpu = (f"{run.cpu_seconds:.1f}", f"{count / run.cpu_seconds:,.0f}")
    return _line((name, *elapsed, *cpu, f"{run.peak / 2**20:,.0f}", f"{kept:,}", f"{tokens:,}"))


def _line(cells: Sequence[str]) -> str:
    """A line of a Markdown table.

    >>> _line(["datatrove", "1.5"])
    '| datatrove | 1.5 |'
    """
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()

"""Two versions of Tuneset on the same inputs: whether they write the same bytes, find the same and end the same.

    python benchmarks/compare_versions.py --old 'env PYTHONPATH=/old/pipeline python -m tuneset' --new tuneset FOLDER...

Every file below the folders is an input by itself. Each version runs `prepare` and `check --output json` on it, in an
empty working folder. Compared are exit codes, what is on stdout, and every file that `prepare` leaves. What differs is
printed, a line each; the exit code is 1 where anything does. Nothing is judged: a difference may be what was wanted,
and is left out with `--expected`, such as `--expected $.versions`.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import json
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

SHOWN = 5
"""Differences within one file that are shown; the others are counted."""
LIMIT_S = 1800  # for one command: far more than any takes, so that a hang ends


@dataclasses.dataclass(frozen=True)
class Ran:
    """What one version made of one input: exit code and stdout of each command, and the files of `prepare`."""

    codes: dict[str, int]
    printed: dict[str, str]
    errors: dict[str, str]
    files: dict[str, bytes]


def run(command: Sequence[str], given: Path) -> Ran:
    """Run one version on one input."""
    asked = {
        "prepare": ["prepare", str(given), "--out", "out", "--set", "workers=1", "--output", "json"],
        "check": ["check", str(given), "--profile", "openai", "--output", "json", "--workers", "1"],
    }
    codes, printed, errors = {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in asked.items():
            done = subprocess.run(
                [*command, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=LIMIT_S
            )
            codes[name], printed[name], errors[name] = done.returncode, done.stdout, done.stderr
        out = Path(folder) / "out"
        left = sorted(path for path in out.rglob("*") if path.is_file() and ".work" not in path.parts)
        files = {str(path.relative_to(out)): path.read_bytes() for path in left}
    return Ran(codes, printed, errors, files)


def differences(old: Ran, new: Ran, expected: tuple[str, ...] = ()) -> Iterator[str]:
    """Everything in which two runs differ, in words; not that which begins with a word of `expected`."""
    for name in old.codes:
        if old.codes[name] != new.codes[name]:
            yield f"{name}: exit code {old.codes[name]} -> {new.codes[name]}"
            yield from (f"    {side}: {_last_line(ran.errors[name])}" for side, ran in (("old", old), ("new", new)))
        if old.printed[name] != new.printed[name]:
            yield from _limited(f"{name}: stdout", _texts(old.printed[name], new.printed[name]), expected)
    for name in sorted({*old.files, *new.files}):
        before, after = old.files.get(name), new.files.get(name)
        if before is None or after is None:
            yield f"{name}: only {'the new' if before is None else 'the old'} version writes it"
        elif before != after:
            yield from _limited(name, _contents(name, before, after), expected)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


def _limited(what: str, found: Iterator[str], expected: tuple[str, ...]) -> Iterator[str]:
    every = list(found) or ["other bytes, the same values"]
    lines = [line for line in every if not line.startswith(expected)]
    yield from (f"{what}: {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"{what}: and {len(lines) - SHOWN} more differences"


def _contents(name: str, old: bytes, new: bytes) -> Iterator[str]:
    if name.endswith(".parquet"):
        yield from _tables(old, new)
    else:
        yield from _texts(old.decode("utf-8", "replace"), new.decode("utf-8", "replace"))


def _tables(old: bytes, new: bytes) -> Iterator[str]:
    before, after = pl.read_parquet(old), pl.read_parquet(new)
    if before.schema != after.schema:
        yield f"columns {before.columns} -> {after.columns}"
    elif before.height != after.height:
        yield f"{before.height} -> {after.height} rows"
    else:
        for number, (one, two) in enumerate(
            zip(before.iter_rows(named=True), after.iter_rows(named=True), strict=True)
        ):
            yield from _values(f"row {number}", one, two)


def _texts(old: str, new: str) -> Iterator[str]:
    try:
        before, after = json.loads(old), json.loads(new)
    except json.JSONDecodeError:
        pass
    else:
        if "files" in before and isinstance(before["files"], list):
            yield from _findings(before, after)
        else:
            yield from _values("$", before, after)
        return
    before_lines, after_lines = Counter(old.splitlines()), Counter(new.splitlines())
    yield from (f"- {line[:200]}" for line in (before_lines - after_lines).elements())
    yield from (f"+ {line[:200]}" for line in (after_lines - before_lines).elements())


def _findings(old: Any, new: Any) -> Iterator[str]:  # noqa: ANN401  documents of check
    """Findings that only one of two documents of `check` has, then whatever else differs."""
    counted = [
        Counter(json.dumps(found, sort_keys=True) for file in document["files"] for found in file["findings"])
        for document in (old, new)
    ]
    yield from (f"only the old finds {text}" for text in (counted[0] - counted[1]).elements())
    yield from (f"only the new finds {text}" for text in (counted[1] - counted[0]).elements())
    bare = [
        [{key: value for key, value in file.items() if key != "findings"} for file in document["files"]]
        for document in (old, new)
    ]
    yield from _values("$.files", *bare)


def _values(place: str, old: Any, new: Any) -> Iterator[str]:  # noqa: ANN401  any JSON values
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _values(f"{place}.{key}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _values(f"{place}[{index}]", before, after)
    elif old != new:
        yield f"{place}: {str(old)[:100]} -> {str(new)[:100]}"


def main() -> int:
    """Compare on every file; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", required=True, help="the command of the old version, as one argument")
    parser.add_argument("--new", required=True, help="the command of the new version, as one argument")
    parser.add_argument("--expected", action="append", default=[], help="what a difference that is wanted begins with")
    parser.add_argument("--at-once", type=int, default=2, help="inputs that are worked on at a time")
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    inputs = sorted({path for folder in given.folders for path in folder.resolve().rglob("*") if path.is_file()})
    old, new = shlex.split(given.old), shlex.split(given.new)

    def compare(path: Path) -> list[str]:
        return list(differences(run(old, path), run(new, path), tuple(given.expected)))

    differ = 0
    with concurrent.futures.ThreadPoolExecutor(given.at_once) as pool:
        for path, found in zip(inputs, pool.map(compare, inputs), strict=True):
            if found:
                differ += 1
                print(path, *found, sep="\n  ", flush=True)
    print(f"{len(inputs)} inputs, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())

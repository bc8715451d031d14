"""What `--fix` would change, as a unified diff without context; and how many findings it mends. No file is changed."""

from __future__ import annotations

import difflib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tuneset.rules.engine.file_check import Repaired, Source
from tuneset.terms import Finding

Fixer = Callable[[Source, Path], list[Repaired]]
Check = Callable[[Path], Iterable[Finding]]
"""Gives what is found in a file."""


def diff(sources: Sequence[Source], repair: Fixer) -> Iterator[str]:
    """Yield the lines of the diff of each file that would change."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "fixed.jsonl"
        for source in sources:
            if not source.path.is_file() or not repair(source, target) or not target.is_file():
                continue
            before, after = (_lines(path) for path in (source.path, target))
            yield from _unified(before, after, source.name)
            target.unlink()


def repairable(
    source: Source, found: Iterable[Finding], asked: Iterable[Finding], repair: Fixer, check: Check
) -> Counter[str]:
    """Of each rule how many of the findings `asked` are gone from the copy that `--fix` would write.

    `found` are all findings of the file, of which `asked` may be a part. A line may hold several findings of a rule of
    which some can be mended: so the copy is checked, and no more is counted than it lacks.
    """
    if not source.path.is_file():
        return Counter()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "fixed.jsonl"
        mended = {(one.line, one.code) for one in repair(source, target)}
        if not mended or not target.is_file():
            return Counter()
        gone = Counter(one.code for one in found)
        gone.subtract(Counter(one.code for one in check(target)))
    # What is found of a whole file stands at line 0, and is repaired at its first.
    return Counter(one.code for one in asked if (max(one.line, 1), one.code) in mended) & gone


def _lines(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-8", "replace").splitlines()


def _unified(before: list[str], after: list[str], name: str) -> Iterator[str]:
    """A unified diff; of files with as many lines as before line by line, which takes no time."""
    if len(before) != len(after):
        yield from difflib.unified_diff(before, after, name, f"{name} (fixed)", n=0, lineterm="")
        return
    yield f"--- {name}"
    yield f"+++ {name} (fixed)"
    for number, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        if old != new:
            yield f"@@ -{number} +{number} @@"
            yield f"-{old}"
            yield f"+{new}"

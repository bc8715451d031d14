"""What `--fix` would change, as a unified diff without context; and in how many findings. No file is changed."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tuneset.rules.engine.file_check import Repaired, Source

Fixer = Callable[[Source, Path], list[Repaired]]


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


def repairable(source: Source, repair: Fixer) -> set[tuple[int, str]]:
    """The lines of a file that `--fix` would mend, each with the rule that had found something there."""
    if not source.path.is_file():
        return set()
    with tempfile.TemporaryDirectory() as folder:
        return {(one.line, one.code) for one in repair(source, Path(folder) / "fixed.jsonl")}


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

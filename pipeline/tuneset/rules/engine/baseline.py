"""What was found before: by file and rule, a hash of each line, so that only new findings fail.

A baseline holds no value of a row. A line that moves keeps its hash; a line that changes is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from xxhash import xxh3_64_hexdigest

from tuneset.errors import UsageError
from tuneset.reading.line_ranges import file_lines
from tuneset.rules.engine.file_check import FileReport
from tuneset.rules.engine.narrowed import only
from tuneset.terms import Finding

SCHEMA_VERSION = 1
WHOLE_FILE = "file"
"""Stands where a finding is of no line."""

KnownFindings = dict[str, Counter[str]]
"""Of one file, how often each hash was found by each rule."""


def baseline(reports: Iterable[tuple[FileReport, Path]]) -> dict[str, Any]:
    """The document of all findings of reports, each with the file that it is on."""
    files: dict[str, Any] = {}
    for report, path in reports:
        known: KnownFindings = {}
        hashes = _hashes(path, {found.line for found in report.findings})
        for found in report.findings:
            known.setdefault(found.code, Counter())[hashes.get(found.line, WHOLE_FILE)] += 1
        files[Path(report.path).as_posix()] = {
            code: dict(sorted(counts.items())) for code, counts in sorted(known.items())
        }
    return {"schema_version": SCHEMA_VERSION, "files": files}


def new_only(report: FileReport, path: Path, document: Mapping[str, Any], origin: object) -> FileReport:
    """A report with what the baseline does not know; a finding that it knows twice is new the third time.

    Raises UsageError where the document, read from `origin`, is none that `baseline` wrote.
    """
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, dict) or document.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(
            f"{origin}: is no baseline of this version", hint="write one: tuneset baseline FILE... --out FILE"
        )
    own = files.get(Path(report.path).as_posix(), {})
    left = {code: Counter(counts) for code, counts in own.items()}
    hashes = _hashes(path, {found.line for found in report.findings})

    def is_new(found: Finding) -> bool:
        key = hashes.get(found.line, WHOLE_FILE)
        known = left.get(found.code)
        if known is None or known[key] <= 0:
            return True
        known[key] -= 1
        return False

    return only(report, is_new)


def _hashes(path: Path, lines: set[int]) -> dict[int, str]:
    """A hash of each of some physical lines of a file, from 1; none where the file cannot be read."""
    if not path.is_file() or not lines - {0}:
        return {}
    return {
        number: xxh3_64_hexdigest(raw.strip()) if raw is not None else WHOLE_FILE
        for number, raw in enumerate(file_lines(path, 0), start=1)
        if number in lines
    }

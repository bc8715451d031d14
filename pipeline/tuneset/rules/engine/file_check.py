"""Whole files against all rules: what a file is, its lines range by range, and what spans lines and files.

Who calls decides where the ranges are worked on, by the `map_tasks` it gives; the findings are the same.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson

from tuneset.reading.line_ranges import MAX_LINE_BYTES, byte_ranges
from tuneset.rules.engine.check_context import Context
from tuneset.rules.engine.line_format import detect_format
from tuneset.rules.engine.range_scan import ScanResult, ScanTask, Settings, context_of, scan
from tuneset.rules.engine.sorted_findings import Findings, Group
from tuneset.rules.families.dataset import LINE, Keys, model_issues, overlaps, repeated, size_issues
from tuneset.rules.families.grader import grader_issues, item_columns
from tuneset.rules.issue import Issue, issue
from tuneset.terms import Finding, Format

MapTasks = Callable[[Callable[[ScanTask], ScanResult], Sequence[ScanTask]], Iterable[ScanResult]]
"""Gives `function(task)` for each task, in the order of the tasks."""

TASK_BYTES = 2 << 20
"""How much of a file is one task: little, because at the end one process may wait for the last two of another."""
HEAD_BYTES = 4 << 20
HEAD_LINES = 100
"""The format of a file is decided by so many lines of its beginning."""
_BOM = b"\xef\xbb\xbf"
_OTHER_KINDS = {
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"\x1f\x8b": "gzip-compressed",
    b"\x28\xb5\x2f\xfd": "zstd-compressed",
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet file",
}


@dataclasses.dataclass(frozen=True)
class Source:
    """A file and the name under which it is reported; `checks_name` is off for what came by a pipe."""

    path: Path
    name: str
    checks_name: bool = True


@dataclasses.dataclass(frozen=True)
class FileReport:
    """What was found in one file.

    Args:
        format: None where it is none that is known.
        decided: by what the format was.
        repairs: line and code of what `--fix` has repaired, where the file is its copy.
    """

    path: str
    format: Format | None
    decided: str
    examples: int
    findings: Findings
    repairs: list[tuple[int, str]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Head:
    """What the beginning of a file says: where its first line starts, its format, and why it is not read further."""

    source: Source
    size: int
    first: int
    format: Format | None
    decided: str
    issues: list[Issue]
    readable: bool


def check_files(
    sources: Sequence[Source],
    asked: Format | Literal["auto"],
    settings: Settings,
    map_tasks: MapTasks,
    *,
    grader: Any = None,  # noqa: ANN401  any JSON value
    today: dt.date,
) -> Iterator[FileReport]:
    """Yield a report for each file, in order.

    Args:
        sources: the files.
        asked: the format that every file is to have, or `auto`.
        settings: profile, model and rules; its format is replaced for each file.
        map_tasks: where the ranges are worked on.
        grader: the definition of a reinforcement job's grader.
        today: the day by which models are shut down or not.
    """
    heads = [read_head(source, asked, settings) for source in sources]
    tasks, owners = [], []
    for number, head in enumerate(heads):
        if head.readable:
            columns = item_columns(grader) if grader is not None else ()
            own = dataclasses.replace(
                settings, format=head.format or "sft", auto=asked == "auto", grader_columns=columns
            )
            parts = byte_ranges(head.source.path, head.first, head.size, TASK_BYTES)
            tasks += [ScanTask(part, own) for part in parts]
            owners += [number] * len(parts)
    results = zip(owners, map_tasks(scan, tasks), strict=True)
    grouped = itertools.groupby(results, key=lambda entry: entry[0])
    pending = next(grouped, None)
    earlier: list[tuple[str, Keys]] = []
    for number, head in enumerate(heads):
        own_results: Iterable[ScanResult] = ()
        if pending is not None and pending[0] == number:
            own_results = (result for _, result in pending[1])
        context = context_of(dataclasses.replace(settings, format=head.format or "sft"))
        report, keys = _report(head, own_results, context, earlier, _beside(context, grader, today))
        if pending is not None and pending[0] == number:
            pending = next(grouped, None)
        if len(sources) > 1:
            earlier.append((head.source.name, keys))
        yield report


def _beside(context: Context, grader: Any, today: dt.date) -> list[Issue]:  # noqa: ANN401  any JSON value
    """What is wrong with the model and the grader, whatever the file holds."""
    found = list(model_issues(context, today))
    return found + list(grader_issues(grader)) if grader is not None else found


def _report(
    head: Head, results: Iterable[ScanResult], context: Context, earlier: list[tuple[str, Keys]], beside: list[Issue]
) -> tuple[FileReport, Keys]:
    findings: list[Finding] = []
    groups: list[Group] = []
    lines = examples = with_images = 0
    all_keys: list[Keys] = [np.empty((0, 3), dtype=np.uint64)]
    for result in results:
        shifted = np.frombuffer(result.keys, dtype=np.uint64).reshape(-1, 3).copy()
        shifted[:, LINE] += np.uint64(lines)
        all_keys.append(shifted)
        findings += [_shifted(found, lines, examples) for found in result.findings]
        lines, examples = lines + result.lines, examples + result.examples
        with_images += result.with_images
    keys = np.concatenate(all_keys)
    whole = list(head.issues)
    if head.readable:
        if not examples and all(found.code == "FIL006" for found in findings):
            findings = []
            whole.append(issue("FIL004", None, "the file holds no example", "check the path and the export"))
        else:
            whole += beside
            whole += size_issues(head.source.name, examples, with_images, head.size, context)
        groups = [*repeated(keys, context), *overlaps(keys, earlier, context)]
    for one in whole:
        if context.on(one.code):
            line = 1 if one.code == "FIL003" else 0
            findings.append(Finding(line, 0, one.code, context.severity[one.code], one.path, one.message, one.hint))
    findings.sort(key=lambda found: found.line)
    return FileReport(head.source.name, head.format, head.decided, examples, Findings(findings, groups)), keys


def _shifted(found: Finding, lines: int, examples: int) -> Finding:
    """A finding of a range with the numbers that it has in the file."""
    return found._replace(line=found.line + lines, example=found.example + examples if found.example else 0)


# --- the beginning of a file ---------------------------------------------------------------------------------------


def read_head(source: Source, asked: Format | Literal["auto"], settings: Settings) -> Head:
    """Look at the beginning of a file. A file that cannot be opened is a finding, so that the others are checked."""
    if source.path.is_fifo():  # it can be read once, and in one direction
        why = issue("FIL001", None, "is a pipe", "give - as the file and send it to standard input")
        return Head(source, 0, 0, None, "nothing", [why], readable=False)
    try:
        size = source.path.stat().st_size
        with source.path.open("rb") as handle:
            begin = handle.read(HEAD_BYTES)
            if b"\n" not in begin and len(begin) == HEAD_BYTES:
                begin += handle.readline(MAX_LINE_BYTES)
    except OSError as error:
        why = issue("FIL001", None, f"cannot be read: {error.strerror or error}", "check the path")
        return Head(source, 0, 0, None, "nothing", [why], readable=False)
    context = context_of(settings)
    issues = []
    if source.checks_name and not source.name.endswith(".jsonl"):
        issues.append(issue("FIL007", None, "the file's name does not end in .jsonl", "rename it"))
    first = len(_BOM) if begin.startswith(_BOM) else 0
    if first and context.profile.bom == "forbidden":
        hint = "save the file without it: `tuneset check --fix` does"
        issues.append(issue("FIL003", None, "the file begins with a byte order mark", hint))
    other = next((kind for magic, kind in _OTHER_KINDS.items() if begin.startswith(magic)), None)
    if other:
        hint = "`tuneset prepare` reads it; a file to upload is plain UTF-8 text"
        issues.append(issue("FIL002", None, f"the file is {other}", hint))
    elif whole_document(begin[first:]):
        hint = "write one example a line: `tuneset check --fix` does"
        issues.append(issue("JSN007", None, "the file is one JSON document over all its lines", hint))
    else:
        found, decided = _decide(begin[first:], asked)
        return Head(source, size, first, found, decided, issues, readable=True)
    return Head(source, size, first, None, "nothing", issues, readable=False)


def whole_document(begin: bytes) -> bool:
    r"""Whether a file that begins so is a JSON array, or a pretty-printed object, and not JSON lines.

    >>> whole_document(b'[{"messages": []},'), whole_document(b'{\n  "messages"'), whole_document(b'{"messages": []}')
    (True, True, False)
    """
    line = begin.lstrip(b" \t\r\n").partition(b"\n")[0].rstrip(b" \t\r")
    if line == b"{":
        return True
    if not line.startswith(b"["):
        return False
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return True
    return bool(value) and all(isinstance(entry, dict) for entry in value)


def _decide(begin: bytes, asked: Format | Literal["auto"]) -> tuple[Format | None, str]:
    """The format of a file, and on what that was decided."""
    if asked != "auto":
        return asked, "as asked for"
    examples = []
    for line in begin.split(b"\n")[:HEAD_LINES]:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(value, dict):
            examples.append(value)
    found = detect_format(examples)
    if found is None:
        return None, "no line has the keys of a format"
    keys = {"sft": "messages with answers", "dpo": "input and outputs", "rft": "messages without answers"}[found]
    return found, f"{keys} in the first {len(examples)} line{'s' if len(examples) != 1 else ''}"

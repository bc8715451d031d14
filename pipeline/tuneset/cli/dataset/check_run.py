"""What `tuneset check` does once its options are read: repair where it is asked for, check, and print.

A module of its own, because it is loaded while the workers load theirs.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import fnmatch
import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from tuneset import artifacts
from tuneset.api.settings import rule_settings
from tuneset.cli.common import STDIN_NAME, broken, print_json
from tuneset.cli.dataset.check_diff import diff, repairable
from tuneset.errors import UsageError
from tuneset.execution.target_files import make_ready
from tuneset.params import Params, load_params
from tuneset.reporting import findings_ci, findings_sarif, findings_text
from tuneset.reporting.colour import coloured, wants_colour
from tuneset.rules.engine.baseline import new_only
from tuneset.rules.engine.check_context import Settings, context_of
from tuneset.rules.engine.file_check import FileReport, MapTasks, Repaired, Source, check_files
from tuneset.rules.engine.fix import fix_file, fixed_path
from tuneset.rules.engine.narrowed import only, without_codes
from tuneset.rules.registry import BY_CODE, codes_of
from tuneset.rules.repairs.registry import wanted
from tuneset.terms import Finding, Format, Severity

TRIED_BYTES = 64 << 20
"""Of a larger file nobody tries what --fix would mend, only to say how much that is."""


class Choice(NamedTuple):
    """Which rules are asked: the options of the command, None where params.yaml decides.

    `per_file` are patterns of file names, each with the rules that are off there.
    """

    format: Format | Literal["auto"] = "auto"
    profile: str | None = None
    model: str | None = None
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = {}
    grader: Path | None = None
    select: tuple[str, ...] = ()
    per_file: tuple[tuple[str, tuple[str, ...]], ...] = ()
    baseline: Path | None = None
    target: str | None = None
    allow_download: bool = False


class Mending(NamedTuple):
    """Whether a repaired copy is written, or the file itself is replaced."""

    wanted: bool = False
    in_place: bool = False


def run(named: Sequence[tuple[Path, str]], choice: Choice, mending: Mending, map_tasks: MapTasks) -> list[FileReport]:
    """Check files, each given with the name to report. Raises UsageError for an unknown rule before any is read."""
    params = load_params(None)
    settings = _settings(params, choice)
    off = [(pattern, {code for name in names for code in codes_of(name)}) for pattern, names in choice.per_file]
    definition = artifacts.read_json(choice.grader) if choice.grader is not None else None
    known = artifacts.read_json(choice.baseline) if choice.baseline is not None else None
    sources = [Source(path, name, checks_name=name != STDIN_NAME) for path, name in named]
    repairs: list[list[Repaired]] = [[] for _ in sources]
    repair = _repairer(params, choice, settings)
    if mending.wanted:
        sources, repairs = _fixed(sources, repair, in_place=mending.in_place)
    today = dt.datetime.now(tz=dt.UTC).date()

    def check_again(path: Path) -> Iterator[Finding]:
        one = [Source(path, path.name, checks_name=False)]
        for report in check_files(one, choice.format, settings, map, grader=definition, today=today):
            yield from report.findings

    reports = []
    checked = check_files(sources, choice.format, settings, map_tasks, grader=definition, today=today)
    for source, report, done in zip(sources, checked, repairs, strict=True):
        codes = {code for pattern, own in off if _matches(report.path, pattern) for code in own}
        kept = without_codes(report, codes) if codes else report
        if known is not None:
            kept = new_only(kept, source.path, known, choice.baseline)
        count = None
        if _is_tried(source, kept):
            mended = repairable(source, report.findings, kept.findings, repair, check_again)
            count = mended.total()
        reports.append(dataclasses.replace(kept, repairs=done, repairable=count))
    return reports


def show_diff(named: Sequence[tuple[Path, str]], choice: Choice) -> bool:
    """Print what --fix would change, and whether that is anything."""
    params = load_params(None)
    sources = [Source(path, name, checks_name=name != STDIN_NAME) for path, name in named]
    changed = False
    for line in diff(sources, _repairer(params, choice, _settings(params, choice))):
        print(line)
        changed = True
    return changed


def _settings(params: Params, choice: Choice) -> Settings:
    make_ready(params.target, choice.target, allow_download=choice.allow_download)
    settings = rule_settings(
        params, choice.profile, choice.model, choice.ignore, choice.severity, choice.select, choice.target
    )
    context_of(settings)  # an unknown rule is said before anything is read
    return settings


def _repairer(params: Params, choice: Choice, settings: Settings) -> Callable[[Source, Path], list[Repaired]]:
    return functools.partial(fix_file, asked=choice.format, settings=settings, wanted=wanted(params.clean.repair))


def _matches(path: str, pattern: str) -> bool:
    """Whether a file is one of a pattern, by its path or its name.

    >>> _matches("data/val.jsonl", "val*.jsonl"), _matches("data/val.jsonl", "data/*"), _matches("train.jsonl", "val*")
    (True, True, False)
    """
    return fnmatch.fnmatch(Path(path).as_posix(), pattern) or fnmatch.fnmatch(Path(path).name, pattern)


def _is_tried(source: Source, report: FileReport) -> bool:
    """Whether it is tried how many findings --fix would mend: not where it mends no rule that has found something."""
    counts = report.findings.counts()
    return any(BY_CODE[code].fixable for _, code in counts) and source.path.stat().st_size <= TRIED_BYTES


def show(reports: Sequence[FileReport], output: str, *, quiet: bool = False) -> None:
    """Print the findings: text, concise, statistics, json, junit, github, markdown or sarif."""
    if quiet:
        reports = [only(report, lambda found: found.severity == "error") for report in reports]
        reports = [dataclasses.replace(report, not_judged=()) for report in reports if len(report.findings)]
        if not reports and output not in _DOCUMENTS:
            return
    if output == "json":
        findings_text.write_json(reports, sys.stdout.buffer)
        sys.stdout.flush()
    elif output == "sarif":
        print_json(findings_sarif.sarif(reports))
    elif output == "junit":
        print(findings_ci.junit(reports))
    else:
        shown = _on_terminal if output in _FOR_PEOPLE and sys.stdout.isatty() else str
        for line in _RENDERERS[output](reports):
            print(shown(line))


def _on_terminal(line: str) -> str:
    """A line as a terminal shows it: broken where it is wider, in colour where that is wanted."""
    first, *rest = broken(line, sys.stdout).split("\n")
    return "\n".join([coloured(first) if wants_colour(sys.stdout) else first, *rest])


_RENDERERS: Mapping[str, Callable[[Sequence[FileReport]], Iterator[str]]] = {
    "text": findings_text.text,
    "concise": findings_text.concise,
    "statistics": findings_text.statistics,
    "github": findings_ci.github,
    "markdown": findings_ci.markdown,
}
_FOR_PEOPLE = frozenset({"text", "concise", "statistics"})
_DOCUMENTS = frozenset({"json", "junit", "sarif"})


def _fixed(
    sources: Sequence[Source], repair: Callable[[Source, Path], list[Repaired]], *, in_place: bool
) -> tuple[list[Source], list[list[Repaired]]]:
    """Repair each file, in place or as a copy beside it; what is to be checked now, and what was repaired."""
    checked, repairs = [], []
    for source in sources:
        if not source.checks_name:
            raise UsageError("--fix cannot write to standard input", hint="save it to a file first")
        target = source.path if in_place else fixed_path(source.path)
        done = repair(source, target) if source.path.is_file() else []
        copied = bool(done) or (target.is_file() and not in_place and source.path.is_file())
        checked.append(Source(target, str(target)) if copied else source)
        repairs.append(done)
    return checked, repairs

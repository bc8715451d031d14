"""What `tuneset check` does once its options are read: repair where it is asked for, check, and print.

A module of its own, because it is loaded while the workers load theirs.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from tuneset import artifacts
from tuneset.api.settings import rule_settings
from tuneset.cli.common import STDIN_NAME
from tuneset.errors import UsageError
from tuneset.params import load_params
from tuneset.reporting import findings_ci, findings_text
from tuneset.rules.engine.check_context import context_of
from tuneset.rules.engine.file_check import FileReport, MapTasks, Repaired, Source, check_files
from tuneset.rules.engine.fix import fix_file, fixed_path
from tuneset.rules.repairs.registry import wanted
from tuneset.terms import Format, Severity


class Choice(NamedTuple):
    """Which rules are asked: the options of the command, None where params.yaml decides."""

    format: Format | Literal["auto"]
    profile: str | None
    model: str | None
    ignore: tuple[str, ...]
    severity: Mapping[str, Severity]
    grader: Path | None


class Mending(NamedTuple):
    """Whether a repaired copy is written, or the file itself is replaced."""

    wanted: bool
    in_place: bool


def run(named: Sequence[tuple[Path, str]], choice: Choice, mending: Mending, map_tasks: MapTasks) -> list[FileReport]:
    """Check files, each given with the name to report. Raises UsageError for an unknown rule before any is read."""
    params = load_params(None)
    settings = rule_settings(params, choice.profile, choice.model, choice.ignore, choice.severity)
    context_of(settings)
    definition = artifacts.read_json(choice.grader) if choice.grader is not None else None
    sources = [Source(path, name, checks_name=name != STDIN_NAME) for path, name in named]
    repairs: list[list[Repaired]] = [[] for _ in sources]
    if mending.wanted:
        repair = functools.partial(fix_file, asked=choice.format, settings=settings, wanted=wanted(params.clean.repair))
        sources, repairs = _fixed(sources, repair, in_place=mending.in_place)
    today = dt.datetime.now(tz=dt.UTC).date()
    reports = check_files(sources, choice.format, settings, map_tasks, grader=definition, today=today)
    return [dataclasses.replace(report, repairs=done) for report, done in zip(reports, repairs, strict=True)]


def show(reports: Sequence[FileReport], output: str) -> None:
    """Print the findings: text, json, junit, github or markdown."""
    if output == "json":
        findings_text.write_json(reports, sys.stdout.buffer)
        sys.stdout.flush()
    elif output == "junit":
        print(findings_ci.junit(reports))
    else:
        renderers = {"text": findings_text.text, "github": findings_ci.github, "markdown": findings_ci.markdown}
        for line in renderers[output](reports):
            print(line)


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

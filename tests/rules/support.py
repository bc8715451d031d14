"""Runs `check_files` on bytes, in this process, on a fixed day."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from tuneset.profile import load_profile
from tuneset.rules.context import Context
from tuneset.rules.engine.check_context import make_context
from tuneset.rules.engine.file_check import FileReport, MapTasks, Source, check_files
from tuneset.rules.engine.range_scan import Settings
from tuneset.rules.issue import Issue
from tuneset.terms import Finding, Format, Severity

TODAY = dt.date(2026, 11, 20)
VISION_MODEL = "gpt-4o-2024-08-06"


def reports(
    folder: Path,
    *contents: bytes,
    names: Sequence[str] = ("train.jsonl", "validation.jsonl"),
    asked: Format | Literal["auto"] = "auto",
    profile: str = "openai",
    model: str | None = None,
    ignore: tuple[str, ...] = ("DAT001",),
    severity: tuple[tuple[str, Severity], ...] = (),
    grader: object = None,
    map_tasks: MapTasks = map,
) -> list[FileReport]:
    """Reports on files with these contents; too few examples are no finding unless a test wants them."""
    sources = []
    for name, data in zip(names, contents, strict=False):
        path = folder / name
        if path.parent.is_dir():
            path.write_bytes(data)
        sources.append(Source(path, name))
    settings = Settings("sft", profile, model or load_profile(profile).default_model, ignore, severity)
    return list(check_files(sources, asked, settings, map_tasks, grader=grader, today=TODAY))


def findings(folder: Path, *contents: bytes, **options: Any) -> list[Finding]:  # noqa: ANN401  those of `reports`
    """All findings of `reports`."""
    return [found for report in reports(folder, *contents, **options) for found in report.findings]


def places(found: Sequence[Finding]) -> list[tuple[str, int, str]]:
    """Code, line and path of findings."""
    return [(one.code, one.line, one.path) for one in found]


def context(line_format: Format = "sft", profile: str = "openai", **options: Any) -> Context:  # noqa: ANN401  those of `make_context`
    """A context for tests of single examples."""
    chosen = load_profile(profile)
    return make_context(line_format, chosen, options.pop("model", chosen.default_model), **options)


def codes(issues: Sequence[Issue]) -> list[tuple[str, str]]:
    """Code and path of issues."""
    return [(issue.code, issue.path) for issue in issues]

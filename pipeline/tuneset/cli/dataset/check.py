"""`tuneset check`: everything in fine-tuning files that a provider would reject, with its place and the remedy."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from tuneset.cli import completion
from tuneset.cli.common import DownloadOption, TargetOption, WorkersOption
from tuneset.cli.dataset.named_files import named_sources
from tuneset.cli.progress import progress_of
from tuneset.errors import UsageError
from tuneset.execution.executor import open_executor
from tuneset.execution.stores.location import RemotePath, location
from tuneset.params import load_params
from tuneset.terms import Severity

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

Output = Literal["text", "concise", "json", "junit", "github", "markdown", "sarif"]


def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files, folders, globs; - reads standard input.")
    ],
    format_: Annotated[
        Literal["auto", "sft", "dpo", "rft", "kto"],
        typer.Option("--format", help="The format that every line must have."),
    ] = "auto",
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            autocompletion=completion.profiles,
            help="The provider's rules. Default: of params.yaml.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="The model to be trained; else none is judged.")
    ] = None,
    output: Annotated[Output, typer.Option("--output", help="How the findings are printed.")] = "text",
    fix: Annotated[bool, typer.Option("--fix", help="Write a repaired copy, FILE.fixed.jsonl, of each file.")] = False,
    in_place: Annotated[bool, typer.Option("--in-place", help="With --fix: replace the file itself.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would change, and change nothing.")] = False,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="RULES",
            autocompletion=completion.rules,
            help="Ask these alone: codes, names, families; commas between.",
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            metavar="RULES",
            autocompletion=completion.rules,
            help="Switch rules off: codes, names, families; commas between.",
        ),
    ] = None,
    per_file_ignores: Annotated[
        list[str] | None,
        typer.Option("--per-file-ignores", metavar="GLOB=RULES", help="Switch rules off for the files of a pattern."),
    ] = None,
    severity: Annotated[
        list[str] | None, typer.Option("--severity", metavar="RULE=LEVEL", help="error, warning or info for a rule.")
    ] = None,
    grader: Annotated[
        Path | None, typer.Option("--grader", metavar="FILE", help="The grader of a reinforcement job, as JSON.")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Tell and fail for what `tuneset baseline` does not know."),
    ] = None,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count the findings by rule, no more.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="End with 0 whatever is found.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Tell errors alone, nothing if there is none.")] = False,
    target: TargetOption = None,
    allow_download: DownloadOption = False,
    workers: WorkersOption = None,
) -> None:
    """Find everything that a provider would reject in fine-tuning files: exit 1 where there is an error."""
    if in_place and not fix:
        raise UsageError("--in-place without --fix", hint="add --fix")
    if diff and fix:
        raise UsageError("--diff with --fix", hint="--diff shows what --fix would change; give one of them")
    if fix and any(isinstance(location(file), RemotePath) for file in files):
        raise UsageError("--fix of what lies in a store", hint="copy it into a folder here, or leave --fix out")
    with named_sources(files) as named:
        total = sum(path.stat().st_size for path, _ in named if path.is_file())
        workers = workers or load_params(None).workers
        with progress_of(total) as progress, open_executor(workers, progress, brief=True) as executor:
            executor.broadcast("tuneset.rules.engine.range_scan", size=total)
            from tuneset.cli.dataset import check_run  # noqa: PLC0415  workers load theirs while this process loads its own

            choice = check_run.Choice(
                format_,
                profile,
                model,
                _listed(ignore),
                _severities(severity or []),
                grader,
                select=_listed(select),
                per_file=tuple(_per_file(one) for one in per_file_ignores or []),
                baseline=baseline,
                target=target,
                allow_download=allow_download,
            )
            if diff:
                raise typer.Exit(1 if check_run.show_diff(named, choice) and not exit_zero else 0)
            mended = check_run.Mending(wanted=fix, in_place=in_place)
            reports = check_run.run(named, choice, mended, functools.partial(executor.map, label="check", size=total))
    check_run.show(reports, "statistics" if statistics else output, quiet=quiet)
    counts = [severity_and_code for report in reports for severity_and_code in report.findings.counts()]
    if any(code == "FIL001" for _, code in counts):
        raise typer.Exit(3)
    if any(level == "error" for level, _ in counts) and not exit_zero:
        raise typer.Exit(1)


def _listed(names: Sequence[str] | None) -> tuple[str, ...]:
    """Rules as they are typed, with commas between or an option for each.

    >>> _listed(["TXT,DAT001", "invalid-json"])
    ('TXT', 'DAT001', 'invalid-json')
    """
    return tuple(part.strip() for name in names or () for part in name.split(",") if part.strip())


def _per_file(setting: str) -> tuple[str, tuple[str, ...]]:
    """`GLOB=RULES` as the pattern and the rules."""
    pattern, mark, rules = setting.rpartition("=")
    if not mark or not pattern or not _listed([rules]):
        raise UsageError(f"--per-file-ignores {setting}: is not GLOB=RULES", allowed="as in val*.jsonl=DAT001,TXT")
    return pattern, _listed([rules])


def _severities(settings: Sequence[str]) -> dict[str, Severity]:
    """`RULE=LEVEL` options as a mapping."""
    found: dict[str, Severity] = {}
    for setting in settings:
        name, _, level = setting.partition("=")
        match = next((known for known in _SEVERITIES if known == level), None)
        if match is None:
            raise UsageError(
                f"--severity {setting}: is not RULE=LEVEL", allowed="error, warning or info, as in TXT004=error"
            )
        found[name] = match
    return found

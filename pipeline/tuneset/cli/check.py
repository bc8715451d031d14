"""`tuneset check`: everything in fine-tuning files that a provider would reject, with its place and the remedy."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import glob
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tuneset.cli.common import progress_of
from tuneset.errors import InputError, UsageError
from tuneset.execution.executor import open_executor
from tuneset.params import load_params
from tuneset.terms import Format, Severity

if TYPE_CHECKING:  # loaded where they are used, so that --help is fast
    from tuneset.rules.engine.file_check import FileReport, Source
    from tuneset.rules.engine.range_scan import Settings

STDIN = "-"
STDIN_NAME = "<stdin>"
_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

Output = Literal["text", "json", "junit", "github", "markdown"]


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files or globs; - reads standard input.")],
    format_: Annotated[
        Literal["auto", "sft", "dpo", "rft"], typer.Option("--format", help="The format that every line must have.")
    ] = "auto",
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="The provider's rules. Default: of params.yaml.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="The model to be trained. Default: the profile's.")
    ] = None,
    output: Annotated[Output, typer.Option("--output", help="How the findings are printed.")] = "text",
    fix: Annotated[bool, typer.Option("--fix", help="Write a repaired copy, FILE.fixed.jsonl, of each file.")] = False,
    in_place: Annotated[bool, typer.Option("--in-place", help="With --fix: replace the file itself.")] = False,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="RULE", help="Switch a rule off, by code or name.")
    ] = None,
    severity: Annotated[
        list[str] | None, typer.Option("--severity", metavar="RULE=LEVEL", help="error, warning or info for a rule.")
    ] = None,
    grader: Annotated[
        Path | None, typer.Option("--grader", metavar="FILE", help="The grader of a reinforcement job, as JSON.")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes. Default: one a core.")] = None,
) -> None:
    """Find everything that a provider would reject in fine-tuning files: exit 1 where there is an error."""
    if in_place and not fix:
        raise UsageError("--in-place without --fix", hint="add --fix")
    with named_sources(files) as named:
        total = sum(path.stat().st_size for path, _ in named if path.is_file())
        with progress_of(total) as progress, open_executor(workers, progress, brief=True) as executor:
            executor.broadcast("tuneset.rules.engine.range_scan", size=total)
            from tuneset import artifacts  # noqa: PLC0415  keeps --help fast
            from tuneset.api.settings import rule_settings  # noqa: PLC0415  the same
            from tuneset.rules.engine.file_check import Source, check_files  # noqa: PLC0415  the same
            from tuneset.rules.engine.range_scan import context_of  # noqa: PLC0415  the same

            settings = rule_settings(load_params(None), profile, model, ignore or [], _severities(severity or []))
            context_of(settings)  # an unknown rule is said before anything is read
            definition = artifacts.read_json(grader) if grader is not None else None
            sources = [Source(path, name, checks_name=name != STDIN_NAME) for path, name in named]
            repairs: list[list[tuple[int, str]]] = [[] for _ in sources]
            if fix:
                sources, repairs = _fixed(sources, format_, settings, in_place=in_place)
            today = dt.datetime.now(tz=dt.UTC).date()
            map_tasks = functools.partial(executor.map, label="check", size=total)
            reports = list(check_files(sources, format_, settings, map_tasks, grader=definition, today=today))
    reports = [dataclasses.replace(report, repairs=done) for report, done in zip(reports, repairs, strict=True)]
    _print(reports, output)
    counts = [severity_and_code for report in reports for severity_and_code in report.findings.counts()]
    if any(code == "FIL001" for _, code in counts):
        raise typer.Exit(3)
    if any(level == "error" for level, _ in counts):
        raise typer.Exit(1)


def _fixed(
    sources: Sequence[Source], asked: Format | Literal["auto"], settings: Settings, *, in_place: bool
) -> tuple[list[Source], list[list[tuple[int, str]]]]:
    """Repair each file, in place or as a copy beside it; what is to be checked now, and what was repaired."""
    from tuneset.rules.engine.file_check import Source  # noqa: PLC0415  keeps --help fast
    from tuneset.rules.engine.fix import fix_file, fixed_path  # noqa: PLC0415  the same

    checked, repairs = [], []
    for source in sources:
        if not source.checks_name:
            raise UsageError("--fix cannot write to standard input", hint="save it to a file first")
        target = source.path if in_place else fixed_path(source.path)
        done = fix_file(source, target, asked, settings) if source.path.is_file() else []
        copied = bool(done) or (target.is_file() and not in_place and source.path.is_file())
        checked.append(Source(target, str(target)) if copied else source)
        repairs.append(done)
    return checked, repairs


def _print(reports: Sequence[FileReport], output: Output) -> None:
    from tuneset.reporting import findings_ci, findings_text  # noqa: PLC0415  keeps --help fast

    if output == "json":
        findings_text.write_json(reports, sys.stdout.buffer)
        sys.stdout.flush()
    elif output == "junit":
        print(findings_ci.junit(reports))
    else:
        renderers = {"text": findings_text.text, "github": findings_ci.github, "markdown": findings_ci.markdown}
        for line in renderers[output](reports):
            print(line)


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


@contextmanager
def named_sources(files: Sequence[str]) -> Iterator[list[tuple[Path, str]]]:
    """The files that are meant, with the names to report: globs expanded, standard input as a temporary file."""
    names: list[str] = []
    for file in files:
        # A shell expands globs itself; quoted ones, and those of other systems, arrive here.
        is_pattern = glob.has_magic(file) and not Path(file).exists()
        matches = sorted(glob.glob(file, recursive=True)) if is_pattern else [file]  # noqa: PTH207  may be absolute
        if not matches:
            raise InputError(f"{file}: no file matches")
        names += matches
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for name in dict.fromkeys(names):
            if name == STDIN:
                copy = Path(folder) / "stdin.jsonl"
                with copy.open("wb") as out:
                    shutil.copyfileobj(sys.stdin.buffer, out, 1 << 20)
                sources.append((copy, STDIN_NAME))
            else:
                sources.append((Path(name), name))
        yield sources

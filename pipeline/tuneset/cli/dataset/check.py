"""`tuneset check`: everything in fine-tuning files that a provider would reject, with its place and the remedy."""

from __future__ import annotations

import functools
import glob
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from tuneset.cli.common import STDIN_NAME, progress_of
from tuneset.errors import InputError, UsageError
from tuneset.execution.executor import open_executor
from tuneset.terms import Severity

STDIN = "-"
_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

Output = Literal["text", "json", "junit", "github", "markdown"]


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files or globs; - reads standard input.")],
    format_: Annotated[
        Literal["auto", "sft", "dpo", "rft", "kto"],
        typer.Option("--format", help="The format that every line must have."),
    ] = "auto",
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="The provider's rules. Default: of params.yaml.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="The model to be trained; else none is judged.")
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
            from tuneset.cli.dataset import check_run  # noqa: PLC0415  workers load theirs while this process loads its own

            choice = check_run.Choice(format_, profile, model, tuple(ignore or ()), _severities(severity or []), grader)
            mended = check_run.Mending(wanted=fix, in_place=in_place)
            reports = check_run.run(named, choice, mended, functools.partial(executor.map, label="check", size=total))
    check_run.show(reports, output)
    counts = [severity_and_code for report in reports for severity_and_code in report.findings.counts()]
    if any(code == "FIL001" for _, code in counts):
        raise typer.Exit(3)
    if any(level == "error" for level, _ in counts):
        raise typer.Exit(1)


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

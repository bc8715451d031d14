"""`tuneset baseline`: today's findings as a file, by which `tuneset check --baseline` fails for new ones alone."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated, Literal

import typer

from tuneset import artifacts
from tuneset.cli import completion
from tuneset.cli.common import OutputOption, print_result, progress_of
from tuneset.cli.dataset import check_run
from tuneset.cli.dataset.named_files import named_sources
from tuneset.execution.executor import open_executor
from tuneset.rules.engine import baseline as known


def baseline(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, folders or globs, as of `check`.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The baseline to write.")],
    format_: Annotated[
        Literal["auto", "sft", "dpo", "rft", "kto"], typer.Option("--format", help="As of `check`.")
    ] = "auto",
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", autocompletion=completion.profiles, help="As of `check`.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="As of `check`.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes. Default: one a core.")] = None,
    output: OutputOption = "text",
) -> None:
    """Write today's findings of `check` as a baseline: line hashes by file and rule, no value of a row."""
    with named_sources(files) as named:
        total = sum(path.stat().st_size for path, _ in named if path.is_file())
        with progress_of(total) as progress, open_executor(workers, progress, brief=True) as executor:
            map_tasks = functools.partial(executor.map, label="check", size=total)
            choice = check_run.Choice(format_, profile, model)
            reports = check_run.run(named, choice, check_run.Mending(), map_tasks)
        document = known.baseline(zip(reports, (path for path, _ in named), strict=True))
    artifacts.write_json(out, document)
    found = sum(len(report.findings) for report in reports)
    lines = [
        f"{found:,} findings are known now, of {len(reports):,} file{'' if len(reports) == 1 else 's'}: {out}",
        f"next: tuneset check {' '.join(files)} --baseline {out}",
    ]
    told = {"schema_version": 1, "baseline": str(out), "findings": found, "files": len(reports)}
    print_result(output, told, lines)

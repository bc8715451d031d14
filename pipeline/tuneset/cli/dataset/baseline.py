"""`tuneset baseline`: how things stand today as a file, by which only what gets worse fails.

It has two parts. `files` are the findings of `check` line by line, for `check --baseline`; `rates`, of a made dataset
alone, are for the gate's `gate.baseline`.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tuneset import artifacts, dataset_folder
from tuneset.cli import completion
from tuneset.cli.common import OutputOption, WorkersOption, print_result
from tuneset.cli.dataset import check_run
from tuneset.cli.dataset.named_files import named_sources
from tuneset.cli.progress import progress_of
from tuneset.errors import UsageError
from tuneset.execution.comparison import rates
from tuneset.execution.executor import open_executor
from tuneset.figures import number_of
from tuneset.params import load_params
from tuneset.rules.engine import baseline as known


def baseline(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Files, folders or globs, as of `check`; or the folder of a dataset."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The baseline to write.")],
    rates_only: Annotated[
        bool, typer.Option("--rates", help="Of a dataset only its rates, for gate.baseline, and no finding.")
    ] = False,
    format_: Annotated[
        Literal["auto", "sft", "dpo", "rft", "kto"], typer.Option("--format", help="As of `check`.")
    ] = "auto",
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", autocompletion=completion.profiles, help="As of `check`.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="As of `check`.")] = None,
    workers: WorkersOption = None,
    output: OutputOption = "text",
) -> None:
    """Write today's findings of `check`, and a dataset's rates, as a baseline: no value of a row."""
    made = Path(files[0]) if len(files) == 1 and dataset_folder.is_dataset(Path(files[0])) else None
    document: dict[str, Any] = {"schema_version": known.SCHEMA_VERSION, "files": {}}
    if made is not None and dataset_folder.find(made).metrics.is_file():
        document["rates"] = rates.of_folder(dataset_folder.find(made))
    elif rates_only:
        raise UsageError(
            f"--rates: {' '.join(files)} is no dataset with a metrics.json",
            allowed="the folder that `prepare --out` left, or the data folder of the stages",
        )
    if not rates_only:
        document |= _findings(files, check_run.Choice(format_, profile, model), workers)
    artifacts.write_json(out, document)
    told: dict[str, Any] = {"schema_version": 1, "baseline": str(out)}
    lines = []
    if not rates_only:
        number = len(document["files"])
        by_rule = (counts for of_file in document["files"].values() for counts in of_file.values())
        found = sum(count for counts in by_rule for count in counts.values())
        told |= {"findings": found, "files": number}
        lines.append(f"{found:,} findings are known now, of {number_of(number, 'file')}: {out}")
        lines.append(f"next: tuneset check {' '.join(files)} --baseline {out}")
    if "rates" in document:
        told["rates"] = len(document["rates"])
        lines.append(f"{len(document['rates']):,} rates of the dataset: {out}")
        lines.append(f"next: set gate.baseline: {out} in params.yaml; the gate fails where a rate gets worse")
    print_result(output, told, lines)


def _findings(files: list[str], choice: check_run.Choice, workers: int | None) -> dict[str, Any]:
    """The findings of all files, as a baseline."""
    with named_sources(files) as named:
        total = sum(path.stat().st_size for path, _ in named if path.is_file())
        workers = workers or load_params(None).workers
        with progress_of(total) as progress, open_executor(workers, progress, brief=True) as executor:
            map_tasks = functools.partial(executor.map, label="check", size=total)
            reports = check_run.run(named, choice, check_run.Mending(), map_tasks)
        return known.baseline(zip(reports, (path for path, _ in named), strict=True))

"""`tuneset plan DATASET`: where a dataset can go, and what it would cost there."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

import typer

from tuneset.api import plan as api
from tuneset.cli.common import DownloadOption, ParamsOption, WorkersOption, print_json
from tuneset.cli.progress import progress_of
from tuneset.execution.target_files import make_ready
from tuneset.params import load_params
from tuneset.profile import profile_names
from tuneset.reporting import plan_table


def plan(
    dataset: Annotated[
        Path, typer.Argument(metavar="DATASET", help="A file of training lines, or the folder that prepare wrote.")
    ],
    params: ParamsOption = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            metavar="MODEL",
            help="An open model whose files are here, for exact tokens: a folder of that name, HUB_MODEL=FOLDER, or a "
            "hub name. Can be repeated. Those in the hub's cache count anyway.",
        ),
    ] = None,
    allow_download: DownloadOption = False,
    output: Annotated[
        Literal["text", "json", "markdown"], typer.Option("--output", help="How the plan is printed.")
    ] = "text",
    workers: WorkersOption = None,
) -> None:
    """Show where a dataset can be trained, and what it would cost there: every model of every provider."""
    settings = load_params(params)
    targets = target or []
    for name in targets:
        make_ready(settings.target, name.rpartition("=")[2], allow_download=allow_download)
    size = sum(path.stat().st_size for path in api.dataset_files(dataset))
    today = dt.datetime.now(tz=dt.UTC).date()
    with progress_of(size * len(profile_names())) as progress:
        found = api.plan(dataset, settings, workers or settings.workers, today, progress, targets)
    if output == "json":
        print_json(plan_table.document(found))
        return
    for line in plan_table.markdown(found) if output == "markdown" else plan_table.text(found):
        print(line)

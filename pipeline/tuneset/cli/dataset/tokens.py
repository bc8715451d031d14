"""`tuneset tokens`: how many tokens files have, and what training on them would cost."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from tuneset.api.token_count import count_files
from tuneset.cli import completion
from tuneset.cli.common import DownloadOption, OutputOption, TargetOption, WorkersOption, print_json, print_lines
from tuneset.cli.dataset.named_files import named_sources
from tuneset.cli.progress import progress_of
from tuneset.execution.target_files import make_ready
from tuneset.params import load_params
from tuneset.reporting import token_table


def tokens(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files, folders, globs; - reads standard input.")
    ],
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="The model to be trained. Default: of params.yaml.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            autocompletion=completion.profiles,
            help="Whose model it is. Default: of params.yaml.",
        ),
    ] = None,
    target: TargetOption = None,
    allow_download: DownloadOption = False,
    output: OutputOption = "text",
    workers: WorkersOption = None,
) -> None:
    """Show tokens by file: totals, percentiles, a histogram, the longest examples, epochs and cost."""
    settings = load_params(None)
    make_ready(settings.target, target, allow_download=allow_download)
    with named_sources(files) as sources:
        total = sum(path.stat().st_size for path, _ in sources if path.is_file())
        with progress_of(total) as progress:
            counted = count_files(sources, settings, profile, model, workers or settings.workers, progress, target)
    today = dt.datetime.now(tz=dt.UTC).date()
    if output == "json":
        print_json(token_table.document(counted, today))
        return
    print_lines(token_table.text(counted, today))

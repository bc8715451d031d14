"""`tuneset overlap`: what two sets have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tuneset.cli.common import ParamsOption, SetOption, print_result
from tuneset.cli.progress import shown_progress
from tuneset.execution.comparison.overlap import compare
from tuneset.execution.executor import open_executor
from tuneset.params import load_params
from tuneset.reporting import overlap_table


def overlap(
    first: Annotated[Path, typer.Argument(metavar="A", help="A file, a folder of files, or what `prepare` wrote.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="The other one.")],
    params: ParamsOption = None,
    set_: SetOption = None,
    output: Annotated[
        Literal["text", "json", "markdown"], typer.Option("--output", help="How the result is printed.")
    ] = "text",
) -> None:
    """Show what two sets have in common, both ways: equal, nearly equal, word for word, and about the same thing."""
    settings = load_params(params, set_ or [])
    with shown_progress() as progress, open_executor(settings.workers, progress, brief=True) as executor:
        document = compare(first, second, settings, executor)
    print_result(output, document, overlap_table.lines(document, markdown=output == "markdown"))

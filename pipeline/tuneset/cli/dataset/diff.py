"""`tuneset diff`: what two versions of a dataset have in common and what not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from tuneset.cli.common import ParamsOption, SetOption, print_json, print_lines
from tuneset.cli.progress import progress_of
from tuneset.execution.comparison.difference import compare
from tuneset.execution.executor import open_executor
from tuneset.params import load_params
from tuneset.reporting import diff_text
from tuneset.reporting.colour import wants_colour

SHOWN = 5
_SHARE = "Exit 1 where there are more, as a share of the rows of A. Default: diff.max_{} of params.yaml."


def diff(
    first: Annotated[
        str,
        typer.Argument(metavar="A", help="A folder that `prepare` left, a file, or a git revision: rev:NAME."),
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="The other one.")],
    params: ParamsOption = None,
    set_: SetOption = None,
    max_added: Annotated[float | None, typer.Option("--max-added", min=0, help=_SHARE.format("added"))] = None,
    max_gone: Annotated[float | None, typer.Option("--max-gone", min=0, help=_SHARE.format("gone"))] = None,
    max_moved: Annotated[float | None, typer.Option("--max-moved", min=0, help=_SHARE.format("moved"))] = None,
    max_changed: Annotated[float | None, typer.Option("--max-changed", min=0, help=_SHARE.format("changed"))] = None,
    show: Annotated[int, typer.Option("--show", min=0, help="Rows of each kind that are named.")] = SHOWN,
    output: Annotated[
        Literal["text", "json", "markdown"], typer.Option("--output", help="How the result is printed.")
    ] = "text",
) -> None:
    """Show which rows were added, went, moved between sides and changed from A to B, why, and what shifted."""
    limits = {"added": max_added, "gone": max_gone, "moved": max_moved, "changed": max_changed}
    asked = [f"diff.max_{name}={limit}" for name, limit in limits.items() if limit is not None]
    settings = load_params(params, [*(set_ or []), *asked])
    size = sum(_size(Path(name)) for name in (first, second))
    with progress_of(size) as progress, open_executor(settings.workers, progress, brief=True) as executor:
        document = compare(first, second, settings, executor, show)
    if output == "json":
        print_json(document)
    else:
        told = diff_text.markdown(document) if output == "markdown" else None
        print_lines(told or diff_text.lines(document, colour=wants_colour(sys.stdout)))
    if not document["passed"]:
        failed = [f"diff.{name}" for name, one in document["limits"].items() if not one["passed"]]
        print(f"\nmore than {', '.join(failed)} allows", file=sys.stderr)
        raise typer.Exit(1)


def _size(path: Path) -> int:
    """Bytes of a file, or of the lines in a folder; of a revision nobody knows before."""
    files = path.rglob("*.jsonl") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())

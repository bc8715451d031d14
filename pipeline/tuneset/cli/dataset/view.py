"""`tuneset view`: look at the rows of a dataset or of files, find some again, and mark them."""

from __future__ import annotations

import getpass
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tuneset import review_marks
from tuneset.cli.common import OutputOption, ParamsOption, TargetOption, print_json
from tuneset.cli.progress import shown_progress
from tuneset.errors import UsageError
from tuneset.params import Params, load_params, parse_params
from tuneset.profile import load_profile
from tuneset.rules.engine.check_context import Settings
from tuneset.targets.target import Target, find_target
from tuneset.viewing import server
from tuneset.viewing import terminal as terminal_view
from tuneset.viewing.filters import Wanted, wanted
from tuneset.viewing.marks import Marks
from tuneset.viewing.one_row import RowJudge
from tuneset.viewing.open_rows import LEDGER, open_rows, without_ledger
from tuneset.viewing.rows import Rows
from tuneset.viewing.viewer import Viewer

ID_DIGITS = 16
"""Of a row id; a number of a row has fewer."""


def view(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="DATASET|FILE...", help="The folder that prepare wrote, or files to look at."),
    ],
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", "-f", metavar="NAME=VALUE", help="Only such rows, as side=validation, code=DUP, text=refund."
        ),
    ] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="Show the rows here instead of on a page.")] = False,
    row: Annotated[
        str | None, typer.Option("--row", metavar="N|ID", help="With --terminal: one row in full, by number or id.")
    ] = None,
    start: Annotated[int, typer.Option("--start", min=0, help="With --terminal: the first row to list.")] = 0,
    host: Annotated[str, typer.Option(help="Address of the page; any but this machine's own needs --token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 picks a free one.")] = 0,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="TUNESET_VIEW_TOKEN", help="Who looks must know it; let the page be reached from elsewhere."
        ),
    ] = None,
    review: Annotated[
        Path | None,
        typer.Option(
            "--review", metavar="FILE", help="Where labels and edits go. Default: review.jsonl beside the data."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Who sets labels. Default: your name on this machine.")
    ] = None,
    target: TargetOption = None,
    params: ParamsOption = None,
    output: OutputOption = "text",
) -> None:
    """Look at the rows of a dataset or of files on a page of this machine; find, label and edit them."""
    filters = wanted(_pair(text) for text in where or [])
    chosen = load_params(params)
    with tempfile.TemporaryDirectory(prefix="tuneset-view-") as scratch:
        with shown_progress() as progress:
            rows = open_rows(paths, chosen, Path(scratch), progress)
        for folder in without_ledger(paths):
            told = f"{folder}: has no {LEDGER}; dropped rows and where rows came from are not shown"
            print(f"{told}\n  do: run `tuneset prepare` again", file=sys.stderr)
        of_run = _params_of(rows, chosen)
        marks = Marks(review or _review_file(rows, chosen), rows, name or getpass.getuser())
        viewer = Viewer(rows, of_run, _judge(of_run, chosen, target), marks, Path(scratch))
        if terminal or row is not None or output == "json":
            viewer.read_dropped()
        if output == "json":
            print_json({"schema_version": 1, "rows": list(viewer.all_rows(filters))})
        elif terminal or row is not None:
            _show(viewer, filters, start, row)
        else:
            server.serve(viewer, host, port, token, _ready)
        rows.close()


def _ready(address: str) -> None:
    print(f"look at {address} (stop with Ctrl-C)", file=sys.stderr, flush=True)


def _show(viewer: Viewer, filters: Wanted, start: int, row: str | None) -> None:
    """Rows in this terminal; with keys where somebody sits at it."""
    console = Console(highlight=False)
    if row is not None:
        terminal_view.print_row(viewer, viewer.row_of(row) if len(row) == ID_DIGITS else _number(row), console)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        terminal_view.browse(viewer, filters, start, console)
    else:
        terminal_view.print_list(viewer, filters, start, console)


def _number(row: str) -> int:
    if not row.isdecimal():
        raise UsageError(f"--row {row}: is no row", allowed="its number in the list, or its id of 16 hex digits")
    return int(row)


def _pair(text: str) -> tuple[str, str]:
    """A filter as it is written.

    >>> _pair("column=label=true")
    ('column', 'label=true')
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--filter {text}: is not understood", allowed="NAME=VALUE, such as side=validation")
    return name, value


def _params_of(rows: Rows, chosen: Params) -> Params:
    """The params of the run that wrote what is looked at; those that were named where there was none."""
    made = rows.manifest.get("params")
    if made is None:
        return chosen
    try:
        return parse_params(dict(made), "the params of manifest.json")
    except UsageError:  # of another version
        return chosen


def _review_file(rows: Rows, chosen: Params) -> Path:
    """The file of the review that params of the run or of this folder name; else the one beside the data."""
    of_run = rows.manifest.get("params", {}).get("review", {}).get("file")
    named = of_run or chosen.review.file
    return Path(named) if named else rows.folder / review_marks.REVIEW_FILE


def _judge(of_run: Params, chosen: Params, target: str | None) -> RowJudge:
    """By which rules and tokens rows are judged: those of the run, unless an option names another target."""
    profile = load_profile(of_run.endpoint.profile)
    settings = Settings(
        "sft",
        profile.name,
        of_run.tune.model,
        tuple(of_run.validation.ignore),
        tuple(sorted(of_run.validation.severity.items())),
        reasoning=of_run.clean.reasoning in ("keep", "last"),
    )
    return RowJudge(settings, _target(of_run, target or chosen.target.model or of_run.target.model, target))


def _target(params: Params, local: str | None, named: str | None) -> Target:
    profile = load_profile(params.endpoint.profile)
    own = params.target
    template = None if named else own.template
    try:
        return find_target(
            params.tune.model, profile, params.tokenize.encoding, local=local, template=template, recipe=own.recipe
        )
    except UsageError:
        if named is not None:
            raise
        return find_target(params.tune.model, profile, params.tokenize.encoding)  # its files are on another machine

"""What all commands share: their common options, progress on stderr, and how a result is printed.

Results go to stdout, everything else to stderr. No command does its own error handling: `main.run` does.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tuneset.artifacts import json_bytes
from tuneset.cli import completion
from tuneset.dataset_folder import DEFAULT_DATA
from tuneset.execution.progress import Progress, no_progress

ParamsOption = Annotated[
    Path | None,
    typer.Option("--params", metavar="FILE", help="Params file. Default: params.yaml in this folder, if there is one."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        autocompletion=completion.params,
        help="Set one param, such as split.validation=0.2. Can be repeated.",
    ),
]
DataOption = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="The data folder that the stages share.", show_default=True)
]
DatasetArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="DATASET",
        help="The folder that `prepare --out` left. Default: the dataset of the data folder.",
        show_default=False,
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="MODEL",
        help="A model whose files are here: a folder with tokenizer.json, an installed package that holds one, or a "
        "hub name in the cache. Default: target.model of params.yaml.",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Processes. Default: workers of params.yaml, else one a core."),
]
OutputOption = Annotated[Literal["text", "json"], typer.Option("--output", help="How the result is printed.")]

DATA = DEFAULT_DATA
"""The data folder, where no other is named."""

STDIN_NAME = "<stdin>"
"""What standard input is called where a file has its path."""

SHOWN_BYTES = 32 << 20
"""Brief work on fewer bytes shows no progress."""

PLAIN_INTERVAL_S = 2.0  # a log line about every two seconds is progress; more is noise


def print_json(document: Any) -> None:  # noqa: ANN401  any JSON document
    """Print one JSON document, the command's whole result."""
    sys.stdout.buffer.write(json_bytes(document))
    sys.stdout.flush()


def print_result(output: str, document: Any, lines: list[str]) -> None:  # noqa: ANN401  any JSON document
    """The result on stdout, as one JSON document or as lines."""
    if output == "json":
        print_json(document)
    else:
        print("\n".join(lines))


@contextlib.contextmanager
def shown_progress() -> Iterator[Progress]:
    """Yield progress on stderr: a live bar where stderr is a terminal, a line now and then where it is not."""
    if sys.stderr.isatty():
        with _live_progress() as progress:
            yield progress
    else:
        yield _plain_progress()


def progress_of(size: int) -> contextlib.AbstractContextManager[Progress]:
    """Progress of brief work on so many bytes: nobody watches what is over in a second."""
    return shown_progress() if size >= SHOWN_BYTES else contextlib.nullcontext(no_progress)


@contextlib.contextmanager
def _live_progress() -> Iterator[Progress]:
    from rich import progress as bars  # noqa: PLC0415  0.04 s that a run without a terminal does without
    from rich.console import Console  # noqa: PLC0415  as above

    columns = (
        bars.TextColumn("{task.description:28}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("shards"),
    )
    with bars.Progress(*columns, bars.TimeElapsedColumn(), console=Console(stderr=True)) as live:
        tasks: dict[str, Any] = {}

        def progress(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = live.add_task(label, total=total)
            live.update(tasks[label], completed=done, total=total)

        yield progress


def _plain_progress() -> Progress:
    said_at = 0.0

    def progress(label: str, done: int, total: int) -> None:
        nonlocal said_at
        now = time.monotonic()
        if total and (done == total or now - said_at >= PLAIN_INTERVAL_S):
            print(f"{label}: {done} of {total} shards", file=sys.stderr, flush=True)
            said_at = now

    return progress

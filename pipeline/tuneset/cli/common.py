"""What all commands share: their common options, and how a result is printed.

Results go to stdout, everything else to stderr. No command does its own error handling: `main.run` does.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO

import typer

from tuneset.artifacts import json_bytes, read_json
from tuneset.cli import completion
from tuneset.dataset_folder import DEFAULT_DATA
from tuneset.errors import InputError

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
        help="A model whose files are here: a folder with tokenizer.json, tekken.json or a known file of tiktoken, an "
        "installed package (PACKAGE:FILE where it holds several), or a hub name in the cache. Default: "
        "target.model of params.yaml.",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Processes. Default: workers of params.yaml, else one a core."),
]
DownloadOption = Annotated[
    bool,
    typer.Option(
        "--allow-download",
        help="Fetch the target's vocabulary and template from the hub where they are not here: ORGANISATION/MODEL, or "
        "ORGANISATION/MODEL@REVISION.",
    ),
]
OutputOption = Annotated[Literal["text", "json"], typer.Option("--output", help="How the result is printed.")]

DATA = DEFAULT_DATA
"""The data folder, where no other is named."""

WIDTH = 80
"""What text for people fits."""

STDIN_NAME = "<stdin>"
"""What standard input is called where a file has its path."""


def broken(text: str, stream: TextIO) -> str:
    """A text with its lines broken where they are wider than the terminal that it goes to; a file gets it as it is.

    What a line is continued with stands below it, further in. A name is not broken.
    """
    if not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return "\n".join(part for line in text.split("\n") for part in _broken(line, width))


def _broken(line: str, width: int) -> list[str]:
    """A line in parts.

    >>> _broken("  do: list them, or leave them away", 20)
    ['  do: list them, or', '    leave them away']
    """
    if len(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    first, *rest = textwrap.wrap(
        line, width, subsequent_indent=indent, drop_whitespace=False, break_long_words=False, break_on_hyphens=False
    )
    return [first.rstrip(), *(indent + part.strip() for part in rest)]


def made_metrics(path: Path) -> dict[str, Any]:
    """The metrics of a dataset that was made. Raises InputError, with what makes them, where there are none."""
    if not path.is_file():
        raise InputError(
            f"{path}: is missing",
            hint="make the dataset: `tuneset prepare RAW... --out DIR`, or the stages up to `tuneset report`",
        )
    metrics: dict[str, Any] = read_json(path)
    return metrics


def print_lines(lines: Iterable[str]) -> None:
    """A result for a person on stdout."""
    for line in lines:
        print(broken(line, sys.stdout))


def print_json(document: Any) -> None:  # noqa: ANN401  any JSON document
    """Print one JSON document, the command's whole result."""
    sys.stdout.buffer.write(json_bytes(document))
    sys.stdout.flush()


def print_result(output: str, document: Any, lines: list[str]) -> None:  # noqa: ANN401  any JSON document
    """The result on stdout, as one JSON document or as lines."""
    if output == "json":
        print_json(document)
    else:
        print_lines(lines)

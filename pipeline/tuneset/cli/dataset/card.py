"""`tuneset card DATASET`: what is told of a dataset to those who get it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuneset import artifacts
from tuneset.cli.common import OutputOption, print_json, print_result
from tuneset.cli.progress import progress_of
from tuneset.dataset_folder import find
from tuneset.errors import UsageError
from tuneset.writing.cards import facts, registry


def card(
    dataset: Annotated[
        Path, typer.Argument(metavar="DATASET", help="The folder that `prepare --out` left, or a data folder.")
    ],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="CARD",
            help=f"{'; '.join(f'{one.name}: {one.title}' for one in registry.CARDS)}. Default: all, into --out.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the files go. Without it the one card of --to is printed."),
    ] = None,
    output: OutputOption = "text",
) -> None:
    """Write what is told of a dataset: a card for the Hub, Croissant, and the EU's summary of training content."""
    chosen = registry.CARDS if to is None else (registry.card(to),)
    if out is None and to is None:
        raise UsageError("which card is to be printed?", allowed="--to CARD to print one, --out DIR to write files")
    files = [] if out is None else [out / one.file for one in chosen]
    for file in files:
        if file.exists():
            raise UsageError(f"{file}: is there already", hint="remove it, or name another folder")
    folder = find(dataset)
    with progress_of(sum(path.stat().st_size for path in folder.sides.values())) as progress:
        known = facts.read(folder, progress)
    texts = [one.text(known) for one in chosen]
    if files:
        for file, text in zip(files, texts, strict=True):
            artifacts.write_bytes(file, text.encode())
        names = [str(file) for file in files]
        print_result(output, {"schema_version": 1, "files": names}, [f"cards    {', '.join(names)}"])
    elif output == "json":
        print_json({"schema_version": 1, "card": to, "file": chosen[0].file, "text": texts[0]})
    else:
        print(texts[0], end="")

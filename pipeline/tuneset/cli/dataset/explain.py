"""`tuneset explain FILE:LINE`: one row's whole story, from the ledger and the raw file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuneset import ledger
from tuneset.cli.common import OutputOption, print_json
from tuneset.dataset_folder import SIDES
from tuneset.errors import InputError
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import RemotePath, location

PLACES = (Path("data/reports"), Path(), Path("out"))
_LEDGER = "ledger.parquet"
_SIDE_FILES = tuple(f"{side}.jsonl" for side in SIDES)
_TOLD = tuple(f"{folder}{name}" for folder in ("", "reports/") for name in (_LEDGER, "manifest.json", "metrics.json"))
"""What is read of a dataset in a store: not its lines, which may be many."""


def explain(
    place: Annotated[
        str,
        typer.Argument(
            metavar="FILE:LINE[:EXAMPLE]",
            help="A line of a raw file, or of a written one such as train.jsonl; all numbers from 1.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder that prepare wrote. Default: data/reports.")
    ] = None,
    texts: Annotated[
        bool, typer.Option("--texts", help="Show the texts before and after each change, without private data.")
    ] = False,
    output: OutputOption = "text",
) -> None:
    """Tell what became of a raw row, and why; of a written line, which raw row it is."""
    named = ledger.parse_place(place)
    given = location(out) if out is not None else _folder(named)
    from tuneset.api import explain as api  # noqa: PLC0415  it loads what cleaning needs, which takes a moment

    with local_copies.to_read(given, _TOLD) as here:
        folder = here
        if isinstance(given, RemotePath):
            folder = here / "reports" if (here / "reports" / _LEDGER).is_file() else here
            if not (folder / _LEDGER).is_file():
                raise InputError(f"{given}: no ledger here", hint="name the folder that `tuneset prepare` wrote")
            if named.source in _written_in(given):
                place = location(named.source).name + place[len(named.source) :]
        told = api.explain(place, folder)
        if output == "json":
            print_json(told.document() | ({"texts": told.texts()} if texts else {}))
            return
        print(told)
        if texts:
            print(f"\n{told.texts()}")


def _written_in(given: RemotePath) -> list[str]:
    """How the written files of a dataset may be named."""
    return [f"{given}/{below}{side}.jsonl" for below in ("", "dataset/") for side in SIDES]


def _folder(place: ledger.Place) -> Path | RemotePath:
    """The folder with the ledger: beside the written file that is named, or where runs leave it."""
    named = location(place.source)
    if isinstance(named, RemotePath) and named.name in _SIDE_FILES:
        folder = named.parent
        return folder.parent if folder.name == "dataset" else folder
    beside = Path(place.source).parent
    of_file = [beside, beside.parent / "reports"] if Path(place.source).is_file() else []
    found = next((folder for folder in (*of_file, *PLACES) if (folder / _LEDGER).is_file()), None)
    if found is None:
        raise InputError(
            "no ledger in data/reports, here or in out", hint="name the folder that prepare wrote with --out DIR"
        )
    return found

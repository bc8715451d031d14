"""`tuneset explain FILE:LINE`: one row's whole story, from the ledger and the raw file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuneset import ledger
from tuneset.cli.common import OutputOption, print_json
from tuneset.errors import InputError

PLACES = (Path("data/reports"), Path(), Path("out"))
_LEDGER = "ledger.parquet"


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
    folder = out or _folder(ledger.parse_place(place))
    from tuneset.api import explain as api  # noqa: PLC0415  it loads what cleaning needs, which takes a moment

    told = api.explain(place, folder)
    if output == "json":
        print_json(told.document() | ({"texts": told.texts()} if texts else {}))
        return
    print(told)
    if texts:
        print(f"\n{told.texts()}")


def _folder(place: ledger.Place) -> Path:
    """The folder with the ledger: beside the written file that is named, or where runs leave it."""
    beside = Path(place.source).parent
    of_file = [beside, beside.parent / "reports"] if Path(place.source).is_file() else []
    found = next((folder for folder in (*of_file, *PLACES) if (folder / _LEDGER).is_file()), None)
    if found is None:
        raise InputError(
            "no ledger in data/reports, here or in out", hint="name the folder that prepare wrote with --out DIR"
        )
    return found

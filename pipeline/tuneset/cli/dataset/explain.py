"""`tuneset explain FILE:LINE`: one raw row's whole story, from the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuneset import artifacts, ledger
from tuneset.cli.common import OutputOption, print_json
from tuneset.errors import InputError
from tuneset.reporting import row_story
from tuneset.unused_columns import of_source

PLACES = (Path("data/reports/ledger.parquet"), Path("ledger.parquet"), Path("out/ledger.parquet"))


def explain(
    place: Annotated[str, typer.Argument(metavar="FILE:LINE", help="A line of a raw file, counted from 1.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder that prepare wrote. Default: data/reports.")
    ] = None,
    output: OutputOption = "text",
) -> None:
    """Tell what became of a raw row, and why."""
    source, line = ledger.parse_place(place)
    path = _ledger_path(out)
    table = ledger.read(path)
    rows = ledger.rows_at(table, source, line)
    metrics = path.with_name("metrics.json")
    unused = of_source(artifacts.read_json(metrics) if metrics.is_file() else {}, rows["source"][0])
    if output == "json":
        print_json({"schema_version": 1, "rows": rows.to_dicts(), "unused_columns": unused})
    else:
        print(row_story.text(rows, table, unused))


def _ledger_path(out: Path | None) -> Path:
    if out is not None:
        return out / "ledger.parquet" if out.is_dir() else out
    found = next((path for path in PLACES if path.is_file()), None)
    if found is None:
        raise InputError(
            "no ledger in data/reports, here or in out", hint="name the folder that prepare wrote with --out DIR"
        )
    return found

"""`tuneset export`: a written dataset in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tuneset.cli.common import OutputOption, print_result, progress_of
from tuneset.drop_reasons import REASONS
from tuneset.execution.folder_lock import clear, locked
from tuneset.writing import registry
from tuneset.writing.export import LEDGER
from tuneset.writing.export import export as write
from tuneset.writing.exporter import Dataset

LOCKED_FOLDER = ".work"
"""Below the export's folder; it is there while an export is at work."""


def _flavours() -> str:
    return "; ".join(f"{one.name}: {one.title}" for one in registry.EXPORTERS)


def export(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A folder with train.jsonl.")],
    to: Annotated[str, typer.Option("--to", metavar="FLAVOUR", help=f"The format. {_flavours()}.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go.")],
    output: OutputOption = "text",
) -> None:
    """Write a dataset in another format; a line that has no place there is named in a ledger."""
    chosen = registry.exporter(to)
    size = sum(path.stat().st_size for path in dataset.glob("*.jsonl"))
    with progress_of(size) as progress:
        read = Dataset(dataset, progress)
        with locked(out / LOCKED_FOLDER):
            manifest = write(read, chosen, out)
            clear(out / LOCKED_FOLDER)
    print_result(output, manifest, list(_text(manifest, out)))


def _text(manifest: dict[str, Any], out: Path) -> list[str]:
    lines = manifest["lines"]
    told = [f"{lines['read']} lines read, {lines['exported']} exported as {manifest['rows']} rows"]
    told += [f"  left out {count:>8}  {code} {REASONS[code].summary}" for code, count in lines["left_out"].items()]
    return [*told, f"files    {', '.join(f'{out}/{name}' for name in manifest['files'])}", f"ledger   {out / LEDGER}"]

"""`tuneset export`: a written dataset in another format."""

from __future__ import annotations

import contextlib
import dataclasses
import textwrap
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tuneset import artifacts
from tuneset.cli import completion
from tuneset.cli.common import WIDTH, OutputOption, TargetOption, print_result
from tuneset.cli.dataset.export_target import LocalTarget
from tuneset.cli.progress import progress_of
from tuneset.drop_reasons import REASONS
from tuneset.errors import UsageError
from tuneset.execution.folder_lock import clear, locked
from tuneset.writing import registry
from tuneset.writing.export import LEDGER, WORK
from tuneset.writing.export import export as write
from tuneset.writing.exporter import Dataset, Order
from tuneset.writing.recipe import TrainingRecipe


def _flavours() -> str:
    return "; ".join(f"{one.name}: {one.title}" for one in registry.EXPORTERS)


def export(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A folder with train.jsonl.")],
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="FLAVOUR", autocompletion=completion.exporters, help=f"The format. {_flavours()}."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go: a new or empty folder.")],
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="The base model, as the trainer's config is to name it."),
    ] = None,
    target: TargetOption = None,
    max_length: Annotated[
        int | None,
        typer.Option(
            "--max-length", min=1, metavar="TOKENS", help="The longest row: in the config, and by the target's tokens."
        ),
    ] = None,
    grader: Annotated[
        Path | None, typer.Option("--grader", metavar="FILE", help="The grader of tasks, for their reward script.")
    ] = None,
    unstable: Annotated[
        Literal["keep", "split"],
        typer.Option(
            "--unstable",
            help="Conversations whose earlier turns the target's template shows otherwise later: kept whole, or split "
            "into a row for each trained answer.",
        ),
    ] = "keep",
    output: OutputOption = "text",
) -> None:
    """Write a dataset in another format, with config and script; what of it has no place is named in a ledger."""
    chosen = registry.exporter(to)
    order = order_of(model, max_length, grader, target)
    order = dataclasses.replace(order, split_unstable=unstable == "split")
    size = sum(path.stat().st_size for path in dataset.glob("*.jsonl"))
    was_there = out.exists()
    with progress_of(size) as progress:
        read = Dataset(dataset, progress)
        with locked(out / WORK):
            try:
                manifest = write(read, chosen, out, order)
            finally:
                clear(out / WORK)
                if not was_there:
                    with contextlib.suppress(OSError):  # what was written is in it
                        out.rmdir()
    print_result(output, manifest, list(_text(manifest, out)))


def order_of(model: str | None, max_length: int | None, grader: Path | None, target: str | None = None) -> Order:
    """What the options ask for. Raises UsageError where the grader's file holds none."""
    found = artifacts.read_json(grader) if grader is not None else None
    if grader is not None and not (isinstance(found, dict) and "type" in found):
        raise UsageError(f"--grader {grader}: holds no grader", allowed="a JSON object with a `type`")
    named = model or target
    told: dict[str, Any] = {"model": named} if named else {}
    told |= {"max_length": max_length} if max_length else {}
    asked = LocalTarget(target) if target is not None else None
    return Order(recipe=TrainingRecipe(**told), target=asked, max_length=max_length, grader=found)


def _text(manifest: dict[str, Any], out: Path) -> list[str]:
    lines = manifest["lines"]
    told = [f"{lines['read']} lines read, {lines['exported']} exported as {manifest['rows']} rows"]
    told += [f"  left out {count:>8}  {code} {REASONS[code].summary}" for code, count in lines["left_out"].items()]
    told += [f"  changed  {count:>8}  {code} {REASONS[code].summary}" for code, count in lines["changed"].items()]
    files = f"files    {', '.join(f'{out}/{name}' for name in manifest['files'])}"
    fitting = textwrap.wrap(files, WIDTH, subsequent_indent=" " * 11, break_long_words=False, break_on_hyphens=False)
    return [*told, *fitting, f"ledger   {out / LEDGER}"]

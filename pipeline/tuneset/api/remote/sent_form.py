"""The form in which a dataset is sent where a provider reads other lines than ours: an export, kept beside the dataset.

Its ledger says which of our lines each of its rows is, so that what the provider minds about a row is told of our line.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from tuneset.errors import InputError
from tuneset.execution.progress import no_progress
from tuneset.params import Params
from tuneset.profile import load_profile
from tuneset.providers.places import Places
from tuneset.writing import registry
from tuneset.writing.export import LEDGER, export
from tuneset.writing.exporter import Dataset, Order

FOLDER = "sent"


def sent_files(params: Params, places: Places, say: Callable[[str], None]) -> dict[str, Path]:
    """Write the dataset as the provider reads it, and give the file of each side; empty where it reads ours.

    Lines that have no place there are told by their codes. Raises InputError where no line of the training file has
    one, and what `export` raises.
    """
    name = _format(params)
    if name is None:
        return {}
    out = places.remote / FOLDER
    made = export(Dataset(places.dataset("train").parent, no_progress), registry.exporter(name), out, Order())
    kept = made["lines"]
    if kept["left_out"]:
        codes = ", ".join(f"{count} {code}" for code, count in kept["left_out"].items())
        total = sum(kept["left_out"].values())
        say(f"{total} of {kept['read']} lines have no place in the format {name} and are not sent: {codes}; "
            f"{out / LEDGER} says which")  # fmt: skip
    found = {side: out / f"{side}.jsonl" for side in ("train", "validation")}
    there = {side: path for side, path in found.items() if path.is_file() and path.stat().st_size}
    if "train" not in there:
        codes = ", ".join(kept["left_out"])
        raise InputError(
            f"{places.dataset('train')}: no line has a place in the format {name} ({codes})",
            hint="`tuneset rules CODE` explains a code",
        )
    return there


def our_line(params: Params, places: Places) -> Callable[[int], int]:
    """From a row of the training file as it was sent to the line of ours that it was made of."""
    ledger = places.remote / FOLDER / LEDGER
    if _format(params) is None or not ledger.is_file():
        return lambda row: row
    table = pl.read_parquet(ledger, columns=["side", "line", "rows", "first_row"])
    kept = table.filter((pl.col("side") == "train") & (pl.col("rows") > 0)).sort("first_row")
    firsts, lines = kept["first_row"], kept["line"]

    def find(row: int) -> int:
        place = firsts.search_sorted(row, side="right") - 1
        return int(lines[place]) if 0 <= place < len(lines) else row

    return find


def _format(params: Params) -> str | None:
    """The export format in which the provider reads lines of the method; None where it reads ours."""
    sent_as = load_profile(params.endpoint.profile).sent_as
    return next((name for method, name in sent_as.items() if method == params.tune.method), None)

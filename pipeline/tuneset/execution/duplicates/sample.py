"""A readable sample of the groups of near duplicates, to judge the threshold by. It holds the texts themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from tuneset.execution import shard_store
from tuneset.execution.stores.location import Location
from tuneset.params import NearParams
from tuneset.stages import near_texts

SHOWN_GROUPS, SHOWN_ROWS, SHOWN_CHARACTERS = 20, 4, 400
SEVERAL = (
    "In {:,} of them several rows stand for themselves, {:,} in all: they say something else, or are alike only by way "
    "of others."
)
_FOR_ITSELF = pl.col("row_id") == pl.col("kept_row_id")


class Least(NamedTuple):
    """The least alike groups of near duplicates, of some or of all.

    Args:
        groups: how many there are.
        rows: how many rows these have.
        several: in how many of them several rows stand for themselves.
        apart: how many rows do so there.
        shown: `group, least, size, row, row_id, kept_row_id, similarity` of the first SHOWN_ROWS rows of the
            SHOWN_GROUPS least alike groups: `least` is how alike that row is to its representative which is so least,
            null where each stands for itself; `size` all rows. Groups of such rows come last.
    """

    groups: int
    rows: int
    several: int
    apart: int
    shown: pl.DataFrame


def least(listed: pl.DataFrame) -> Least:
    """The least alike of whole groups, of which the rows are given as `decisions.listed` does."""
    near = listed.filter(pl.col("kind") == "near").sort("group", maintain_order=True)
    groups = near.group_by("group", maintain_order=True).agg(
        pl.col("similarity").filter(~_FOR_ITSELF).min().alias("least"),
        pl.len().cast(pl.Int64).alias("size"),
        _FOR_ITSELF.sum().cast(pl.Int64).alias("themselves"),
    )
    several = groups.filter(pl.col("themselves") > 1)["themselves"]
    first = groups.drop("themselves").sort("least", nulls_last=True, maintain_order=True).head(SHOWN_GROUPS)
    rows = near.join(first, on="group", how="inner", maintain_order="left")
    rows = rows.group_by("group", maintain_order=True).head(SHOWN_ROWS)
    shown = rows.select("group", "least", "size", "row", "row_id", "kept_row_id", "similarity")
    return Least(groups.height, near.height, len(several), int(several.sum()), _ordered(shown))


def merged(parts: Sequence[Least]) -> Least:
    """The least alike of all groups, of at least one part that is given."""
    rows = _ordered(pl.concat([one.shown for one in parts]))
    first = rows.select("group").unique(maintain_order=True).head(SHOWN_GROUPS)
    shown = rows.join(first, on="group", how="semi", maintain_order="left")
    groups, found, several, apart = (sum(counts) for counts in zip(*(one[:4] for one in parts), strict=True))
    return Least(groups, found, several, apart, shown)


def _ordered(shown: pl.DataFrame) -> pl.DataFrame:
    return shown.sort("least", "group", nulls_last=True, maintain_order=True)


def shards(least: Least, names: Sequence[str], heights: Sequence[int]) -> list[str]:
    """The shards in which the shown rows stand, of all shards and how many rows each has."""
    places = np.searchsorted(np.cumsum(heights), least.shown["row"].to_numpy(), side="right")
    return [names[place] for place in np.unique(places).tolist()]


def page(least: Least, source: Location, names: Sequence[str], near: NearParams) -> str:
    """The least alike groups first, because there the threshold decides; their rows stand in these shards."""
    texts = _texts(least.shown["row_id"].to_list(), source, names)
    groups = least.shown.partition_by("group", maintain_order=True)
    lines = [
        "# Near duplicates",
        "",
        f"{least.groups:,} groups of {least.rows:,} rows, compared by {near.key}, threshold {near.threshold}.",
        *([SEVERAL.format(least.several, least.apart)] if least.several else []),
        f"The {len(groups)} groups with the least alike rows, {SHOWN_ROWS} rows each; all: `duplicates.parquet`.",
    ]
    for number, group in enumerate(groups, start=1):
        least_alike = group["least"][0]
        how = "each of which stands for itself" if least_alike is None else f"at least {least_alike:.0%} alike"
        lines += ["", f"## {number}. {group['size'][0]} rows, {how}"]
        for row_id, kept, alike in group.select("row_id", "kept_row_id", "similarity").iter_rows():
            place, text = texts[row_id]
            stands = "kept" if row_id == kept else f"{alike:.1%} like the kept row"
            lines += ["", f"{place} ({stands})", "", *(f"    {line}" for line in text.splitlines())]
    return "\n".join(lines) + "\n"


def _texts(numbers: Sequence[int], source: Location, names: Sequence[str]) -> Mapping[int, tuple[str, str]]:
    """Place and beginning of the text of each row, by the number of its row id."""
    wanted = [f"{number:016x}" for number in numbers]
    found: dict[int, tuple[str, str]] = {}
    for name in names:
        tables = shard_store.open_tables(source, name)
        tables = tables.keep(tables.examples["row_id"].is_in(wanted))
        here, texts = tables.examples, near_texts.joined(near_texts.said_pieces(tables, "messages"))
        for (row_id, origin, line), text in zip(
            here.select("row_id", "source", "line").iter_rows(), texts, strict=True
        ):
            cut = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + " ..."
            found[int(row_id, 16)] = (f"{origin}:{line}", cut)
    return found

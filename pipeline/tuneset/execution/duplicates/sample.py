"""A readable sample of the groups of near duplicates, to judge the threshold by. It holds the texts themselves."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from tuneset.execution import shard_store
from tuneset.execution.stores.location import Location
from tuneset.params import NearParams
from tuneset.stages import near_texts

SHOWN_GROUPS, SHOWN_ROWS, SHOWN_CHARACTERS = 20, 4, 400


def page(groups: pl.DataFrame, source: Location, near: NearParams) -> str:
    """The least alike groups first, because there the threshold decides; `groups` as `decide.decide` lists them."""
    listed = groups.filter(pl.col("kind") == "near")
    least = listed.group_by("group", maintain_order=True).agg(pl.col("similarity").min(), pl.len().alias("rows"))
    shown = least.sort("similarity", maintain_order=True).head(SHOWN_GROUPS)
    texts = _texts(listed.filter(pl.col("group").is_in(shown["group"].implode())), source)
    lines = [
        "# Near duplicates",
        "",
        f"{least.height:,} groups of {listed.height:,} rows, compared by {near.key}, threshold {near.threshold}.",
        f"The {shown.height} groups with the least alike rows, {SHOWN_ROWS} rows each; all: `duplicates.parquet`.",
    ]
    for number, (group, similarity, rows) in enumerate(shown.iter_rows(), start=1):
        lines += ["", f"## {number}. {rows} rows, at least {similarity:.0%} alike"]
        members = listed.filter(pl.col("group") == group).head(SHOWN_ROWS)
        for row_id, kept, alike in members.select("row_id", "kept_row_id", "similarity").iter_rows():
            place, text = texts[row_id]
            stands = "kept" if row_id == kept else f"{alike:.1%} like the kept row"
            lines += ["", f"{place} ({stands})", "", *(f"    {line}" for line in text.splitlines())]
    return "\n".join(lines) + "\n"


def _texts(rows: pl.DataFrame, source: Location) -> Mapping[str, tuple[str, str]]:
    """Place and beginning of the text of each row, by row id."""
    wanted = rows["row_id"].implode()
    found: dict[str, tuple[str, str]] = {}
    for name in shard_store.shards(source) if rows.height else ():
        path = source / f"{name}.examples"
        if not shard_store.read_frame(path, ["row_id"])["row_id"].is_in(wanted).any():
            continue
        tables = shard_store.open_tables(source, name)
        tables = tables.keep(tables.examples["row_id"].is_in(wanted))
        here, texts = tables.examples, near_texts.joined(near_texts.said_pieces(tables, "messages"))
        for (row_id, origin, line), text in zip(
            here.select("row_id", "source", "line").iter_rows(), texts, strict=True
        ):
            cut = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + " ..."
            found[row_id] = (f"{origin}:{line}", cut)
    return found

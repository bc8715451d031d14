"""Decisions about duplicates as they are written: rows by their names, a part a shard, and the groups for the report.

Over all rows a name is a number, half as long as the text that it is in files.
"""

from __future__ import annotations

import polars as pl

from tuneset.drop_reasons import CONVERSATION_PREFIX
from tuneset.execution import fingerprint, shard_store, storage
from tuneset.execution.duplicates import sample
from tuneset.execution.stores.location import Location
from tuneset.params import NearParams
from tuneset.stages import dedup

NAMED = ("row", "kept", "component")
"""Columns of `dedup.DECIDED_SCHEMA` that say rows."""


def listed(exact: pl.DataFrame, groups: pl.DataFrame, decided: pl.DataFrame, row_ids: pl.Series) -> pl.DataFrame:
    """All groups: near duplicates first, then beginnings of conversations, then exact duplicates.

    Gives `kind, group, row_id, kept_row_id, similarity`: exact duplicates without their representatives, near
    duplicates with them; rows and groups by the numbers of row ids.
    """

    def numbers(rows: pl.DataFrame, column: str, name: str) -> pl.Series:
        return row_ids.gather(rows[column]).alias(name)

    near = groups.select(
        pl.lit("near").alias("kind"),
        numbers(groups, "group", "group"),
        numbers(groups, "row", "row_id"),
        numbers(groups, "kept", "kept_row_id"),
        "similarity",
    ).sort("group", maintain_order=True)
    prefixes = decided.filter(pl.col("code") == CONVERSATION_PREFIX).select("row", "kept")
    repeats = [
        frame.select(
            pl.lit(kind).alias("kind"),
            numbers(frame, "kept", "group"),
            numbers(frame, "row", "row_id"),
            numbers(frame, "kept", "kept_row_id"),
            pl.lit(similarity, pl.Float64).alias("similarity"),
        )
        for kind, similarity, frame in (("prefix", None, prefixes), ("exact", 1.0, exact))
    ]
    return pl.concat([near, *repeats])


# --- in workers --------------------------------------------------------------------------------------------------


def write(task: tuple[str, pl.DataFrame], *, folder: Location) -> str:
    """Write the decisions about the rows of a shard, in their order, with NAMED by numbers; give their digest."""
    name, decided = task
    rows = decided.with_columns(named(decided[column]) for column in NAMED)
    renamed = rows.rename({"row": "row_id", "kept": "kept_row_id"})
    part = renamed.select(dedup.DECISIONS_SCHEMA.names()).cast(dedup.DECISIONS_SCHEMA)
    shard_store.write_frame(folder / f"{name}.decisions", part)
    return fingerprint.digest(part.write_csv())


def write_groups(task: tuple[pl.DataFrame, Location, Location], *, source: Location, near: NearParams) -> None:
    """Write what `listed` gave into one file, and a sample of it, with the texts in `source`, into another."""
    groups, file, page = task
    groups = groups.with_columns(named(groups[name]) for name in ("group", "row_id", "kept_row_id"))
    shard_store.write_frame(file, groups)
    storage.write_whole(page, sample.page(groups, source, near).encode())


def named(numbers: pl.Series) -> pl.Series:
    """Row ids as their hex digits again; null for null.

    >>> named(pl.Series([10, 1 << 63, None], dtype=pl.UInt64)).to_list()
    ['000000000000000a', '8000000000000000', None]
    """
    names = [None if number is None else f"{number:016x}" for number in numbers.to_list()]
    return pl.Series(numbers.name, names, pl.String)

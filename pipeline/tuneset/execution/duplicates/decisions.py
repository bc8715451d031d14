"""Decisions about duplicates as they are written: rows by their names, a part a shard, and beside it the groups.

Over all rows a name is a number, half as long as the text that it is in files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from tuneset.drop_reasons import CONVERSATION_PREFIX
from tuneset.execution import fingerprint, shard_store, storage
from tuneset.execution.duplicates import sample
from tuneset.execution.stores.location import Location
from tuneset.params import NearParams
from tuneset.stages import dedup

NAMED = ("row", "kept", "component")
"""Columns of `dedup.DECIDED_SCHEMA` that say rows."""
GROUPED = "grouped"
"""The part of a shard that says which of its rows are in groups of duplicates: LISTED_SCHEMA without `row`."""
KIND = pl.Enum(["near", "prefix", "exact"])

LISTED_SCHEMA = pl.Schema(
    {
        "row": pl.UInt32(),  # its place among all rows
        "kind": KIND,
        "group": pl.UInt64(),  # the row id by which the group is called, as a number
        "row_id": pl.UInt64(),
        "kept_row_id": pl.UInt64(),  # its representative; its own where it is kept
        "similarity": pl.Float64(),  # to the representative; null for a beginning of a conversation
    }
)


class Decided(NamedTuple):
    """What was decided: the digest of each shard's part of it, and what is shown of near duplicates.

    Args:
        digests: by shard; the decisions themselves lie in `NAME.decisions`, which rows are in groups in `NAME.grouped`.
        least: the least alike groups of near duplicates.
        shown: the shards in which the rows of these stand.
    """

    digests: Mapping[str, str]
    least: sample.Least
    shown: Sequence[str]


def listed(exact: pl.DataFrame, groups: pl.DataFrame, decided: pl.DataFrame, row_ids: pl.Series) -> pl.DataFrame:
    """The rows of all groups by their places, as LISTED_SCHEMA.

    They are near duplicates with their representatives, beginnings of conversations and exact duplicates without.
    """

    def numbers(rows: pl.DataFrame, column: str, name: str) -> pl.Series:
        return row_ids.gather(rows[column]).alias(name)

    prefixes = decided.filter(pl.col("code") == CONVERSATION_PREFIX).select("row", "kept")
    kinds = (
        ("near", groups, "group", pl.col("similarity")),
        ("prefix", prefixes, "kept", pl.lit(None, pl.Float64).alias("similarity")),
        ("exact", exact, "kept", pl.lit(1.0).alias("similarity")),
    )
    frames = [
        frame.select(
            "row",
            pl.lit(kind, KIND).alias("kind"),
            numbers(frame, group, "group"),
            numbers(frame, "row", "row_id"),
            numbers(frame, "kept", "kept_row_id"),
            similarity,
        )
        for kind, frame, group, similarity in kinds
    ]
    return pl.concat(frames).cast(LISTED_SCHEMA).sort("row", maintain_order=True)


# --- in workers --------------------------------------------------------------------------------------------------


def write(task: tuple[str, pl.DataFrame, pl.DataFrame], *, folder: Location) -> str:
    """Write what was decided about the rows of a shard, in their order, with NAMED by numbers; give its digest.

    Beside it is written which of them are in groups, rows of LISTED_SCHEMA, for the report.
    """
    name, decided, listed = task
    rows = decided.with_columns(named(decided[column]) for column in NAMED)
    renamed = rows.rename({"row": "row_id", "kept": "kept_row_id"})
    part = renamed.select(dedup.DECISIONS_SCHEMA.names()).cast(dedup.DECISIONS_SCHEMA)
    shard_store.write_frame(folder / f"{name}.decisions", part)
    shard_store.write_frame(folder / f"{name}.{GROUPED}", listed.drop("row"))
    return fingerprint.digest(part.write_csv())


def write_sample(task: tuple[sample.Least, Sequence[str], Location], *, source: Location, near: NearParams) -> None:
    """Write the page about the least alike groups, whose rows stand in these shards of `source`."""
    least, names, page = task
    storage.write_whole(page, sample.page(least, source, names, near).encode())


def named(numbers: pl.Series) -> pl.Series:
    """Row ids as their hex digits again; null for null.

    >>> named(pl.Series([10, 1 << 63, None], dtype=pl.UInt64)).to_list()
    ['000000000000000a', '8000000000000000', None]
    """
    names = [None if number is None else f"{number:016x}" for number in numbers.to_list()]
    return pl.Series(numbers.name, names, pl.String)

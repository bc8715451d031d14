"""split: which examples are for training and which for validation, without a leak between them.

The side of an example is decided by a hash of its group and a salt. It does not depend on how many other examples
there are or in which order they come, so adding rows moves no old row. (With a number of examples instead of a ratio,
the groups with the smallest hashes are taken, and new rows can push an old one out.)
"""

from __future__ import annotations

import json

import polars as pl
import xxhash

from pipeline.formats.json_text import JsonValue, dumps, loads
from pipeline.formats.tables import to_examples
from pipeline.model import Tables

TRAIN, VALIDATION = "train", "validation"


def group_keys(examples: pl.DataFrame, group_by: str) -> pl.Series:
    """The group of each example, as a String column `group`.

    `prompt` and `messages` are the keys that dedup made; any other name is a raw column (kept in `meta`). An example
    that lacks that column, or has null in it, is a group of its own.
    """
    if group_by in ("prompt", "messages"):
        return examples[f"{group_by}_key"].alias("group")
    quoted = dumps(group_by)
    groups = []
    for own_key, meta in examples.select("messages_key", "meta").iter_rows():
        value = loads(meta.encode()).get(group_by) if meta and quoted in meta else None
        groups.append(own_key if value is None else f"{group_by}={_sorted(value)}")
    return pl.Series("group", groups, pl.String)


def assign_sides(groups: pl.DataFrame, validation: float, salt: str) -> pl.DataFrame:
    """Give each example its side.

    Takes `row_id, group`; gives `row_id, side` in the same order. `validation` below 1 is the share of groups that
    go to validation; from 1 on it is a number of examples: whole groups are taken, in the order of their hashes, as
    long as they fit.
    """
    hashes = {group: _unit_hash(group, salt) for group in groups["group"].unique()}
    if validation < 1:
        chosen = {group for group, position in hashes.items() if position < validation}
    else:
        chosen = _fitting_groups(groups, hashes, int(validation))
    sides = [VALIDATION if group in chosen else TRAIN for group in groups["group"]]
    return groups.select("row_id", pl.Series("side", sides, pl.String))


def render_lines(tables: Tables) -> pl.Series:
    """Each example as the JSON line that a provider takes, without line end; absent keys are left out."""
    lines = [dumps(example) for example in to_examples(tables)]
    return pl.Series("text", lines, pl.String)


def _fitting_groups(groups: pl.DataFrame, hashes: dict[str, float], wanted: int) -> set[str]:
    """Groups by ascending hash that together have at most `wanted` examples, never all groups."""
    sizes = dict(groups.group_by("group").len().iter_rows())
    chosen: set[str] = set()
    taken = 0
    for group in sorted(hashes, key=lambda g: (hashes[g], g)):
        if taken + sizes[group] <= wanted and len(chosen) + 1 < len(hashes):
            chosen.add(group)
            taken += sizes[group]
    return chosen


def _sorted(value: JsonValue) -> str:
    """A value as JSON text in which the order of keys makes no difference.

    >>> _sorted({"b": 1, "a": [2]})
    '{"a": [2], "b": 1}'
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _unit_hash(group: str, salt: str) -> float:
    """A number in [0, 1) that depends on nothing but the group and the salt.

    >>> 0 <= _unit_hash("a", "tuneset") < 1
    True
    """
    return xxhash.xxh3_64_intdigest(f"{salt}\x1f{group}".encode()) / 2**64

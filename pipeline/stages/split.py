"""split: which examples are for training, which for validation and for a test set, without a leak between them.

The side of an example is decided by a hash of its group and a salt. It does not depend on how many other examples
there are or in which order they come, so adding rows moves no old row. Two exceptions: with a number of examples
instead of a ratio the groups with the smallest hashes are taken, and new rows can push an old one out; and a new row
that joins two groups (because it is a near duplicate of one and asks what the other asks) brings both to one side,
which is training unless both were on the other side already.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl
import xxhash

from pipeline.formats.json_text import JsonValue, dump_line, dumps, loads
from pipeline.formats.tables import to_examples
from pipeline.model import Tables

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SIDES = (TRAIN, VALIDATION, TEST)
ALL = "all"  # the one stratum of a set that is not stratified


def group_keys(examples: pl.DataFrame, group_by: str) -> pl.Series:
    """The group of each example, as a String column `group`.

    `prompt` and `messages` are the keys that dedup made; any other name is a raw column (kept in `meta`). An example
    that lacks that column, or has null in it, is a group of its own.
    """
    if group_by in ("prompt", "messages"):
        return examples[f"{group_by}_key"].alias("group")
    values = _column(examples, group_by)
    own = examples["messages_key"]
    groups = [key if value is None else f"{group_by}={value}" for key, value in zip(own, values, strict=True)]
    return pl.Series("group", groups, pl.String)


def strata(examples: pl.DataFrame, stratify_by: str | None) -> pl.Series:
    """The stratum of each example, as a String column `stratum`: its source, or the value of a raw column."""
    if stratify_by is None:
        return pl.repeat(ALL, examples.height, dtype=pl.String, eager=True).alias("stratum")
    if stratify_by == "source":
        return examples["source"].alias("stratum")
    return pl.Series("stratum", [value or "" for value in _column(examples, stratify_by)], pl.String)


def assign_sides(groups: pl.DataFrame, validation: float, test: float, salt: str) -> pl.DataFrame:
    """Give each example its side.

    Takes `row_id, group, component, stratum` (component: near duplicates that must stay together, or null); gives
    `row_id, side, joined` in the same order. `validation` and `test` below 1 are shares of the groups, and of those of
    each stratum, because the hash knows nothing of it. From 1 on they are numbers of examples, divided over the
    strata: whole groups are taken, in the order of their hashes, as long as they fit.
    `joined` is true where a row stands elsewhere than its own group would, because of its component.
    """
    wanted = ((VALIDATION, validation), (TEST, test))
    firsts = groups.group_by("group", maintain_order=True).agg(pl.col("stratum").min(), pl.len().alias("rows"))
    hashes = {group: _unit_hash(group, salt) for group in firsts["group"]}
    own = dict.fromkeys(hashes, TRAIN)
    floor = 0.0
    for side, share in wanted:
        if share < 1:
            own |= {group: side for group, position in hashes.items() if floor <= position < floor + share}
            floor += share
    rows_of = dict(firsts.group_by("stratum").agg(pl.col("rows").sum()).sort("stratum").iter_rows())
    for side, number in wanted:
        if number >= 1:
            for stratum, part in _divided(rows_of, int(number)).items():
                members = firsts.filter(pl.col("stratum") == stratum)
                own |= dict.fromkeys(_fitting_groups(members, hashes, own, part), side)
    sides = pl.Series("own", [own[group] for group in groups["group"]], pl.String)
    frame = groups.select("row_id", "group", "component").with_columns(sides)
    together = _together(frame)
    return frame.select("row_id", together.alias("side"), (together != frame["own"]).alias("joined"))


def render_lines(tables: Tables) -> pl.Series:
    """Each example as the JSON line that a provider takes, line end included, as Binary; absent keys are left out."""
    return pl.Series("text", [dump_line(example) for example in to_examples(tables)], pl.Binary)


def _together(frame: pl.DataFrame) -> pl.Series:
    """The side of each row when groups that share a component go together: training unless all are elsewhere."""
    if frame["component"].null_count() == frame.height:
        return frame["own"]
    labels: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := labels.get(name, name)) != name:
            labels[name] = labels.get(above, above)
            name = labels[name]
        return name

    joined = frame.filter(pl.col("component").is_not_null()).select("group", "component").unique(maintain_order=True)
    for group, component in joined.iter_rows():
        first, second = sorted((root(f"g{group}"), root(f"c{component}")))
        labels[second] = first
    own = dict(zip(frame["group"], frame["own"], strict=True))
    members: dict[str, set[str]] = {}
    for group in joined["group"].unique(maintain_order=True):
        members.setdefault(root(f"g{group}"), set()).add(own[group])
    moved = {}
    for group in joined["group"].unique(maintain_order=True):
        sides = members[root(f"g{group}")]
        moved[group] = next(iter(sides)) if len(sides) == 1 else TRAIN
    return frame.select(
        pl.col("group").replace_strict(moved, default=pl.col("own"), return_dtype=pl.String)
    ).to_series()


def _divided(rows_of: Mapping[str, int], number: int) -> dict[str, int]:
    """A number of examples divided over strata by their rows; what is left goes where most was cut off.

    >>> _divided({"a": 60, "b": 33, "c": 7}, 5)
    {'a': 3, 'b': 2, 'c': 0}
    """
    total = sum(rows_of.values())
    parts = {stratum: number * rows // total for stratum, rows in rows_of.items()}
    by_loss = sorted(rows_of, key=lambda stratum: (-(number * rows_of[stratum] % total), stratum))
    for stratum in by_loss[: number - sum(parts.values())]:
        parts[stratum] += 1
    return parts


def _fitting_groups(members: pl.DataFrame, hashes: dict[str, float], taken: dict[str, str], wanted: int) -> set[str]:
    """Groups still in training, by ascending hash, that together have at most `wanted` examples; never all groups."""
    sizes = dict(members.select("group", "rows").iter_rows())
    free = sorted((group for group in sizes if taken[group] == TRAIN), key=lambda group: (hashes[group], group))
    chosen: set[str] = set()
    count = 0
    for group in free:
        if count + sizes[group] <= wanted and len(chosen) + 1 < len(free):
            chosen.add(group)
            count += sizes[group]
    return chosen


def _column(examples: pl.DataFrame, name: str) -> list[str | None]:
    """The values of a raw column as JSON text, None where an example lacks it or has null in it."""
    quoted = dumps(name)
    values: list[str | None] = []
    for meta in examples["meta"]:
        value = loads(meta.encode()).get(name) if meta and quoted in meta else None
        values.append(None if value is None else _sorted(value))
    return values


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

"""split: which examples are for training, which for validation and for a test set, without a leak between them.

The side of an example is decided by a hash of its group and a salt. It does not depend on how many other examples
there are or in which order they come, so adding rows moves no old row. Exceptions: a set of a few rows, or of rows
that are all tied to others, see `mend_small`; with a number of examples instead of a ratio the groups with the
smallest hashes are taken, and new rows can push an old one out; and a new row that joins two groups (because it is a
near duplicate of one and asks what the other asks) brings both to one side, which is training unless both were on the
other side already.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import polars as pl
import xxhash

from tuneset.json_text import JsonValue, dumps, loads

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SIDES = (TRAIN, VALIDATION, TEST)
SIDE = pl.Enum(SIDES)
LEAST_TRAINING = 10  # examples that OpenAI and those who speak its protocol take at least, as of 2026-08-21
ALL = "all"  # the one stratum of a set that is not stratified


def group_keys(examples: pl.DataFrame, group_by: str) -> pl.Series:
    """The group of each example, as a String column `group`.

    `prompt` and `messages` are the keys that dedup made; `conversation` is that of the prompt, and for the rows of a
    conversation that grew the one of its shortest row. Any other name is a raw column (kept in `meta`). An example that
    lacks that column, or has null in it, is a group of its own.
    """
    if group_by == "conversation":
        return examples.select(pl.coalesce("conversation", "prompt_key").alias("group")).to_series()
    if group_by in ("prompt", "messages"):
        return examples[f"{group_by}_key"].alias("group")
    values = _column(examples, group_by)
    own = examples["messages_key"]
    groups = [key if value is None else f"{group_by}={value}" for key, value in zip(own, values, strict=True)]
    return pl.Series("group", groups, pl.String)


def tied_groups(examples: pl.DataFrame, group_by: str, salt: str) -> pl.Series:
    """The group with which each example stays on one side though it is of another, as UInt64 column `tied`.

    An example that is a single turn of a conversation is of that conversation's group. Where prompts make the groups,
    it is tied to those that ask what it asks. Null for all others.
    """
    if "own_prompt_key" not in examples.columns or group_by not in ("prompt", "conversation"):
        return pl.repeat(None, examples.height, dtype=pl.UInt64, eager=True).alias("tied")
    own = examples["own_prompt_key"]
    return positions(own.fill_null(""), salt).alias("tied").set(own.is_null(), None)


def lacks(examples: pl.DataFrame, column: str) -> pl.Series:
    """Which examples lack a raw column, or have null in it."""
    return pl.Series("lacks", [value is None for value in _column(examples, column)], pl.Boolean)


def strata(examples: pl.DataFrame, stratify_by: str | None) -> pl.Series:
    """The stratum of each example, as a String column `stratum`: its source, or the value of a raw column."""
    if stratify_by is None:
        return pl.repeat(ALL, examples.height, dtype=pl.String, eager=True).alias("stratum")
    if stratify_by == "source":
        return examples["source"].alias("stratum")
    return pl.Series("stratum", [value or "" for value in _column(examples, stratify_by)], pl.String)


def positions(groups: pl.Series, salt: str) -> pl.Series:
    """Where each group stands between 0 and 2**64, by its name and the salt alone: a UInt64 column `group`.

    Two groups at one position (two million have such a pair once in ten million sets) go to the same side.

    >>> positions(pl.Series(["a", "b", "a"]), "tuneset").n_unique()
    2
    """
    hashed = [xxhash.xxh3_64_intdigest(f"{salt}\x1f{group}".encode()) for group in groups]
    return pl.Series("group", hashed, pl.UInt64)


def assign_sides(groups: pl.DataFrame, validation: float, test: float) -> pl.DataFrame:
    """Give each example its side.

    Takes `group` (as `positions` gives it), `component` (near duplicates that must stay together, or null), `stratum`,
    and `tied` (a group with which that of the row must stay together, or null; it may be left out); gives `side` (a
    SIDE), `joined` in the same order. `validation` and `test` below 1 are shares of the groups; each holds in each
    stratum, because the hash knows nothing of it, and `stratum` is not looked at. From 1 on
    they are numbers of examples, divided over the strata: whole groups are taken, in the order of their hashes, as long
    as they fit.
    `joined` is true where a row stands elsewhere than its own group would, because of its component.
    """
    to_validation, to_test = (share if share < 1 else 0.0 for share in (validation, test))
    at = pl.col("group").cast(pl.Float64) / 2.0**64
    own = (
        pl.when(at < to_validation)
        .then(pl.lit(VALIDATION))
        .when(at < to_validation + to_test)
        .then(pl.lit(TEST))
        .otherwise(pl.lit(TRAIN))
        .cast(SIDE)
    )
    tied = pl.col("tied") if "tied" in groups.columns else pl.lit(None, pl.UInt64).alias("tied")
    frame = groups.select("group", "component", tied, own.alias("own"))
    numbers = [(side, int(number)) for side, number in ((VALIDATION, validation), (TEST, test)) if number >= 1]
    if numbers:
        chosen = _chosen_by_number(groups.with_columns(frame["own"]), numbers)
        frame = frame.join(chosen, on="group", how="left", maintain_order="left").select(
            "group", "component", "tied", pl.coalesce("chosen", "own").alias("own")
        )
    together = _together(frame)
    return frame.select(together.alias("side"), (together != frame["own"]).alias("joined"))


def mend_small(groups: pl.DataFrame, sides: pl.DataFrame, validation: float) -> pl.DataFrame:
    """The sides of a set so small that chance left validation empty, or training below what providers take.

    Fewer than LEAST_TRAINING examples are left as they are: no provider takes them.

    Takes what `assign_sides` takes and gives. Where a share of more than 0 gave validation nothing, the group of the
    lowest hash goes there, of those that leave training enough if there are any; where training has fewer than
    LEAST_TRAINING examples, the validation groups of the highest hashes go back until it has them, but for one. Groups
    that near duplicates tie to others stay where they are, and the last group of training always does. Where all groups
    are tied, as in a set of forms that were filled in many times, and validation has nothing, though it is asked for as
    a share or a number, what is tied goes there together, by the lowest hash, as long as it fits.
    """
    counts = dict(sides.group_by("side").len().iter_rows())
    trained, validated = counts.get(TRAIN, 0), counts.get(VALIDATION, 0)
    enough = validated and trained >= LEAST_TRAINING
    if not validation or enough or sides.height < LEAST_TRAINING:
        return sides
    frame = groups.select("group", "component").with_columns(sides["side"])
    ties = _ties(groups)
    bound = pl.col("group").is_in(_bound(ties).implode())
    alone = (pl.col("component").is_null() & ~bound).all()
    firsts = frame.group_by("group").agg(pl.len().alias("rows"), pl.col("side").first(), alone.alias("free"))
    free = firsts.filter("free").sort("group")
    moved: dict[int, str] = {}
    if not free.height and not validated:
        moved = _tied_to_validation(frame, ties, validation, trained)
    elif validation >= 1:
        return sides
    elif not validated:
        candidates = free.filter(pl.col("side") == TRAIN)
        fitting = candidates.filter(trained - pl.col("rows") >= LEAST_TRAINING)
        if candidates.height and firsts.filter(pl.col("side") == TRAIN).height > 1:
            moved[(fitting if fitting.height else candidates)["group"][0]] = VALIDATION
    else:
        for group, rows in free.filter(pl.col("side") == VALIDATION).select("group", "rows").reverse().iter_rows():
            if trained >= LEAST_TRAINING or validated == rows:
                break
            moved[group], trained, validated = TRAIN, trained + rows, validated - rows
    new = pl.DataFrame({"group": list(moved), "moved": list(moved.values())}, {"group": pl.UInt64, "moved": SIDE})
    placed = frame.join(new, on="group", how="left", maintain_order="left")
    return sides.with_columns(placed.select(pl.coalesce("moved", "side")).to_series().alias("side"))


_Node = tuple[str, int | str]
"""What it is, group or component, and its number or name."""


def _together(frame: pl.DataFrame) -> pl.Series:
    """The side of each row when groups that share a component, or are tied, go together.

    They go to training, unless all are elsewhere.
    """
    ties = _ties(frame)
    bound = pl.col("group").is_in(_bound(ties).implode())
    shared = frame.filter(pl.col("component").is_not_null() | bound)
    joined = shared.select("group", "component", "own").unique(maintain_order=True)
    if joined.is_empty():
        return frame["own"]
    roots = _roots(joined.select("group", "component"), ties)
    members: dict[_Node, set[str]] = {}
    for group, _, own in joined.iter_rows():
        members.setdefault(roots[group], set()).add(own)
    moved: dict[int, str] = {}
    for group in joined["group"].unique():
        sides = members[roots[group]]
        moved[group] = next(iter(sides)) if len(sides) == 1 else TRAIN
    new = pl.DataFrame({"group": list(moved), "moved": list(moved.values())}, {"group": pl.UInt64, "moved": SIDE})
    placed = frame.join(new, on="group", how="left", maintain_order="left")
    return placed.select(pl.coalesce("moved", "own")).to_series()


def _tied_to_validation(frame: pl.DataFrame, ties: pl.DataFrame, validation: float, trained: int) -> dict[int, str]:
    """The groups, all of them tied, that go to validation: `frame` has `group, component, side`."""
    pairs = frame.select("group", "component").unique(maintain_order=True)
    roots = _roots(pairs, ties)
    number_of = {root: number for number, root in enumerate(dict.fromkeys(roots.values()))}
    bundle = pl.Series("bundle", [number_of[roots[group]] for group in frame["group"]], pl.Int64)
    bundles = (
        frame.with_columns(bundle)
        .group_by("bundle")
        .agg(pl.len().alias("rows"), pl.col("group").unique(), (pl.col("side") == TRAIN).all().alias("in_training"))
    )
    wanted = validation * frame.height if validation < 1 else validation
    moved: dict[int, str] = {}
    taken = 0
    for rows, groups in (
        bundles.filter("in_training").sort(pl.col("group").list.min()).select("rows", "group").iter_rows()
    ):
        if trained - taken - rows >= LEAST_TRAINING and (not taken or taken + rows <= wanted):
            moved |= dict.fromkeys(groups, VALIDATION)
            taken += rows
    return moved


def _roots(pairs: pl.DataFrame, ties: pl.DataFrame) -> dict[int, _Node]:
    """By group what it has in common with those tied to it, given `group, component`, the second perhaps null."""
    labels: dict[_Node, _Node] = {}

    def root(name: _Node) -> _Node:
        while (above := labels.get(name, name)) != name:
            labels[name] = labels.get(above, above)
            name = labels[name]
        return name

    for group, component in pairs.iter_rows():
        if component is not None:
            labels[root(("component", component))] = root(("group", group))
    for group, other in ties.iter_rows():
        labels[root(("group", other))] = root(("group", group))
    return {group: root(("group", group)) for group in pairs["group"].unique()}


def _ties(groups: pl.DataFrame) -> pl.DataFrame:
    """Which groups stay together: `group, tied`, of which the second may be a group of no row, that several share.

    >>> _ties(pl.DataFrame({"group": [1, 2, 3, 4], "tied": [9, 9, 1, 8]})).rows()
    [(1, 9), (2, 9), (3, 1)]
    """
    if "tied" not in groups.columns or groups["tied"].null_count() == groups.height:
        return pl.DataFrame(schema={"group": pl.UInt64, "tied": pl.UInt64})
    pairs = groups.select("group", "tied").drop_nulls().unique(maintain_order=True)
    pairs = pairs.filter(pl.col("group") != pl.col("tied"))
    known = pl.col("tied").is_in(groups["group"].unique().implode())
    return pairs.filter(known | pl.col("tied").is_duplicated())


def _bound(ties: pl.DataFrame) -> pl.Series:
    """The groups of some ties."""
    return pl.concat([ties["group"], ties["tied"].alias("group")])


def _chosen_by_number(groups: pl.DataFrame, numbers: Sequence[tuple[str, int]]) -> pl.DataFrame:
    """The groups that are taken out of training by numbers of examples: `group, chosen`."""
    firsts = groups.group_by("group").agg(pl.col("stratum").min(), pl.len().alias("rows"), pl.col("own").first())
    firsts = firsts.sort("group")
    rows_of = dict(firsts.group_by("stratum").agg(pl.col("rows").sum()).sort("stratum").iter_rows())
    free = firsts.filter(pl.col("own") == TRAIN)
    chosen: dict[int, str] = {}
    for side, number in numbers:
        for stratum, part in _divided(rows_of, number).items():
            members = free.filter(pl.col("stratum") == stratum).select("group", "rows")
            left = [(group, rows) for group, rows in members.iter_rows() if group not in chosen]
            chosen |= dict.fromkeys(_fitting(left, part), side)
    return pl.DataFrame({"group": list(chosen), "chosen": list(chosen.values())}, {"group": pl.UInt64, "chosen": SIDE})


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


def _fitting(groups: Sequence[tuple[int, int]], wanted: int) -> list[int]:
    """Of groups with their rows the first ones that together have at most `wanted` rows; never all groups.

    >>> _fitting([(11, 2), (12, 5), (13, 1), (14, 1)], 3)
    [11, 13]
    """
    chosen: list[int] = []
    count = 0
    for group, rows in groups:
        if count == wanted:
            break
        if count + rows <= wanted and len(chosen) + 1 < len(groups):
            chosen.append(group)
            count += rows
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

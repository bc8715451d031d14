"""split: which examples are for training, which for validation and for a test set, without a leak between them.

The side of an example is decided by a hash of its group and a salt. It does not depend on how many other examples
there are or in which order they come, so adding rows moves no old row. Exceptions: a set of a few rows, and one in
which nearly all are tied to others, see `place`; with a number of examples instead of a ratio the groups with
the smallest hashes are taken, and new rows can push an old one out; and a new row that joins two groups (because it is
a near duplicate of one and asks what the other asks) brings both to one side, which is training unless both were on
the other side already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
import xxhash

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SIDES = (TRAIN, VALIDATION, TEST)
SIDE = pl.Enum(SIDES)
LEAST_TRAINING = 10  # examples that OpenAI and those who speak its protocol take at least, as of 2026-08-21
LEAST_SHARE = 0.5
"""Of what was asked for: of less, where ties have drawn as much to training, families are drawn."""
ALWAYS_TRAINED = 2**64 - 2**32
"""From here on stand families that have more rows than any side may have."""

FAMILIES_SCHEMA = pl.Schema({"group": pl.UInt64, "family": pl.UInt64})


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


def place(groups: pl.DataFrame, validation: float, test: float) -> pl.DataFrame:
    """Give each example its side: what `assign_sides` takes and gives, and what that does not give to few or tied rows.

    Where near duplicates, or turns of conversations, tie most rows to others, a family of them would hardly ever be
    drawn whole, as each of its groups has a hash of its own, and validation would get a fraction of what it was asked
    for: each family is drawn as one group then. And of a few rows chance may leave a side empty, see `mend_small`.
    """
    sides = assign_sides(groups, validation, test)
    counts = dict(sides.group_by(pl.col("side").cast(pl.String)).len().iter_rows())
    all_tied = counts and groups.filter(~_are_tied(groups)).is_empty()
    empty = validation > 0 and not counts.get(VALIDATION) and all_tied
    if not empty and not are_starved(counts, int(sides["joined"].sum()), validation, test):
        return _with_training(groups, mend_small(groups, sides, validation))
    if "tied" not in groups.columns:
        groups = groups.with_columns(pl.lit(None, pl.UInt64).alias("tied"))
    rows = groups.with_columns(
        pl.any_horizontal(pl.col("tied", "component").is_not_null()).cast(pl.UInt32).alias("rows")
    )
    families = families_of(rows, most_of_a_side(groups.height, validation, test))
    sides, together = in_families(groups, families, validation, test)
    # Where no family fits a number, one that is larger is better than none.
    sides = mend_small(together, sides, validation if validation < 1 else validation / groups.height)
    return _with_training(together, sides)


def asked_for(rows: int, validation: float, test: float) -> tuple[float, float]:
    """How many examples of so many validation and test are to have.

    >>> asked_for(200, 0.25, 30)
    (50.0, 30)
    """
    return (validation * rows if validation < 1 else validation), (test * rows if test < 1 else test)


def most_of_a_side(rows: int, validation: float, test: float) -> float:
    """How many rows a family may have to stand on another side than training."""
    return max(asked_for(rows, validation, test))


def are_starved(counts: Mapping[str, int], joined: int, validation: float, test: float) -> bool:
    """Whether ties drew to training what the other sides were mostly to have, given rows by side and those drawn.

    >>> are_starved({"train": 98, "validation": 2}, 9, 0.1, 0), are_starved({"train": 98, "validation": 2}, 4, 0.1, 0)
    (True, False)
    """
    rows = sum(counts.values())
    least = LEAST_SHARE * sum(asked_for(rows, validation, test))
    return joined >= least > rows - counts.get(TRAIN, 0)


def families_of(tied: pl.DataFrame, most: float) -> pl.DataFrame:
    """Where the families stand: `group, family` for the groups that are tied to others.

    Takes `group, component, tied` of the tied rows, and how many `rows` each stands for. A family stands where a hash
    of its lowest group says, so that a new row seldom moves it; one of more than `most` tied rows is trained.
    """
    pairs = tied.select("group", "component").unique(maintain_order=True)
    members: dict[_Node, list[int]] = {}
    for group, root in _roots(pairs, _ties(tied)).items():
        members.setdefault(root, []).append(group)
    rows = dict(tied.group_by("group").agg(pl.col("rows").cast(pl.UInt64).sum()).iter_rows())
    found = [
        (group, _position(of_family, trained=sum(rows.get(one, 0) for one in of_family) > most))
        for of_family in members.values()
        if len(of_family) > 1
        for group in of_family
    ]
    return pl.DataFrame(found, FAMILIES_SCHEMA, orient="row").sort("group")


def _position(groups: Iterable[int], *, trained: bool) -> int:
    """Where a family stands between 0 and 2**64; a hash, since the lowest of many hashes is always low."""
    position = xxhash.xxh3_64_intdigest(min(groups).to_bytes(8, "little"))
    return ALWAYS_TRAINED + (position >> 32) if trained else position


def in_families(
    groups: pl.DataFrame, families: pl.DataFrame, validation: float, test: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sides of rows whose families are drawn as one group each, and the rows with that group and without ties."""
    nothing = [pl.lit(None, groups.schema[name]).alias(name) for name in ("component", "tied") if name in groups]
    alone = groups.with_columns(nothing)
    placed = alone.join(families, on="group", how="left", maintain_order="left")
    together = placed.with_columns(pl.coalesce("family", "group").alias("group")).drop("family")
    sides = assign_sides(together, validation, test)
    own = assign_sides(alone, validation, test)["side"]
    return sides.with_columns((sides["side"] != own).alias("joined")), together


def mend_small(groups: pl.DataFrame, sides: pl.DataFrame, validation: float) -> pl.DataFrame:
    """The sides of a set so small that chance left validation empty, or training below what providers take.

    Fewer than LEAST_TRAINING examples are left as they are: no provider takes them.

    Takes what `assign_sides` takes and gives. Where a share of more than 0 gave validation nothing, the group of the
    lowest hash goes there, of those that leave training enough if there are any; where training has fewer than
    LEAST_TRAINING examples, the validation groups of the highest hashes go back until it has them, but for one. Groups
    that near duplicates tie to others stay where they are, and the last group of training always does.
    """
    counts = dict(sides.group_by("side").len().iter_rows())
    trained, validated = counts.get(TRAIN, 0), counts.get(VALIDATION, 0)
    enough = validated and trained >= LEAST_TRAINING
    if not 0 < validation < 1 or enough or sides.height < LEAST_TRAINING:
        return sides
    frame = groups.select("group", "component").with_columns(sides["side"])
    alone = (~_are_tied(groups)).all()
    firsts = frame.group_by("group").agg(pl.len().alias("rows"), pl.col("side").first(), alone.alias("free"))
    free = firsts.filter("free").sort("group")
    moved: dict[int, str] = {}
    if not validated:
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


def _with_training(groups: pl.DataFrame, sides: pl.DataFrame) -> pl.DataFrame:
    """The sides of LEAST_TRAINING rows and more, some of which are for training: at least the group that stands last.

    What is tied to it goes there with it.
    """
    if sides.height < LEAST_TRAINING or (sides["side"] == TRAIN).any():
        return sides
    roots = _roots(groups.select("group", "component").unique(maintain_order=True), _ties(groups))
    last = roots[max(roots)]
    family = pl.Series([group for group, root in roots.items() if root == last], dtype=pl.UInt64)
    trained = pl.Series(groups["group"].is_in(family.implode()))
    return sides.with_columns(pl.when(trained).then(pl.lit(TRAIN, SIDE)).otherwise("side").alias("side"))


def _are_tied(groups: pl.DataFrame) -> pl.Expr:
    """Which rows near duplicates tie to others, or are of a group that turns of a conversation tie to another."""
    return pl.col("component").is_not_null() | pl.col("group").is_in(_bound(_ties(groups)).implode())


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
    of_group = _roots(joined.select("group", "component"), ties)
    members: dict[_Node, set[str]] = {}
    for group, _, own in joined.iter_rows():
        members.setdefault(of_group[group], set()).add(own)
    moved: dict[int, str] = {}
    for group in joined["group"].unique():
        sides = members[of_group[group]]
        moved[group] = next(iter(sides)) if len(sides) == 1 else TRAIN
    new = pl.DataFrame({"group": list(moved), "moved": list(moved.values())}, {"group": pl.UInt64, "moved": SIDE})
    placed = frame.join(new, on="group", how="left", maintain_order="left")
    return placed.select(pl.coalesce("moved", "own")).to_series()


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

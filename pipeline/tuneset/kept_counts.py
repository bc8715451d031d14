"""The written examples in counts: how many have each length, on which side. It grows with lengths, not with examples.

Counts of parts add up to those of the whole. What cannot be added up, how many prompts there are, is asked of keys.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

COLUMNS = ("side", "tokens", "trained_tokens", "exact", "characters", "prompt_key")
LENGTHS = ("tokens", "trained_tokens", "characters")
_LENGTHS = pl.Schema({"side": pl.String(), "column": pl.String(), "value": pl.Int64(), "examples": pl.Int64()})
_SIDES = pl.Schema({"side": pl.String(), "examples": pl.Int64(), "inexact": pl.Int64(), "masked_tokens": pl.Int64()})


class Kept(NamedTuple):
    """Written examples in counts.

    Args:
        lengths: `side, column, value, examples`: for each of LENGTHS; without examples where that is unknown.
        sides: `side, examples, inexact, masked_tokens`: how many have tokens that are an estimate, and all tokens of
            those whose trained tokens are known.
        prompts: how many prompts there are.
        most: examples of the most frequent one.
    """

    lengths: pl.DataFrame
    sides: pl.DataFrame
    prompts: int = 0
    most: int = 0

    @property
    def examples(self) -> int:
        """How many there are."""
        return int(self.sides["examples"].sum())

    @property
    def inexact(self) -> int:
        """How many have tokens that are an estimate."""
        return int(self.sides["inexact"].sum())

    def by_side(self) -> Mapping[str, int]:
        """How many each side has, of those that have any."""
        return dict(self.sides.select("side", "examples").iter_rows())

    def of(self, column: str, side: str | None = None) -> pl.DataFrame:
        """`value, examples` of one of LENGTHS, ascending, of one side or of all."""
        chosen = self.lengths.filter(pl.col("column") == column)
        if side is not None:
            return chosen.filter(pl.col("side") == side).select("value", "examples").sort("value")
        return chosen.group_by("value").agg(pl.col("examples").sum()).sort("value")


def counted(rows: pl.DataFrame) -> Kept:
    """The counts of some examples, given COLUMNS, of which `trained_tokens` and `exact` may be absent.

    >>> rows = pl.DataFrame({"side": ["train"] * 2, "tokens": [3, 3], "characters": [9, 8], "prompt_key": ["a", "a"]})
    >>> found = counted(rows)
    >>> found.of("tokens").rows(), found.examples, found.prompts, found.most
    ([(3, 2)], 2, 1, 2)
    """
    absent = {"trained_tokens": pl.lit(None, pl.Int64), "exact": pl.lit(False)}
    rows = rows.with_columns(
        pl.col("side").cast(pl.String), *(value.alias(name) for name, value in absent.items() if name not in rows)
    )
    lengths = [
        rows.lazy()
        .filter(pl.col(column).is_not_null())
        .group_by("side", pl.col(column).cast(pl.Int64).alias("value"))
        .agg(pl.len().cast(pl.Int64).alias("examples"))
        .select("side", pl.lit(column).alias("column"), "value", "examples")
        .collect()
        for column in LENGTHS
    ]
    sides = rows.group_by("side").agg(
        pl.len().cast(pl.Int64).alias("examples"),
        (~pl.col("exact")).sum().cast(pl.Int64).alias("inexact"),
        pl.col("tokens").filter(pl.col("trained_tokens").is_not_null()).sum().cast(pl.Int64).alias("masked_tokens"),
    )
    prompts, most = of_keys(rows["prompt_key"])
    return Kept(pl.concat([pl.DataFrame(schema=_LENGTHS), *lengths]), sides.sort("side"), prompts, most)


def merged(parts: Sequence[Kept]) -> Kept:
    """The counts of several parts together; what is said of prompts is left out."""
    lengths = pl.concat([pl.DataFrame(schema=_LENGTHS), *(one.lengths for one in parts)])
    sides = pl.concat([pl.DataFrame(schema=_SIDES), *(one.sides for one in parts)])
    return Kept(
        lengths.group_by("side", "column", "value").agg(pl.col("examples").sum()),
        sides.group_by("side").agg(pl.exclude("side").sum()).sort("side"),
    )


def of_keys(keys: pl.Series) -> tuple[int, int]:
    """How many different keys there are, and how often the most frequent one.

    >>> of_keys(pl.Series(["a", "b", "a"])), of_keys(pl.Series([], dtype=pl.String))
    ((2, 2), (0, 0))
    """
    runs = keys.sort().rle().struct.field("len")  # a fraction of the memory of value_counts()
    return len(runs), int(runs.to_numpy().max(initial=0))


# --- of `value, examples`, ascending -----------------------------------------------------------------------------


def of_values(values: pl.Series) -> pl.DataFrame:
    """`value, examples` of a column of numbers.

    >>> of_values(pl.Series([5, 3, 5])).rows()
    [(3, 1), (5, 2)]
    """
    named = values.cast(pl.Int64).alias("value").to_frame()
    return named.group_by("value").agg(pl.len().cast(pl.Int64).alias("examples")).sort("value")


def total(counts: pl.DataFrame) -> int:
    """The sum of all values."""
    return sum(value * examples for value, examples in counts.select("value", "examples").iter_rows())


def mean(counts: pl.DataFrame) -> float:
    """The mean, rounded to a tenth; there is one value at least."""
    return round(total(counts) / int(counts["examples"].sum()), 1)


def at_shares(counts: pl.DataFrame, shares: Sequence[float]) -> list[float]:
    """The values below which such shares of the examples are, each the nearest one that occurs; there is one at least.

    >>> at_shares(of_values(pl.Series([1, 2, 3, 4])), [0.0, 0.5, 1.0])
    [1.0, 3.0, 4.0]
    """
    ends = counts["examples"].cum_sum()
    last = int(ends[-1]) - 1
    ranks = pl.Series([math.floor(last * share + 0.5) for share in shares], dtype=pl.Int64)
    return [float(value) for value in counts["value"].gather(ends.search_sorted(ranks, side="right"))]


def by_power_of_two(counts: pl.DataFrame) -> dict[int, int]:
    """How many values there are from each power of two up to the next; what is below 1 counts as 1.

    >>> by_power_of_two(of_values(pl.Series([3, 9, 8])))
    {2: 1, 8: 2}
    """
    # Exact for values up to 2**44; a power of two has an exact logarithm.
    powers = counts.select(pl.col("value").clip(1).log(2).floor().cast(pl.Int64).alias("power"), "examples")
    summed = powers.group_by("power").agg(pl.col("examples").sum()).sort("power")
    return {1 << power: examples for power, examples in summed.iter_rows()}

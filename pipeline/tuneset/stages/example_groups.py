"""split: the group of each example, which stays on one side, and its stratum, which has its share of every side.

Row by row; which side a group stands on is decided by `split.py`.
"""

from __future__ import annotations

import json

import polars as pl
import xxhash

from tuneset.json_text import JsonValue, as_id, dumps, held_at, loads

ALL = "all"  # the one stratum of a set that is not stratified


def group_keys(examples: pl.DataFrame, group_by: str) -> pl.Series:
    """The group of each example, as a String column `group`.

    `prompt` and `messages` are the keys that dedup made; `conversation` is that of the prompt, and for the rows of a
    conversation that grew the one of its shortest row. Any other name is a raw column (kept in `meta`), or a path into
    one. An example that lacks that column, or has null or a blank text in it, is a group of its own.
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
    """Which examples lack a raw column, or have null or a blank text in it."""
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


def _column(examples: pl.DataFrame, name: str) -> list[str | None]:
    """The values of a raw column, or at a path, as ids in JSON; None where an example has none, null or blanks."""
    sought = dumps(name.rpartition(".")[2])[1:-1]  # in the text wherever the value is
    values: list[str | None] = []
    for meta in examples["meta"]:
        value = as_id(held_at(loads(meta.encode()), name)) if meta and sought in meta else None
        values.append(None if value in (None, "") else _sorted(value))
    return values


def _sorted(value: JsonValue) -> str:
    """A value as JSON text in which the order of keys makes no difference.

    >>> _sorted({"b": 1, "a": [2]})
    '{"a": [2], "b": 1}'
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False)

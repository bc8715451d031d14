"""Why a row went, came or changed sides: by the other set's ledger, and by how both sets were divided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
import polars as pl

from tuneset.example_tables import to_tables
from tuneset.execution.comparison import raw_places
from tuneset.execution.comparison.lines import parsed, read_again, spoken
from tuneset.execution.comparison.rows import Rows
from tuneset.stages.dedup_keys import with_keys
from tuneset.stages.example_groups import group_keys, positions
from tuneset.stages.split import assign_sides
from tuneset.terms import Format

NO_LEDGER, NO_RAW_ROW, OTHER_TEXT = "no-ledger", "no-raw-row", "other-text"
MEANINGS = {
    NO_LEDGER: "no ledger says what became of its raw row",
    NO_RAW_ROW: "its raw row is not there",
    OTHER_TEXT: "its raw row says something else there",
}
"""What stands in place of the code of a stage, where none dropped the row."""

SPLIT_PARAMS, ANOTHER_GROUP, TIED, BY_NUMBER, UNKNOWN = (
    "split-params", "another-group", "tied", "by-number", "unknown",
)  # fmt: skip
_KEYS = ("prompt", "messages", "conversation")


class Reason(NamedTuple):
    """Why one row is elsewhere than it was.

    Args:
        code: of the stage that dropped it, or one of this file.
        detail: one sentence.
    """

    code: str
    detail: str


def absences(rows: pl.Series, of: Rows, other: Rows, same: pl.DataFrame, alone: pl.Series) -> pl.DataFrame:
    """Why rows of one set are not in the other: `row, code, detail`, in the order of `rows`.

    `same` has the pairs of rows of both sets, as `a` those of `of`; `alone` the rows of the other that are not in
    this one.
    """
    if other.dropped is None:
        return _all(rows, NO_LEDGER)
    known = raw_places.known_places(of.kept, other.kept, same)
    missing = of.kept.select("row", *raw_places.PLACE)[rows]
    dropped = other.dropped.with_columns(pl.col("source").cast(pl.Categorical)).with_row_index("row")
    kept = other.kept.select("row", *raw_places.PLACE)[alone]
    found, standing = [], []
    for before in (True, False):
        found.append(raw_places.followed(missing, known, dropped, before=before))
        standing.append(raw_places.followed(missing, known, kept, before=before))
    told = pl.concat(found).unique("row", keep="first", maintain_order=True)
    there = pl.concat(standing).select("row").unique().with_columns(there=pl.lit(value=True))
    codes = told.join(dropped.select(pl.col("row").alias("other"), "code", "detail"), on="other").drop("other")
    joined = missing.select("row").join(codes, on="row", how="left", maintain_order="left")
    joined = joined.join(there, on="row", how="left", maintain_order="left")
    fallback = pl.when(pl.col("there").is_null()).then(pl.lit(NO_RAW_ROW)).otherwise(pl.lit(OTHER_TEXT))
    code = pl.coalesce("code", fallback).alias("code")
    detail = pl.coalesce("detail", fallback.replace_strict(MEANINGS)).alias("detail")
    return joined.select("row", code, detail)


def _all(rows: pl.Series, code: str) -> pl.DataFrame:
    return rows.to_frame("row").with_columns(code=pl.lit(code), detail=pl.lit(MEANINGS[code]))


def moves(moved: pl.DataFrame, first: Rows, second: Rows) -> list[Reason]:
    """Why pairs stand on different sides: `a, b, side_a, side_b, kind`; one reason each, in their order."""
    old, new = (_split_params(rows.given.manifest) for rows in (first, second))
    if old is None or new is None:
        return [Reason(UNKNOWN, "no manifest says how the sets were divided")] * moved.height
    if keys := sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key)):
        named = ", ".join(f"split.{key}: {_shown(old.get(key))} -> {_shown(new.get(key))}" for key in keys)
        return [Reason(SPLIT_PARAMS, named)] * moved.height
    if any(float(old.get(key) or 0) >= 1 for key in ("validation", "test")):
        told = Reason(BY_NUMBER, "a side of a number of examples takes other groups where rows come or go")
        return [told] * moved.height
    own_a, own_b = (_own_sides(rows, moved[name], old) for rows, name in ((first, "a"), (second, "b")))
    sides = zip(moved["side_a"].to_list(), moved["side_b"].to_list(), own_a, own_b, strict=True)
    return [_reason(*one, str(old.get("group_by"))) for one in sides]


def _reason(side_a: str, side_b: str, own_a: str | None, own_b: str | None, group_by: str) -> Reason:
    if own_a is None or own_b is None:
        return Reason(UNKNOWN, f"its group is by {group_by}, which is in no written line")
    if own_a != own_b:
        return Reason(ANOTHER_GROUP, "what it asks has changed, and so has its group")
    if own_b == side_b:
        return Reason(TIED, f"its own group is for {side_b}; in the first set others tied it to {side_a}")
    return Reason(TIED, f"its own group is for {side_a}; others tie it to {side_b} now, or it fills that side")


def _split_params(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    found = manifest.get("params", {}).get("split") if isinstance(manifest.get("params"), dict) else None
    return found if isinstance(found, dict) else None


def _own_sides(rows: Rows, chosen: pl.Series, split: Mapping[str, Any]) -> list[str | None]:
    """Where the group of each row puts it by itself; None where that cannot be told from the line."""
    if split.get("group_by") not in _KEYS:
        return [None] * len(chosen)
    group_by = "messages" if split["group_by"] == "messages" else "prompt"
    by_form: dict[Format, list[tuple[int, Any]]] = {}
    for place, line in enumerate(read_again(rows.spans(chosen))):
        example = parsed(line)
        if example is not None and spoken(example) is not None:
            form: Format = "dpo" if "preferred_output" in example else "kto" if "label" in example else "sft"
            by_form.setdefault(form, []).append((place, example))
    sides: list[str | None] = [None] * len(chosen)
    for form, held in by_form.items():
        examples = [example for _, example in held]
        ids, zeros = [str(place) for place, _ in held], [0] * len(held)
        tables = with_keys(
            to_tables(
                examples, row_ids=ids, source="", lines=zeros, items=zeros, line_format=form, metas=[None] * len(held)
            )
        )
        groups = positions(group_keys(tables.examples, group_by), str(split["salt"])).to_frame("group")
        frame = groups.with_columns(component=pl.lit(None, pl.Int64), stratum=pl.lit(""))
        own = assign_sides(frame, float(split["validation"]), float(split.get("test") or 0))["side"]
        for (place, _), side in zip(held, own.to_list(), strict=True):
            sides[place] = str(side)
    return sides


def _shown(value: object) -> str:
    """A param as it is written.

    >>> _shown(0.1), _shown("tuneset"), _shown(None)
    ('0.1', 'tuneset', 'null')
    """
    return value if isinstance(value, str) else orjson.dumps(value).decode()

"""Repairs over the tables of a shard: cheap looks at columns find the few rows that may need one.

No message comes or goes, so that what is repaired goes back to the rows where it was.
"""

from __future__ import annotations

import functools
import operator
import re
from collections import Counter
from collections.abc import Sequence
from typing import cast

import polars as pl

from tuneset.example_tables import to_examples, to_tables
from tuneset.model import MESSAGES_SCHEMA, Tables
from tuneset.rules.repairs.one_example import repair_example
from tuneset.rules.repairs.repair import Look, Repair
from tuneset.terms import Format

_MESSAGE_VALUES = [name for name in MESSAGES_SCHEMA if name not in ("row_id", "branch", "turn")]
_EXAMPLE_VALUES = ["tools", "extra"]


def repair_tables(tables: Tables, wanted: Sequence[Repair]) -> tuple[Tables, dict[str, int]]:
    """The tables with every example repaired that can be; by the code of each repair, how many examples it changed."""
    rows = suspects(tables, wanted)
    if not rows.any():
        return tables, {}
    some = tables.keep(rows)
    examples = to_examples(some)
    counts: Counter[str] = Counter()
    changed = []
    for example, line_format in zip(examples, some.examples["format"].to_list(), strict=True):
        codes = repair_example(example, cast("Format", line_format), wanted)
        counts.update(codes)
        changed.append(bool(codes))
    if not counts:
        return tables, {}
    some = some.keep(pl.Series(changed))
    repaired = to_tables(
        [example for example, was in zip(examples, changed, strict=True) if was],
        row_ids=some.examples["row_id"].to_list(),
        source="",
        lines=some.examples["line"].to_list(),
        items=some.examples["item"].to_list(),
        line_format=cast("Format", some.examples["format"][0]),
        metas=[None] * some.examples.height,
    )
    ids = some.examples["row_id"].implode()
    return Tables(
        _put_back(tables.examples, ids, repaired.examples, _EXAMPLE_VALUES),
        _put_back(tables.messages, ids, repaired.messages, _MESSAGE_VALUES),
    ), dict(sorted(counts.items()))


def _put_back(frame: pl.DataFrame, ids: pl.Series, repaired: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """A frame in which the rows of some examples have other values in some columns."""
    places = frame["row_id"].is_in(ids).arg_true()
    return frame.with_columns(frame[name].clone().scatter(places, repaired[name]).alias(name) for name in columns)


def suspects(tables: Tables, wanted: Sequence[Repair]) -> pl.Series:
    """Which examples a repair may change: one Boolean an example."""
    looks = dict.fromkeys(look for repair in wanted for look in repair.looks)
    nowhere = pl.repeat(False, tables.examples.height, dtype=pl.Boolean, eager=True)
    if tables.examples.is_empty():
        return nowhere
    line_format = tables.examples["format"][0]
    asked = [look for look in looks if not look.formats or line_format in look.formats]
    whole = [found for look in asked if look.column.startswith("examples.")
             if (found := _seen(tables.examples, look)) is not None]  # fmt: skip
    parts = [found for look in asked if not look.column.startswith("examples.")
             if (found := _seen(tables.messages, look)) is not None]  # fmt: skip
    if parts:
        rows = tables.messages["row_id"].filter(functools.reduce(operator.or_, parts))
        whole.append(tables.examples["row_id"].is_in(rows.unique().implode()))
    return functools.reduce(operator.or_, whole, nowhere)


def _seen(frame: pl.DataFrame, look: Look) -> pl.Series | None:
    """Where a look finds something; None where that is nowhere."""
    column = frame[look.column.removeprefix("examples.")]
    if column.null_count() == frame.height:
        return None
    if look.column == "role":  # few values, many rows
        seen = _named(column, look.matches)
    else:
        seen = column.is_not_null()
        if look.role:
            seen &= _named(frame["role"], look.role)
        places = seen.fill_null(value=False).arg_true()
        found = _holds(column.gather(places), look)
        seen = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True).scatter(places.filter(found), values=True)
    if look.without:
        seen &= frame[look.without].is_null()
    seen = seen.fill_null(value=False)
    return seen if seen.any() else None


def _named(roles: pl.Series, pattern: str) -> pl.Series:
    """Which messages have a role that a pattern knows.

    Roles are few, so Python's own expressions look at them: polars keeps 32 compiled, and those are all taken.
    """
    known = [name for name in roles.unique().drop_nulls() if re.search(pattern, name)]
    return roles.is_in(pl.Series(known, dtype=pl.String).implode())


def _holds(values: pl.Series, look: Look) -> pl.Series:
    """Which values a look minds, by what they hold."""
    minded = pl.repeat(True, len(values), dtype=pl.Boolean, eager=True)
    if look.matches:
        minded &= values.str.contains(look.matches)
    if look.unless:
        minded &= ~values.str.contains(look.unless)
    if look.ends:
        minded &= values.str.strip_chars_end(" \t\r\n").str.ends_with(look.ends)
    return minded

"""pandera models of the tables between stages.

They hold what every later stage relies on. What a provider accepts is judged by the JSON Schemas and the rules.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context

from tuneset.errors import InputError
from tuneset.model import MESSAGES_SCHEMA, Tables

ROW_ID = r"^[0-9a-f]{16}$"


@functools.cache
def examples_model() -> pa.DataFrameSchema:
    """The table of examples: unique row ids, a physical place, a known format; stages may add columns."""
    return pa.DataFrameSchema(
        {
            "row_id": pa.Column(pl.String, pa.Check.str_matches(ROW_ID), unique=True),
            "source": pa.Column(pl.String, pa.Check.str_length(min_value=1)),
            "line": pa.Column(pl.Int64, pa.Check.ge(1)),
            "item": pa.Column(pl.Int64, pa.Check.ge(0)),
            "format": pa.Column(pl.String, pa.Check.isin(["sft", "dpo", "rft", "kto"])),
            **{name: pa.Column(pl.String, nullable=True) for name in ("tools", "extra", "meta")},
            "tokens": pa.Column(pl.Int64, pa.Check.ge(0), required=False),
        },
        strict=False,
    )


@functools.cache
def messages_model() -> pa.DataFrameSchema:
    """The table of messages: exactly its columns, known branches, turns from 0."""
    nullable = [name for name in MESSAGES_SCHEMA if name not in ("row_id", "branch", "turn", "weight")]
    return pa.DataFrameSchema(
        {
            "row_id": pa.Column(pl.String, pa.Check.str_matches(ROW_ID)),
            "branch": pa.Column(pl.String, pa.Check.isin(["prompt", "preferred", "non_preferred"])),
            "turn": pa.Column(pl.Int64, pa.Check.ge(0)),
            "weight": pa.Column(pl.Int64, nullable=True),
            **{name: pa.Column(pl.String, nullable=True) for name in nullable},
        },
        strict=True,
    )


def check_tables(tables: Tables, origin: object) -> None:
    """Check both tables and that they belong together. `origin` names them in the error.

    The depth is set here, because without it pandera checks only the columns of a LazyFrame and not its values, and
    because variables of the environment can switch checks off (seen with 0.35, 2026-11-20).
    Raises InputError that names columns and checks, never values.
    """
    pairs = (("examples", examples_model(), tables.examples), ("messages", messages_model(), tables.messages))
    if all(_surely_holds(model, frame) for _, model, frame in pairs) and _belong_together(tables):
        return
    faults: list[str] = []
    for name, model, frame in pairs:
        try:
            with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
                model.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as error:
            # Where no column is named, the case is the name of one that is missing or foreign, and not a value.
            place = pl.coalesce("column", "failure_case").alias("column")
            cases = error.failure_cases.select(place, "check").unique(maintain_order=True)
            faults += [f"{name}.{column}: {check}" for column, check in cases.iter_rows()]
    if not faults and not _belong_together(tables):
        faults.append("messages.row_id: is not among the examples")
    if faults:
        raise InputError(
            f"{origin}: not the tables that stages pass on: {'; '.join(faults)}",
            hint="run the stage that wrote them again; tables are not made to be edited",
        )


def _belong_together(tables: Tables) -> bool:
    return bool(tables.messages["row_id"].is_in(tables.examples["row_id"].implode()).all())


def _surely_holds(model: pa.DataFrameSchema, frame: pl.DataFrame | pl.LazyFrame) -> bool:
    """Whether a frame surely keeps a model: all that the model asks, in one look of polars.

    pandera asks column by column and takes ten times as long, 1.5 us a row; it is asked where this says no, because it
    knows what is wrong. A check that is not known here is a no.
    """
    if isinstance(frame, pl.LazyFrame) or (model.strict and set(frame.columns) != set(model.columns)):
        return False
    asked: list[pl.Expr] = []
    for name, column in model.columns.items():
        if name not in frame.columns and not column.required:
            continue
        if frame.schema.get(name) != column.dtype.type:
            return False
        value = pl.col(name)
        asked += [] if column.nullable else [value.is_not_null()]
        asked += [value.is_unique()] if column.unique else []
        for check in column.checks:
            if check.name not in _EXPRESSIONS:
                return False
            asked.append(_EXPRESSIONS[check.name](value, **check.statistics))
    fine = frame.select(expression.fill_null(value=False).all().alias(str(n)) for n, expression in enumerate(asked))
    return all(fine.row(0))


_EXPRESSIONS: Mapping[str, Callable[..., pl.Expr]] = {
    "greater_than_or_equal_to": lambda value, min_value: value >= min_value,
    "isin": lambda value, allowed_values: value.is_in(list(allowed_values)),
    "str_length": lambda value, min_value, max_value, exact_value: (
        value.str.len_chars() >= min_value if max_value is None and exact_value is None else pl.lit(value=False)
    ),
    "str_matches": lambda value, pattern: value.str.contains(getattr(pattern, "pattern", pattern)),
}
"""By the name that pandera gives a check; none of the columns checked may be null."""

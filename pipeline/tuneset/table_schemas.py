"""pandera models of the tables between stages, made of the demands in `table_columns.py`, and what they find wrong.

Only a table that fails the look there comes here: pandera knows which column fails which check.
"""

from __future__ import annotations

from typing import TypeVar

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context

from tuneset.table_columns import ColumnDemand, TableDemand

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def faults(name: str, demand: TableDemand, frame: Frame) -> list[str]:
    """What is wrong with a table, as `NAME.COLUMN: CHECK`, never with a value; empty where nothing is.

    The depth is set here, because without it pandera checks only the columns of a LazyFrame and not its values, and
    because variables of the environment can switch checks off (seen with 0.35, 2026-11-20).
    """
    try:
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            model_of(demand).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        # Where no column is named, the case is the name of one that is missing or foreign, and not a value.
        place = pl.coalesce("column", "failure_case").alias("column")
        cases = error.failure_cases.select(place, "check").unique(maintain_order=True)
        return [f"{name}.{column}: {check}" for column, check in cases.iter_rows()]
    return []


def model_of(demand: TableDemand) -> pa.DataFrameSchema:
    """The pandera model of a table's demand."""
    columns = {
        name: pa.Column(
            column.dtype, _checks(column), nullable=column.nullable, unique=column.unique, required=column.required
        )
        for name, column in demand.columns.items()
    }
    return pa.DataFrameSchema(columns, strict=demand.closed)


def _checks(column: ColumnDemand) -> list[pa.Check]:
    return [
        *([pa.Check.ge(column.at_least)] if column.at_least is not None else []),
        *([pa.Check.str_length(min_value=1)] if column.filled else []),
        *([pa.Check.isin(list(column.one_of))] if column.one_of else []),
        *([pa.Check.str_matches(column.pattern)] if column.pattern else []),
    ]

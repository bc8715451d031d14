"""What every later stage relies on in the tables between stages, and the look that each table gets where it is read.

Here are the demands, and one look of polars that passes what keeps them. pandera says what is wrong with the rest
(`table_schemas.py`, made of the same demands); it is loaded only then. What a provider accepts is judged elsewhere, by
the JSON Schemas and the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from tuneset.errors import InputError
from tuneset.model import MESSAGES_SCHEMA, Tables

ROW_ID = r"^[0-9a-f]{16}$"


@dataclass(frozen=True)
class ColumnDemand:
    """What the values of a column keep: `at_least` of numbers, the last three of texts. A nullable one keeps none."""

    dtype: type[pl.DataType]
    nullable: bool = False
    required: bool = True
    unique: bool = False
    at_least: int | None = None
    filled: bool = False
    one_of: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True)
class TableDemand:
    """The columns that a table must have; with `closed` it has no others."""

    columns: Mapping[str, ColumnDemand] = field(default_factory=dict)
    closed: bool = False


_TEXT = ColumnDemand(pl.String, nullable=True)

EXAMPLES = TableDemand(
    {
        "row_id": ColumnDemand(pl.String, pattern=ROW_ID, unique=True),
        "source": ColumnDemand(pl.String, filled=True),
        "line": ColumnDemand(pl.Int64, at_least=1),
        "item": ColumnDemand(pl.Int64, at_least=0),
        "format": ColumnDemand(pl.String, one_of=("sft", "dpo", "rft", "kto")),
        **dict.fromkeys(("tools", "extra", "meta"), _TEXT),
        "tokens": ColumnDemand(pl.Int64, at_least=0, required=False),
    }
)
"""The table of examples: unique row ids, a physical place, a known format; stages may add columns."""

_OWN = {
    "row_id": ColumnDemand(pl.String, pattern=ROW_ID),
    "branch": ColumnDemand(pl.String, one_of=("prompt", "preferred", "non_preferred")),
    "turn": ColumnDemand(pl.Int64, at_least=0),
    "weight": ColumnDemand(pl.Int64, nullable=True),
}
MESSAGES = TableDemand({**_OWN, **{name: _TEXT for name in MESSAGES_SCHEMA if name not in _OWN}}, closed=True)
"""The table of messages: exactly its columns, known branches, turns from 0."""


def check_tables(tables: Tables, origin: object) -> None:
    """Check both tables and that they belong together. `origin` names them in the error.

    Raises InputError that names columns and checks, never values.
    """
    pairs = (("examples", EXAMPLES, tables.examples), ("messages", MESSAGES, tables.messages))
    if all(surely_keeps(frame, demand) for _, demand, frame in pairs) and _belong_together(tables):
        return
    from tuneset.table_schemas import faults  # noqa: PLC0415  pandera takes 0.3 s to load, in every worker

    found = [fault for name, demand, frame in pairs for fault in faults(name, demand, frame)]
    if not found and not _belong_together(tables):
        found.append("messages.row_id: is not among the examples")
    if found:
        raise InputError(
            f"{origin}: not the tables that stages pass on: {'; '.join(found)}",
            hint="run the stage that wrote them again; tables are not made to be edited",
        )


def surely_keeps(frame: pl.DataFrame | pl.LazyFrame, demand: TableDemand) -> bool:
    """Whether an eager frame keeps a demand: all that it asks, in one look of polars.

    pandera asks column by column and takes ten times as long, 1.5 us a row.

    >>> surely_keeps(pl.DataFrame({"turn": [0, -1]}), TableDemand({"turn": ColumnDemand(pl.Int64, at_least=0)}))
    False
    """
    if isinstance(frame, pl.LazyFrame) or (demand.closed and set(frame.columns) != set(demand.columns)):
        return False
    asked: list[pl.Expr] = []
    for name, column in demand.columns.items():
        if name not in frame.columns and not column.required:
            continue
        if frame.schema.get(name) != column.dtype:
            return False
        asked += _asked(pl.col(name), column)
    fine = frame.select(expression.fill_null(value=False).all().alias(str(n)) for n, expression in enumerate(asked))
    return all(fine.row(0)) if asked else True


def _asked(value: pl.Expr, column: ColumnDemand) -> Iterator[pl.Expr]:
    """What must be true of every value of a column."""
    if not column.nullable:
        yield value.is_not_null()
    if column.unique:
        yield value.is_unique()
    if column.at_least is not None:
        yield value >= column.at_least
    if column.filled:
        yield value.str.len_chars() >= 1
    if column.one_of:
        yield value.is_in(list(column.one_of))
    if column.pattern:
        yield value.str.contains(column.pattern)


def _belong_together(tables: Tables) -> bool:
    return bool(tables.messages["row_id"].is_in(tables.examples["row_id"].implode()).all())

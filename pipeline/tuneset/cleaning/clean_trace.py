"""What cleaning changed, cell by cell: the step, the text before and the text after.

Told by comparing the states of the same examples after each step; which steps there are, the caller knows. Made only
where it is asked for, because the states of single steps are.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from tuneset.model import Tables

TRACE_SCHEMA = pl.Schema(
    {
        "source": pl.String,
        "line": pl.Int64,
        "item": pl.Int64,
        "branch": pl.String,  # null for what belongs to the whole example
        "turn": pl.Int64,  # of the message as it was read; null as well
        "column": pl.String,  # as in the tables: role, content, parts, name, tool_calls, reasoning, weight, tools ...
        "step": pl.String,
        "before": pl.String,
        "after": pl.String,  # null for what was removed
    }
)
_PLACE = ("row_id", "branch", "turn")
_MESSAGE_COLUMNS = ("role", "content", "parts", "name", "tool_calls", "tool_call_id", "weight", "reasoning", "extra")
_LOST_COLUMNS = ("content", "parts", "tool_calls", "reasoning", "extra")
_EXAMPLE_COLUMNS = ("tools", "extra")


def trace(read: Tables, states: Iterable[tuple[str, Tables]]) -> pl.DataFrame:
    """All changes between the tables as they were read and their states after each step, as TRACE_SCHEMA.

    In the order of the examples and messages, and for each cell in the order of the steps. The turns of all states are
    those that were read. A message that is gone counts as removed; an example that is gone does not: the ledger has it.
    """
    found: list[pl.DataFrame] = []
    before = read
    for step, after in states:
        changes = [*_changed_messages(before, after), *_removed(before, after), *_changed_examples(before, after)]
        found += [frame.with_columns(pl.lit(step).alias("step")) for frame in changes if frame.height]
        before = after
    if not found:
        return pl.DataFrame(schema=TRACE_SCHEMA)
    examples = read.examples.select("row_id", "source", "line", "item").with_row_index("example")
    messages = read.messages.select(_PLACE).with_row_index("message")
    return (
        pl.concat(found)
        .with_row_index("number")
        .join(examples, on="row_id", how="left")
        .join(messages, on=list(_PLACE), how="left")
        .sort("example", "message", "number", nulls_last=True)
        .select(TRACE_SCHEMA.names())
    )


def _changed_messages(before: Tables, after: Tables) -> Iterable[pl.DataFrame]:
    """The cells of messages that are in both states with another text."""
    both = before.messages.join(after.messages, on=list(_PLACE), how="inner", suffix="_after", maintain_order="left")
    for column in _MESSAGE_COLUMNS:
        yield _differing(both, column).select(*_PLACE, pl.lit(column).alias("column"), "before", "after")


def _changed_examples(before: Tables, after: Tables) -> Iterable[pl.DataFrame]:
    """The cells of examples that are in both states with another text."""
    both = before.examples.join(after.examples, on="row_id", how="inner", suffix="_after", maintain_order="left")
    nowhere = pl.lit(None, pl.String).alias("branch"), pl.lit(None, pl.Int64).alias("turn")
    for column in _EXAMPLE_COLUMNS:
        yield _differing(both, column).select("row_id", *nowhere, pl.lit(column).alias("column"), "before", "after")


def _differing(both: pl.DataFrame, column: str) -> pl.DataFrame:
    pair = both.with_columns(
        pl.col(column).cast(pl.String).alias("before"), pl.col(f"{column}_after").cast(pl.String).alias("after")
    )
    return pair.filter(pl.col("before").ne_missing(pl.col("after")))


def _removed(before: Tables, after: Tables) -> Iterable[pl.DataFrame]:
    """All that stood in the messages that are gone, of examples that are still there; their content in any case."""
    here = before.messages.filter(pl.col("row_id").is_in(after.examples["row_id"].implode()))
    gone = here.join(after.messages.select(_PLACE), on=list(_PLACE), how="anti", maintain_order="left")
    gone = gone.with_columns(pl.col("content").fill_null(""))
    for column in _LOST_COLUMNS:
        yield gone.filter(pl.col(column).is_not_null()).select(
            *_PLACE,
            pl.lit(column).alias("column"),
            pl.col(column).alias("before"),
            pl.lit(None, pl.String).alias("after"),
        )

"""The shapes that pass between stages: two tables, their rejects, and findings.

An example is one row of `examples` and one or more rows of `messages`, joined on `row_id`. Free-form JSON (tool
definitions, tool calls, content parts) stays JSON text until it is written, because Arrow would unify its types
and fill absent keys with null. This file holds no IO and no rules.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Mapping

import polars as pl

from tuneset.terms import METHOD_FORMAT, Finding, Format, Outcome, Severity

__all__ = [
    "EXAMPLES_SCHEMA", "MESSAGES_SCHEMA", "METHOD_FORMAT", "REJECTS_SCHEMA", "Finding", "Format", "Outcome",
    "Severity", "StageResult", "Tables", "is_plain", "no_rejects", "reject_frame", "sentence",
]  # fmt: skip
"""With the words of `tuneset/terms.py`, which stand by themselves because polars takes its time to load."""

EXAMPLES_SCHEMA = pl.Schema(
    {
        "row_id": pl.String,  # 16 hex digits, from source, line and item
        "source": pl.String,  # the raw file, as the user would type it
        "line": pl.Int64,  # physical line in that file, from 1
        "item": pl.Int64,  # which example of that line, from 0
        "format": pl.String,  # sft, dpo or rft
        "tools": pl.String,  # JSON text, or null where absent
        "extra": pl.String,  # JSON object of the other keys that belong to the format, or null
        "meta": pl.String,  # JSON object of raw columns that are never written, or null
    }
)
MESSAGES_SCHEMA = pl.Schema(
    {
        "row_id": pl.String,
        "branch": pl.String,  # prompt, preferred or non_preferred
        "turn": pl.Int64,  # position within the branch, from 0
        "role": pl.String,
        "content": pl.String,  # text content; null where it is absent or not a string
        "parts": pl.String,  # JSON array: content given as parts
        "name": pl.String,
        "tool_calls": pl.String,  # JSON array
        "tool_call_id": pl.String,
        "weight": pl.Int64,
        "reasoning": pl.String,  # what was thought before it was said; `reasoning_content` in a line
        "extra": pl.String,  # JSON object of every other key and of values that fit no column
    }
)
REJECTS_SCHEMA = pl.Schema(
    {
        "row_id": pl.String,
        "source": pl.String,
        "line": pl.Int64,
        "item": pl.Int64,
        "stage": pl.String,
        "code": pl.String,  # the stable code of the rule or reason
        "detail": pl.String,  # one sentence, without values of the row
        "kept_row_id": pl.String,  # the representative, where the row is a duplicate
        "derived_from": pl.String,  # of an example that was made of another, the row id of that; null of most
        "answer": pl.Int64,  # of an example that is a single turn, the answer that it trains, from 1; null of most
    }
)


@dataclasses.dataclass(frozen=True)
class Tables:
    """Examples and their messages, both in the order of the source files.

    A stage may add columns to `examples` (`tokens`, `side`); it never renames or removes one.
    """

    examples: pl.DataFrame
    messages: pl.DataFrame

    @classmethod
    def empty(cls) -> Tables:
        """Tables with the full schema and no row."""
        return cls(pl.DataFrame(schema=EXAMPLES_SCHEMA), pl.DataFrame(schema=MESSAGES_SCHEMA))

    def keep(self, kept: pl.Series) -> Tables:
        """Only the examples where `kept` (Boolean, one value an example) is true, with their messages."""
        examples = self.examples.filter(kept)
        messages = self.messages.filter(pl.col("row_id").is_in(examples["row_id"].implode()))
        return Tables(examples, messages)


@dataclasses.dataclass(frozen=True)
class StageResult:
    """What a stage makes of its rows: those that go on, those that do not, and its counts.

    Args:
        tables: the rows that go on.
        rejects: one row of REJECTS_SCHEMA for each that does not.
        metrics: counts by name, summed over shards; never a rate.
        report_tables: further small tables for the report, by name.
    """

    tables: Tables
    rejects: pl.DataFrame
    metrics: Mapping[str, int]
    report_tables: Mapping[str, pl.DataFrame] = dataclasses.field(default_factory=dict)

    def check_conservation(self, stage: str, rows_in: int, derived: int = 0) -> StageResult:
        """Return self, having asserted that rows in + rows derived from them = rows out + rows dropped."""
        rows_out, dropped = self.tables.examples.height, self.rejects.height
        if rows_in + derived != rows_out + dropped:
            made = f", {derived} derived" if derived else ""
            raise AssertionError(f"{stage}: {rows_in} rows in{made}, {rows_out} out, {dropped} dropped")
        return self


def is_plain(messages: pl.DataFrame) -> pl.Series:
    """Which messages are a role and a text and nothing else: a Boolean column."""
    said, others = ("role", "content"), ("parts", "name", "tool_calls", "tool_call_id", "weight", "reasoning", "extra")
    odd = [messages[name].is_null() for name in said]
    odd += [messages[name].is_not_null() for name in others if messages[name].null_count() < messages.height]
    return ~functools.reduce(operator.or_, odd)


def reject_frame(examples: pl.DataFrame, stage: str, code: pl.Expr | str, detail: pl.Expr | str) -> pl.DataFrame:
    """Turn examples that a stage drops into rows of REJECTS_SCHEMA.

    `code` and `detail` are literals, or expressions over the columns of `examples`; a `kept_row_id` column is
    taken along where there is one.
    """
    kept, derived, answer = (
        pl.col(name) if name in examples.columns else pl.lit(None, REJECTS_SCHEMA[name]).alias(name)
        for name in ("kept_row_id", "derived_from", "answer")
    )
    return examples.select(
        "row_id",
        "source",
        "line",
        "item",
        pl.lit(stage).alias("stage"),
        (pl.lit(code) if isinstance(code, str) else code).alias("code"),
        (pl.lit(detail) if isinstance(detail, str) else detail).alias("detail"),
        kept,
        derived,
        answer,
    ).cast(REJECTS_SCHEMA)  # the order of columns is the same


def sentence(template: str, *values: pl.Expr | pl.Series | str | float) -> pl.Expr:
    """What is said of each row: the template with each `{}` replaced by the next value; null where one is null.

    A text or number is the same for all rows.

    >>> pl.DataFrame({"tokens": [7, 8]}).select(sentence("{} tokens of {}", pl.col("tokens"), 6)).to_series().to_list()
    ['7 tokens of 6', '8 tokens of 6']
    """
    # Not pl.format, which panics on a column in several pieces of which one before the last rows is empty.
    first, *texts = template.split("{}")
    said = [pl.lit(first)]
    for value, text in zip(values, texts, strict=True):
        said += [value if isinstance(value, pl.Expr) else pl.lit(value), pl.lit(text)]
    return pl.concat_str(said).alias("said")


def no_rejects() -> pl.DataFrame:
    """An empty frame of REJECTS_SCHEMA."""
    return pl.DataFrame(schema=REJECTS_SCHEMA)

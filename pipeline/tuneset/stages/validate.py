"""validate: only examples that the chosen format and profile accept go on.

The rules are those of `tuneset check` (`tuneset/rules/`) that look at one example. Of those that look at a line it is
the one that an example in tables can break: cleaning leaves U+0000 in texts that are about such characters. The first
error of an example is the reason in the ledger; all errors and warnings are counted by code.
"""

from __future__ import annotations

import polars as pl

from tuneset.example_tables import to_examples
from tuneset.model import REJECTS_SCHEMA, StageResult, Tables
from tuneset.rules.context import Context
from tuneset.rules.families.json_line import nul_issues
from tuneset.rules.passes.example import check_example
from tuneset.rules.passes.table import surely_clean

_NUL = ["\0", "\\u0000"]
_WITH_TEXT = {"role", "content", "parts", "name", "tool_calls", "tool_call_id", "reasoning", "tools", "extra"}
"""Columns of examples and messages that are written; the others are ours."""


def validate(tables: Tables, context: Context) -> StageResult:
    """Drop each example in which a rule finds an error.

    Metrics: `error.CODE`, `warning.CODE` and `info.CODE`, findings by severity and rule.
    """
    rows_in = tables.examples.height
    metrics: dict[str, int] = {}
    first_errors: dict[int, tuple[str, str]] = {}
    with_nul = _may_hold_nul(tables) & context.on("JSN006")
    suspects = ~surely_clean(tables, context) | with_nul
    of_suspects = to_examples(tables.keep(suspects)) if suspects.any() else []
    for index, example in zip(suspects.arg_true(), of_suspects, strict=True):
        for issue in [*(nul_issues(example) if with_nul[index] else ()), *check_example(example, context)]:
            severity = context.severity[issue.code]
            name = f"{severity}.{issue.code}"
            metrics[name] = metrics.get(name, 0) + 1
            if severity == "error" and index not in first_errors:
                place = f"{issue.path}: " if issue.path else ""
                first_errors[index] = (issue.code, place + issue.message)
    dropped = pl.Series([index in first_errors for index in range(rows_in)], dtype=pl.Boolean)
    rejects = (
        tables.examples.filter(dropped)
        .select("row_id", "source", "line", "item", pl.lit("validate").alias("stage"))
        .with_columns(
            pl.Series("code", [code for code, _ in first_errors.values()], pl.String),
            pl.Series("detail", [detail for _, detail in first_errors.values()], pl.String),
            *(pl.lit(None).alias(name) for name in ("kept_row_id", "derived_from", "answer")),
        )
        .cast(REJECTS_SCHEMA)
    )
    kept = tables.keep(~dropped) if first_errors else tables
    return StageResult(kept, rejects, metrics).check_conservation("validate", rows_in)


def _may_hold_nul(tables: Tables) -> pl.Series:
    """Which examples may hold U+0000: as itself in a column of text, escaped in a column of JSON."""

    def holding(frame: pl.DataFrame) -> pl.Series:
        found = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
        for name in sorted(_WITH_TEXT & set(frame.columns)):
            if frame[name].null_count() < frame.height:
                found |= frame[name].str.contains_any(_NUL).fill_null(value=False)
        return found

    rows = tables.messages["row_id"].filter(holding(tables.messages))
    return holding(tables.examples) | tables.examples["row_id"].is_in(rows.implode())

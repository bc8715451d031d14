"""validate: only examples that the chosen format and profile accept go on.

The rules are those of `tuneset check` (`tuneset/rules/`) that look at one example. The first error of an example is
the reason in the ledger; all errors and warnings are counted by code.
"""

from __future__ import annotations

import polars as pl

from tuneset.example_tables import to_examples
from tuneset.model import REJECTS_SCHEMA, StageResult, Tables
from tuneset.rules.context import Context
from tuneset.rules.passes.example import check_example
from tuneset.rules.passes.table import surely_clean


def validate(tables: Tables, context: Context) -> StageResult:
    """Drop each example in which a rule finds an error.

    Metrics: `error.CODE`, `warning.CODE` and `info.CODE`, findings by severity and rule.
    """
    rows_in = tables.examples.height
    metrics: dict[str, int] = {}
    first_errors: dict[int, tuple[str, str]] = {}
    suspects = ~surely_clean(tables, context)
    of_suspects = to_examples(tables.keep(suspects)) if suspects.any() else []
    for index, example in zip(suspects.arg_true(), of_suspects, strict=True):
        for issue in check_example(example, context):
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

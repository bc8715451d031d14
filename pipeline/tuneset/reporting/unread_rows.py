"""Why rows could not be read, as the screen tells it: each reason once, with a row that it is true of and what to try.

Reasons of ingest alone: they say what a person can set. Of other stages the rule's own page says it.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tuneset.drop_reasons import CONVERSATION_PART, LABELLED_BAD
from tuneset.reporting.run_summary import LABEL_WIDTH

SHOWN = 4
_NOT_ASKED = (CONVERSATION_PART, LABELLED_BAD)
"""Rows that are in the example of another one, and those that their own column takes out: nothing is to be set."""


def told(ledger: Path) -> list[str]:
    """A line for each of the most frequent reasons: how many rows, the first of them, and the reason.

    Takes a ledger as `prepare` writes it: `source`, `line`, `item`, `stage`, `code`, `detail`. Reasons hold no value.
    """
    dropped = pl.scan_parquet(ledger).filter(
        (pl.col("stage") == "ingest") & pl.col("code").is_not_null() & ~pl.col("code").is_in(_NOT_ASKED)
    )
    reasons = dropped.group_by("code", "detail").agg(
        pl.len().alias("rows"), pl.struct("source", "line", "item").sort().first().alias("first")
    )
    found = reasons.collect().sort(["rows", "code", "detail"], descending=[True, False, False])
    lines = [
        f"{'unread' if i == 0 else '':{LABEL_WIDTH}}{one['rows']:>8,}  {one['code']}, as in {one['first']['source']}:"
        f"{one['first']['line']}{_which(one['first']['item'])}: {one['detail']}"
        for i, one in enumerate(found.head(SHOWN).iter_rows(named=True))
    ]
    more = found.height - SHOWN
    return lines + ([f"{'':{LABEL_WIDTH}}... and {more:,} more reasons: in the ledger"] if more > 0 else [])


def _which(item: int) -> str:
    """Which row of its line one is, where it is not the first: in an array that is written on one line all stand there.

    >>> _which(0), _which(2)
    ('', ' (row 3 of the line)')
    """
    return f" (row {item + 1} of the line)" if item else ""

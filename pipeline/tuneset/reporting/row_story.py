"""A raw row's story in words, from its ledger rows."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from tuneset.drop_reasons import REASONS
from tuneset.rules.registry import BY_CODE
from tuneset.unused_columns import shown_key

SHOWN_ITEMS = 20


def text(rows: pl.DataFrame, ledger: pl.DataFrame, unused: Mapping[str, int]) -> str:
    """One paragraph for each example that begins on the line; the first SHOWN_ITEMS where there are more.

    `unused` counts the rows of the file in which a column holds text that no example says.
    """
    shown = [_story(row, ledger, several=rows.height > 1) for row in rows.head(SHOWN_ITEMS).iter_rows(named=True)]
    if rows.height > SHOWN_ITEMS:
        shown.append(f"... and {rows.height - SHOWN_ITEMS} more examples on this line (all of them: --output json)")
    if unused:
        named = ", ".join(f"{shown_key(name)} ({count:,} rows)" for name, count in unused.items())
        shown.append(f"columns of this file with text that is in no example: {named}")
    return "\n\n".join(shown)


def code_name(code: str) -> str:
    """The name of a rule or reason: `exact-duplicate` for DUP001.

    >>> code_name("DUP001"), code_name("XXX999")
    ('exact-duplicate', 'unknown')
    """
    if code in REASONS:
        return REASONS[code].name
    return BY_CODE[code].name if code in BY_CODE else "unknown"


def _story(row: dict[str, object], ledger: pl.DataFrame, *, several: bool) -> str:
    place = f"{row['source']}:{row['line']}" + (
        f" (example {int(str(row['item'])) + 1} of the line)" if several else ""
    )
    if row["outcome"] != "dropped":
        return f"{place}\n  kept: it is in {row['outcome']}.jsonl\n  row {row['row_id']}"
    code = str(row["code"])
    lines = [
        place,
        f"  dropped by {row['stage']}: {code} {code_name(code)}",
        f"  {row['detail']}",
    ]
    if row["kept_row_id"] is not None:
        kept = ledger.filter(pl.col("row_id") == row["kept_row_id"])
        where = f"{kept['source'][0]}:{kept['line'][0]}" if kept.height else str(row["kept_row_id"])
        outcome = f", which is in {kept['outcome'][0]}.jsonl" if kept.height and kept["outcome"][0] != "dropped" else ""
        if kept.height and kept["outcome"][0] == "dropped":
            outcome = f", which was dropped in turn by {kept['stage'][0]}: {kept['code'][0]}"
        lines.append(f"  its representative is {where}{outcome}")
    if code in REASONS:
        lines.append(f"  what to do: {REASONS[code].remedy}")
    else:
        lines.append(f"  more: tuneset rules {code}")
    return "\n".join([*lines, f"  row {row['row_id']}"])

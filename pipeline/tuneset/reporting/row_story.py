"""A raw row's story in words, from its ledger rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from tuneset.drop_reasons import REASONS
from tuneset.json_text import shown_key
from tuneset.rules.registry import BY_CODE
from tuneset.rules.repairs.registry import BY_CODE as REPAIRS
from tuneset.terms import NO_FILE

SHOWN_ITEMS = 20


def text(
    rows: pl.DataFrame,
    ledger: pl.DataFrame,
    unused: Mapping[str, int],
    changes: Sequence[Mapping[str, int] | None] = (),
    as_written: Sequence[bool] = (),
    taught: Sequence[str] = (),
) -> str:
    """One paragraph for each example that begins on the line; the first SHOWN_ITEMS where there are more.

    `unused` counts the rows of the file in which a column holds text that no example says; `changes` counts what
    cleaning changed in each row, None where the raw file is not at hand; `as_written` says whether a row still comes
    to the line that was written; `taught` which model gave its answer, empty where none did.
    """
    shown = []
    for number, row in enumerate(rows.head(SHOWN_ITEMS).iter_rows(named=True)):
        lines = _story(row, ledger, several=rows.height > 1)
        if number < len(changes):
            lines[-1:-1] = _changed(changes[number], row["source"])
        if number < len(taught) and taught[number]:
            lines.insert(1, f"  answered by {taught[number]}")
        if number < len(as_written) and not as_written[number]:
            lines[-1:-1] = ["  it comes to another line now: the raw file has changed since, or the line was shortened"]
        shown.append("\n".join(lines))
    if rows.height > SHOWN_ITEMS:
        shown.append(f"... and {rows.height - SHOWN_ITEMS} more examples on this line (all of them: --output json)")
    if unused:
        named = ", ".join(f"{shown_key(name)} ({count:,} rows)" for name, count in unused.items())
        shown.append(f"columns of this file with text that is in no example: {named}")
    return "\n\n".join(shown)


def _changed(counts: Mapping[str, int] | None, source: str) -> list[str]:
    """What cleaning changed, kind by kind, never a text.

    >>> _changed({"changed.whitespace": 2, "repaired.REP003": 1, "private.email.found": 3}, "a.jsonl")
    ['  cleaned: whitespace 2', '  repaired: REP003 arguments-as-object 1', '  redacted: email 3']
    """
    if counts is None and source == NO_FILE:
        return ["  what was changed in it: unknown, since it came from a program and stands in no file"]
    if counts is None:
        return ["  what was changed in it: unknown, the raw file is not where the run read it"]
    told: dict[str, list[str]] = {"cleaned": [], "repaired": [], "redacted": [], "reviewed": []}
    for name, count in counts.items():
        step, _, what = name.partition(".")
        if step == "repaired":
            told["repaired"].append(f"{what} {REPAIRS[what].name} {count:,}")
        elif step == "private":
            told["redacted"].append(f"{what.partition('.')[0].replace('_', ' ')} {count:,}")
        elif step == "decided":
            told["reviewed"].append(what)
        else:
            removed = "removed " if step == "removed" else ""
            told["cleaned"].append(f"{removed}{what.replace('_', ' ')} {count:,}")
    return [f"  {label}: {', '.join(parts)}" for label, parts in told.items() if parts]


def code_name(code: str) -> str:
    """The name of a rule or reason: `exact-duplicate` for DUP001.

    >>> code_name("DUP001"), code_name("XXX999")
    ('exact-duplicate', 'unknown')
    """
    if code in REASONS:
        return REASONS[code].name
    return BY_CODE[code].name if code in BY_CODE else "unknown"


def _story(row: dict[str, object], ledger: pl.DataFrame, *, several: bool) -> list[str]:
    example = int(str(row["item"])) + 1
    place = f"{row['source']}:{row['line']}" + (f" (example {example} of the line)" if several or example > 1 else "")
    if row["answer"] is not None:
        place += f", up to its answer {row['answer']}, which alone is trained"
    if row["outcome"] != "dropped":
        return [place, f"  kept: it is in {_written(row)}", f"  row {row['row_id']}"]
    code = str(row["code"])
    lines = [
        place,
        f"  dropped by {row['stage']}: {code} {code_name(code)}",
        f"  {row['detail']}",
    ]
    if row["kept_row_id"] is not None:
        kept = ledger.filter(pl.col("row_id") == row["kept_row_id"])
        where = f"{kept['source'][0]}:{kept['line'][0]}" if kept.height else str(row["kept_row_id"])
        is_kept = kept.height and kept["outcome"][0] != "dropped"
        outcome = f", which is in {_written(kept.row(0, named=True))}" if is_kept else ""
        if kept.height and kept["outcome"][0] == "dropped":
            outcome = f", which was dropped in turn by {kept['stage'][0]}: {kept['code'][0]}"
        lines.append(f"  its representative is {where}{outcome}")
    if code in REASONS:
        lines.append(f"  what to do: {REASONS[code].remedy}")
    else:
        lines.append(f"  more: tuneset rules {code}")
    return [*lines, f"  row {row['row_id']}"]


def _written(row: Mapping[str, object]) -> str:
    """The file in which a kept row is, and its line there, where the ledger knows it."""
    line = row["written_line"]
    return f"{row['outcome']}.jsonl" + (f", line {line}" if line else "")

"""The account of each raw file as the rows of a table, for the terminal and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tuneset.reporting.row_story import code_name

HEADER = ("file", "container", "shape", "read", "kept", "dropped", "most for")
NUMBERS = slice(3, 6)
"""Which columns hold numbers."""
_SHAPES_SHOWN = 2


def rows(sources: Sequence[Mapping[str, Any]], most: int) -> list[tuple[str, ...]]:
    """A row of the columns in HEADER for each file, the first `most` by how many rows they lose or give.

    >>> entry = {"source": "a", "container": "csv", "shapes": {"chat": 2}, "read": 3, "kept": 1, "dropped": 1}
    >>> rows([{**entry, "parts": 1, "main_reason": "DUP001"}], 5)
    [('a', 'csv', 'chat', '3', '1', '1 and 1 part', 'DUP001 exact-duplicate')]
    """
    chosen = sorted(sources, key=lambda entry: (-entry["dropped"], -entry["read"], entry["source"]))[:most]
    return [_row(entry) for entry in sorted(chosen, key=lambda entry: entry["source"])]


def text(sources: Sequence[Mapping[str, Any]], most: int) -> list[str]:
    """The table as aligned lines; what it leaves out is said in the last one."""
    table = [HEADER, *rows(sources, most)]
    widths = [max(len(row[place]) for row in table) for place in range(len(HEADER))]
    lines = []
    for row in table:
        cells = [
            cell.rjust(width) if place in range(*NUMBERS.indices(len(HEADER))) else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    if len(sources) > most:
        lines.append(f"... and {len(sources) - most:,} more: sources in metrics.json")
    return lines


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    shapes = sorted(entry["shapes"], key=lambda name: (-entry["shapes"][name], name))
    more = len(shapes) - _SHAPES_SHOWN
    shown = ", ".join(shapes[:_SHAPES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    parts, reason = entry["parts"], entry["main_reason"]
    dropped = f"{entry['dropped']:,}" + (f" and {parts:,} part{'s' if parts != 1 else ''}" if parts else "")
    return (
        entry["source"],
        entry["container"],
        shown or "none",
        f"{entry['read']:,}",
        f"{entry['kept']:,}",
        dropped,
        f"{reason} {code_name(reason)}" if reason else "",
    )

"""The account of each raw file as the rows of a table, for the terminal and the page."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tuneset.figures import number_of
from tuneset.reporting.row_story import code_name
from tuneset.reporting.text_width import at_left, at_right, cells_of, end_of

HEADER = ("file", "container", "shape", "read", "kept", "dropped", "most for")
NUMBERS = slice(3, 6)
"""Which columns hold numbers."""
_SHAPES_SHOWN = 2
_LEAST_PATH = 20
_GAP = "..."


def rows(sources: Sequence[Mapping[str, Any]], most: int) -> list[tuple[str, ...]]:
    """A row of the columns in HEADER for each file, the first `most` by how many rows they lose or give.

    >>> entry = {"source": "a", "container": "csv", "shapes": {"chat": 2}, "read": 3, "kept": 1, "dropped": 1}
    >>> rows([{**entry, "parts": 1, "main_reason": "DUP001"}], 5)
    [('a', 'csv', 'chat', '3', '1', '1 and 1 part', 'DUP001 exact-duplicate')]
    """
    chosen = sorted(sources, key=lambda entry: (-entry["dropped"], -entry["read"], entry["source"]))[:most]
    return [_row(entry) for entry in sorted(chosen, key=lambda entry: entry["source"])]


def text(sources: Sequence[Mapping[str, Any]], most: int, width: int) -> list[str]:
    """The table as aligned lines of at most `width`; what it leaves out is said in the last one.

    Where a row does not fit, each file has two lines: its path, cut at the front, with the numbers, and below it how it
    was read and why most of its rows were dropped.
    """
    table = [HEADER, *rows(sources, most)]
    numbers = range(*NUMBERS.indices(len(HEADER)))
    lines = _aligned(table, numbers)
    if max(map(len, lines)) > width:
        lines = _folded(table, numbers, width)
    if len(sources) > most:
        lines.append(f"... and {len(sources) - most:,} more: sources in metrics.json")
    return lines


def taught(sources: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which models gave answers, and to how many of the rows that were read, a sentence each, most first.

    >>> taught([{"labelled_by": {"gpt-4.1": 1200, "o3": 1}}, {"labelled_by": {"o3": 1}}, {}])
    ['gpt-4.1 answered 1,200 rows', 'o3 answered 2 rows']
    """
    found = Counter[str]()
    for entry in sources:
        found.update(entry.get("labelled_by", {}))
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [f"{model} answered {number_of(count, 'row')}" for model, count in ordered]


def _aligned(table: Sequence[Sequence[str]], numbers: Collection[int]) -> list[str]:
    """Rows with their columns below each other, numbers to the right."""
    widths = [max(map(cells_of, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            at_right(cell, width) if place in numbers else at_left(cell, width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def _folded(table: Sequence[Sequence[str]], numbers: range, width: int) -> list[str]:
    """A line of path and numbers for each file, and one of the rest."""
    counted = [[row[place] for place in numbers] for row in table]
    taken = sum(2 + max(map(cells_of, column)) for column in zip(*counted, strict=True))
    room = max(width - taken, _LEAST_PATH)
    paths = [_cut(row[0], room) for row in table]
    paths[0] = at_left(paths[0], room)  # so that the numbers stand at the edge
    first = _aligned([[path, *counts] for path, counts in zip(paths, counted, strict=True)], range(1, 1 + len(numbers)))
    lines = first[:1]
    for line, (_, container, shape, *_, reason) in zip(first[1:], table[1:], strict=True):
        told = f"{container}, {shape}" + (f"; most for {reason}" if reason else "")
        lines += [line, *textwrap.wrap(told, width, initial_indent="  ", subsequent_indent="  ")]
    return lines


def _cut(path: str, room: int) -> str:
    """A path that is too long without its beginning, for its end tells it from others.

    >>> _cut("data/raw/export/chat.jsonl", 15), _cut("a.jsonl", 15), _cut("raw/東京からのお問い合わせ.csv", 15)
    ('.../chat.jsonl', 'a.jsonl', '...い合わせ.csv')
    """
    if cells_of(path) <= room:
        return path
    end = end_of(path, room - len(_GAP))
    return _GAP + (end[end.index("/") :] if "/" in end[:-1] else end)


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

"""Rows below a heading that fit the terminal: what does not fit beside the first columns stands below them."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence

from tuneset.reporting.text_width import at_left, at_right, cells_of

_GAP = 2


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, first: int, right: Collection[int] = ()) -> list[str]:
    """Lines with a heading: one a row, or more where one would be wider than the terminal.

    Args:
        head: names of the columns.
        rows: a text for each column, "" where there is none; a column with none at all is left out.
        first: how many columns stand in the first line of a row whatever their width; the others are folded below it,
            as many to a line as fit.
        right: the columns, by place, that are numbers.

    >>> table(["id", "made", "name"], [["a1", "today", "x"]], first=2)
    ['id  made   name', 'a1  today  x']
    """
    used = [place for place in range(len(head)) if place < first or any(row[place] for row in rows)]
    shown = [tuple(row[place] for place in used) for row in (head, *rows)]
    width = shutil.get_terminal_size().columns
    widths = [max(map(cells_of, column)) for column in zip(*shown, strict=True)]
    lines = [_joined(row, widths, right) for row in shown]
    if max(map(cells_of, lines)) <= width:
        return lines
    folded: list[str] = []
    for row in shown:
        folded += [_joined(row[:first], widths, right), *_filled([cell for cell in row[first:] if cell], width)]
    return folded


def _joined(cells: Sequence[str], widths: Sequence[int], right: Collection[int]) -> str:
    gap = " " * _GAP
    return gap.join(
        at_right(cell, wide) if place in right else at_left(cell, wide)
        for place, (cell, wide) in enumerate(zip(cells, widths, strict=False))
    ).rstrip()


def _filled(cells: Sequence[str], width: int) -> list[str]:
    """Cells on lines that are indented; one that is wider than a line has one of its own.

    >>> _filled(["a" * 9, "b" * 9, "c" * 9], 24)
    ['  aaaaaaaaa  bbbbbbbbb', '  ccccccccc']
    """
    lines: list[str] = []
    for cell in cells:
        longer = f"{lines[-1]}{' ' * _GAP}{cell}" if lines else ""
        if longer and cells_of(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(" " * _GAP + cell)
    return lines

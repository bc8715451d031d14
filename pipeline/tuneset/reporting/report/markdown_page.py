"""A report as Markdown that fits a comment of a pull request: tables alone, and no text of a row.

What a comment cannot hold is left out from the end, section by section, and the page says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tuneset.reporting.report.blocks import Block, Cell, Conversations, Histogram, Lines, Report, Section, Table, Text
from tuneset.reporting.report.chart_tables import table_of

MOST_CHARACTERS = 65_536
"""Of a comment. GitHub: "body is too long (maximum is 65536 characters)", 2026-11-26."""
SHOWN_ROWS = 20
SHOWN_CHARACTERS = 300
"""Rows of a table and characters of a cell. Ours, so that a comment stays readable."""
_BAR = 12
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#@&])")
_LEFT_OUT = "\n_More is in report.html: this comment holds no more._\n"


def page(report: Report) -> str:
    """The whole page, at most MOST_CHARACTERS."""
    mark = {True: "✅ ", False: "❌ ", None: ""}[report.passed]
    lines = ["# Tuneset report", "", f"{mark}**{_escaped(report.verdict)}**", ""]
    lines += _figures(report.figures)
    lines += [line for sentence in report.warnings[:SHOWN_ROWS] for line in (f"> ⚠ {_escaped(sentence)}", "")]
    whole = "\n".join(lines) + "\n"
    for section in report.sections:
        text = "\n".join(_section(section)) + "\n"
        if len(whole) + len(text) + len(_LEFT_OUT) > MOST_CHARACTERS:
            return whole + _LEFT_OUT
        whole += text if any(not isinstance(block, Conversations) for block in section.blocks) else ""
    return whole


def _figures(figures: Sequence[tuple[str, str]]) -> list[str]:
    """The figures side by side, each below its name."""
    return [
        "| " + " | ".join(_escaped(name) for name, _ in figures) + " |",
        "|" + "---:|" * len(figures),
        "| " + " | ".join(f"**{_escaped(value)}**" for _, value in figures) + " |",
        "",
    ]


def _section(section: Section) -> list[str]:
    lines = [f"## {_escaped(section.title)}", ""]
    for block in section.blocks:
        lines += _block(block)
    return lines


def _block(block: Block) -> list[str]:
    if isinstance(block, Conversations):  # a comment is read by more people than the dataset
        return []
    if isinstance(block, Text):
        return [f"> ⚠ {_escaped(block.text)}" if block.warning else _escaped(block.text), ""]
    if isinstance(block, Histogram | Lines):
        return [f"**{_escaped(block.title)}**", "", *_table(table_of(block))]
    return _table(block)


def _table(table: Table) -> list[str]:
    heads = [_escaped(column.title) for column in table.columns] + ([""] if table.shares else [])
    lines = ["| " + " | ".join(heads) + " |"]
    lines.append("|" + "".join("---:|" if column.number else "---|" for column in table.columns))
    lines[-1] += "---|" if table.shares else ""
    for place, row in enumerate(table.rows[:SHOWN_ROWS]):
        cells = [_cell(cell) for cell in row] + ([_drawn(table.shares[place])] if table.shares else [])
        lines.append("| " + " | ".join(cells) + " |")
    rest = len(table.rows) - SHOWN_ROWS
    more = [f"and {rest:,} more rows in report.html"] if rest > 0 else []
    more += [_escaped(table.more)] if table.more else []
    return [*lines, "", *(line for sentence in more for line in (f"_{sentence}_", ""))]


def _drawn(share: float) -> str:
    """A share as a bar of characters.

    >>> _drawn(0.5), _drawn(0)
    ('██████', '')
    """
    return "█" * max(round(share * _BAR), 1 if share else 0)


def _cell(cell: Cell | str) -> str:
    told = cell if isinstance(cell, Cell) else Cell(cell)
    if not told.text:
        return ""
    bold = "**" if told.tone == "bad" else ""
    return f"{bold}{_code(told.text) if told.code else _escaped(_cut(told.text))}{bold}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + " ..."


def _escaped(text: str) -> str:
    r"""A text that says itself in a cell and in a paragraph, whatever it holds.

    >>> print(_escaped("a|b <c>\n*d* @e"))
    a\|b \<c\> \*d\* \@e
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    r"""A text as code: in fences that are longer than any that it holds, and with what ends a cell escaped.

    >>> print(_code("a`b|c"), _code("data/raw/a_b.jsonl"))
    ``a`b\|c`` `data/raw/a_b.jsonl`
    """
    bare = " ".join(_cut(text).split())
    ticks = "`" * (max((len(run) for run in re.findall("`+", bare)), default=0) + 1)
    space = " " if bare.startswith("`") or bare.endswith("`") else ""
    return f"{ticks}{space}{bare}{space}{ticks}".replace("|", r"\|")

"""A report as one HTML page that needs nothing else: no network and no script, readable when narrow and in the dark."""

from __future__ import annotations

import html
import itertools
import textwrap
from collections.abc import Iterable, Sequence

from tuneset.reporting.report import charts
from tuneset.reporting.report.blocks import (
    Block,
    Cell,
    Chart,
    Conversations,
    Histogram,
    Lines,
    Report,
    Section,
    ShownConversation,
    Table,
    Text,
)
from tuneset.reporting.report.chart_tables import table_of
from tuneset.reporting.report.page_style import STYLE
from tuneset.roles import SYSTEM_ROLES

_FIRST_CHARACTERS = 90
_SHORT = 24
"""Characters that a cell keeps on one line."""


def page(report: Report) -> str:
    """The whole page."""
    tone = {True: "good", False: "bad", None: "soft"}[report.passed]
    drawn = charts.installed() is not None
    has_chart = any(isinstance(block, Histogram | Lines) for section in report.sections for block in section.blocks)
    number = iter(range(1, 1000))
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tuneset report</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{STYLE}</style></head><body>",
            f"<header><h1>Tuneset report</h1><p class='lead {tone}'>{html.escape(report.verdict)}</p></header>",
            "<main><div class='cards'>",
            *(
                f"<div class='card'><span class='soft'>{html.escape(name)}</span><b>{html.escape(value)}</b></div>"
                for name, value in report.figures
            ),
            "</div>",
            *(f"<p class='warning'>{html.escape(sentence)}</p>" for sentence in report.warnings),
            "<nav>",
            *(f"<a href='#{one.name}'>{html.escape(one.title)}</a>" for one in report.sections),
            "</nav>",
            *(_section(section, number) for section in report.sections),
            *([f"<p class='soft'>Charts are drawn where their package is installed: {charts.INSTALL}</p>"]
              if has_chart and not drawn else []),
            "</main></body></html>\n",
        )
    )  # fmt: skip


def _section(section: Section, number: Iterable[int]) -> str:
    parts = [f"<section id='{section.name}'><h2>{html.escape(section.title)}</h2>"]
    for beside, blocks in itertools.groupby(section.blocks, _stands_beside):
        shown = [_block(block, number) for block in blocks]
        several = beside and len(shown) > 1
        parts += ["<div class='beside'>", *shown, "</div>"] if several else shown
    return "\n".join([*parts, "</section>"])


def _stands_beside(block: Block) -> bool:
    """Whether a block needs half the width only: a chart, or a small table with bars."""
    return isinstance(block, Histogram | Lines) or (isinstance(block, Table) and bool(block.shares))


def _block(block: Block, number: Iterable[int]) -> str:
    if isinstance(block, Text):
        return f"<p class='{'warning' if block.warning else 'told'}'>{html.escape(block.text)}</p>"
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Conversations):
        return _conversations(block)
    return _chart(block, next(iter(number)))


def _table(table: Table) -> str:
    heads = "".join(
        f"<th class='{'n' if column.number else ''}'>{html.escape(column.title)}</th>" if column.title else "<td></td>"
        for column in table.columns
    )
    body = []
    for place, row in enumerate(table.rows):
        cells = [_cell(cell, number=column.number) for cell, column in zip(row, table.columns, strict=True)]
        if table.shares:
            width = max(100 * table.shares[place], 0.5)
            cells.append(f"<td class='bars'><span class='bar' style='width:{width:.1f}%'></span></td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    bars = "<td class='bars'></td>" if table.shares else ""
    more = f"<p class='soft'>{html.escape(table.more)}</p>" if table.more else ""
    bare = f"<div class='wide'><table><tr>{heads}{bars}</tr>{''.join(body)}</table></div>{more}"
    return f"<div>{bare}</div>" if table.shares else bare


def _cell(cell: Cell | str, *, number: bool) -> str:
    told = cell if isinstance(cell, Cell) else Cell(cell)
    text = html.escape(told.text)
    text = f"<code>{text}</code>" if told.code else text
    text = f"<a href='#{told.to}'>{text}</a>" if told.to else text
    kinds = " ".join(filter(None, ("n" if number else "", "c" if told.code else "", _fold(told.text), told.tone)))
    return f"<td class='{kinds}'>{text}</td>"


def _fold(text: str) -> str:
    """Whether a cell stays on one line."""
    return "s" if len(text) <= _SHORT else ""


def _conversations(several: Conversations) -> str:
    """Each example below its place; all of them folded where they have a title, else each by itself."""
    if several.title:
        shown = "".join(f"<p class='place'>{html.escape(one.place)}</p>{_said(one)}" for one in several.each)
        return f"<details><summary>{html.escape(several.title)}</summary>{shown}</details>"
    return "".join(
        f"<details><summary>{html.escape(one.place)}<span class='first'>{html.escape(_first(one))}</span></summary>"
        f"{_said(one)}</details>"
        for one in several.each
    )


def _said(one: ShownConversation) -> str:
    return "".join(
        f"<p class='said'><span class='role'>{html.escape(role)}</span><span>{html.escape(text)}</span></p>"
        for role, text in one.messages
    )


def _first(one: ShownConversation) -> str:
    """How the first message begins that is no system message."""
    text = next((text for role, text in one.messages if role not in SYSTEM_ROLES), "")
    return textwrap.shorten(text, _FIRST_CHARACTERS, placeholder=" ...")


def _chart(chart: Chart, number: int) -> str:
    drawn = charts.svg(chart, number)
    if drawn is None:
        return f"<figure><figcaption>{html.escape(chart.title)}</figcaption>{_table(table_of(chart))}</figure>"
    return (
        f"<figure><figcaption>{html.escape(chart.title)}<span class='keys'>{_keys(chart)}</span></figcaption>{drawn}"
        f"<details><summary>numbers</summary>{_table(table_of(chart))}</details></figure>"
    )


def _keys(chart: Chart) -> str:
    names: Sequence[str] = list(chart.sides if isinstance(chart, Histogram) else chart.curves)
    colours = charts.colours(chart)
    return "".join(f"<span class='key' style='--c:{colours[name]}'>{html.escape(name)}</span>" for name in names)

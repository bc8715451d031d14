"""The report as one HTML page that needs nothing else: numbers, reasons, gates, and charts as inline SVG."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl

from tuneset import artifacts, stage_table
from tuneset.reporting import source_table
from tuneset.reporting.row_story import code_name
from tuneset.reporting.run_summary import unsearched
from tuneset.stages.gate import LEAKS, Gate, Measured

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #667085; --line: #e3e6ec; --back: #ffffff; --card: #f7f8fa;
  --train: #3568d4; --validation: #e0912f; --test: #7a5bb5; --good: #1f8a4c; --bad: #c4322b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --line: #303744; --back: #14181f;
  --card: #1c222c; --train: #7ba2f7; --validation: #f0b05c; --test: #b79cf0; --good: #5cc489; --bad: #f0827c; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 2.5rem auto;
  max-width: 62rem; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.05rem; margin: 2.25rem 0 .6rem }
p.lead, .soft { color: var(--soft); margin: 0 }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin-top: 1.5rem }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem }
.card b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 500 } td.n, th.n { text-align: right }
.warning { border-left: 3px solid var(--validation); background: var(--card); padding: .5rem .9rem;
  margin: 1rem 0 0 }
.good { color: var(--good) } .bad { color: var(--bad); font-weight: 600 }
.bar { background: var(--train); height: .6rem; border-radius: 3px; display: inline-block }
td.bars { width: 35% }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif } svg { width: 100%; height: auto }
.key::before { content: ""; display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .3rem;
  background: var(--c) } .key { margin-right: 1rem; color: var(--soft) }
"""


SHOWN_SOURCES = 100


class Cell(NamedTuple):
    """A cell of a table: HTML, and its class: `n` for a number, `bars` for a bar, or none."""

    value: str
    kind: Literal["n", "bars", ""] = ""


def write(path: Path, metrics: Mapping[str, Any], gates: Sequence[Gate], measured: Measured, plots: Path) -> None:
    """Write the page. `plots` is the folder of the histograms that the report stage wrote."""
    charts = {column: pl.read_csv(plots / f"{column}.csv") for column in ("tokens", "characters")}
    artifacts.write_bytes(path, page(metrics, gates, measured, charts).encode())


def page(
    metrics: Mapping[str, Any], gates: Sequence[Gate], measured: Measured, charts: Mapping[str, pl.DataFrame]
) -> str:
    """The page as text. `charts` holds histograms (`at_least, below, side, examples`) by name."""
    rows, tokens, cost = metrics["rows"], metrics["tokens"], metrics["cost"]
    passed = all(gate.passed for gate in gates)
    verdict = (
        '<span class="good">All gates hold.</span>' if passed else '<span class="bad">A gate does not hold.</span>'
    )
    usd = "unknown" if cost["estimate_usd"] is None else f"${cost['estimate_usd']:,.2f}"
    cards = (
        ("rows read", f"{rows['read']:,}"),
        ("training", f"{rows['train']:,}"),
        ("validation", f"{rows['validation']:,}"),
        *([("test", f"{rows['test']:,}")] if rows["test"] else []),
        ("dropped", f"{rows['dropped']:,}"),
        ("training tokens", f"{tokens['train']:,}"),
        (f"cost, {cost['epochs']} epochs" + ("" if cost.get("tokens_exact", True) else ", by estimated tokens"), usd),
    )
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tuneset report</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{_STYLE}</style></head><body>",
            f"<h1>Tuneset report</h1><p class='lead'>{verdict}</p>",
            "<div class='cards'>",
            *(f"<div class='card'><span class='soft'>{name}</span><b>{value}</b></div>" for name, value in cards),
            "</div>",
            *(f"<p class='warning'>{html.escape(sentence)}</p>" for sentence in metrics["warnings"]),
            "<h2>Gates</h2>",
            _gates(gates),
            "<h2>What validation has in common with training</h2>",
            _leaks(measured, {gate.name: gate.limit for gate in gates}),
            "<h2>Why rows were dropped</h2>",
            _drops(rows["dropped_by_code"], rows["read"]),
            "<h2>File by file</h2>",
            _sources(metrics.get("sources", ())),
            "<h2>Private data</h2>",
            _private(metrics),
            "<h2>Stage by stage</h2>",
            _stages(metrics["stages"]),
            "<h2>Tokens per example</h2>",
            _chart(charts["tokens"], "tokens"),
            "<h2>Characters per line</h2>",
            _chart(charts["characters"], "characters"),
            "<h2>What training would cost elsewhere</h2>",
            _prices(cost),
            "</body></html>\n",
        )
    )


def _gates(gates: Sequence[Gate]) -> str:
    body = [
        (
            Cell(gate.name),
            Cell("unknown" if gate.value is None else f"{gate.value:,.4g}", "n"),
            Cell(f"{gate.kind} {gate.limit:,.4g}"),
            Cell(
                '<span class="good">holds</span>' if gate.passed else f'<span class="bad">fails</span>: {gate.remedy}'
            ),
        )
        for gate in gates
    ]
    return _table((Cell("gate"), Cell("value", "n"), Cell("limit"), Cell("verdict")), body)


def _leaks(measured: Measured, limits: Mapping[str, float]) -> str:
    """Each measure with its share and limit, and lines of both files to look at; no text of a row."""
    body = []
    for leak in LEAKS:
        share = measured.leaks.get(leak.name)
        limit = f"at most {limits[leak.gate]:,.4g}" if leak.gate in limits else "no limit"
        places = ", ".join(
            f"validation.jsonl:{ours} and train.jsonl:{theirs}" for ours, theirs in measured.sample.get(leak.name, ())
        )
        body.append(
            (
                Cell(html.escape(leak.meaning)),
                Cell("not looked for" if share is None else f"{share:.2%}", "n"),
                Cell(f"{limit} ({leak.gate})"),
                Cell(f"<span class='soft'>{places}</span>"),
            )
        )
    return _table((Cell("of validation examples"), Cell("share", "n"), Cell("limit"), Cell("for example")), body)


def _drops(by_code: Mapping[str, int], read: int) -> str:
    if not by_code:
        return "<p class='soft'>None was.</p>"
    ordered = sorted(by_code.items(), key=lambda item: (-item[1], item[0]))
    largest = ordered[0][1]
    body = [
        (
            Cell(code),
            Cell(code_name(code)),
            Cell(f"{count:,}", "n"),
            Cell(f"{count / read:.2%}", "n"),
            Cell(f"<span class='bar' style='width:{max(100 * count / largest, 1):.1f}%'></span>", "bars"),
        )
        for code, count in ordered
    ]
    return _table((Cell("code"), Cell("reason"), Cell("rows", "n"), Cell("of all", "n"), Cell("")), body)


def _private(metrics: Mapping[str, Any]) -> str:
    """How many examples held each kind, and what was off or is not looked for."""
    counts = metrics["stages"].get("clean", {})
    found = {
        name.split(".")[1]: count
        for name, count in sorted(counts.items())
        if name.startswith("private.") and name.endswith(".rows")
    }
    said = ", ".join(f"{kind.replace('_', ' ')} in {count:,} examples" for kind, count in found.items())
    lines = [f"found: {said or 'nothing'}", *unsearched(metrics.get("private_data", {}))]
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines)


def _sources(sources: Sequence[Mapping[str, Any]]) -> str:
    if not sources:
        return "<p class='soft'>Not known.</p>"
    numbers = range(*source_table.NUMBERS.indices(len(source_table.HEADER)))
    header, *body = (
        [Cell(html.escape(cell), "n" if place in numbers else "") for place, cell in enumerate(row)]
        for row in (source_table.HEADER, *source_table.rows(sources, SHOWN_SOURCES))
    )
    more = len(sources) - SHOWN_SOURCES
    rest = f"<p class='soft'>and {more:,} more: sources in metrics.json</p>" if more > 0 else ""
    return _table(header, body) + rest


def _stages(stages: Mapping[str, Mapping[str, int]]) -> str:
    body = []
    for stage in (
        stage for stage in stage_table.names() if stage in stages
    ):  # what was read from a file has lost their order
        counts = stages[stage]
        shown = {n: v for n, v in counts.items() if not n.startswith(("rows_", "dropped")) and v}
        details = ", ".join(f"{html.escape(name.replace('_', ' '))} {value:,}" for name, value in shown.items())
        numbers = (Cell(f"{counts[name]:,}", "n") for name in ("rows_in", "rows_out", "dropped"))
        body.append((Cell(stage), *numbers, Cell(f"<span class='soft'>{details}</span>")))
    header = (Cell("stage"), *(Cell(name, "n") for name in ("rows in", "rows out", "dropped")))
    return _table((*header, Cell("counted on the way")), body)


def _prices(cost: Mapping[str, Any]) -> str:
    body = [
        (Cell(html.escape(model)), Cell(f"${usd:,.2f}", "n"))
        for model, usd in sorted(cost["elsewhere_usd"].items(), key=lambda item: (item[1], item[0]))
    ]
    return (
        _table((Cell("provider and model"), Cell("USD", "n")), body)
        if body
        else "<p class='soft'>No price is known.</p>"
    )


def _table(header: Sequence[Cell], body: Sequence[Sequence[Cell]]) -> str:
    def cells(tag: str, values: Sequence[Cell]) -> str:
        return "".join(f"<{tag} class='{cell.kind}'>{cell.value}</{tag}>" for cell in values)

    rows = "".join(f"<tr>{cells('td', row)}</tr>" for row in body)
    return f"<table><tr>{cells('th', header)}</tr>{rows}</table>"


def _chart(bars: pl.DataFrame, name: str) -> str:
    """A histogram: one group a bin, one bar a side, heights relative to the largest bin of the same side."""
    if bars.is_empty():
        return "<p class='soft'>No examples.</p>"
    width, height, floor = 880, 190, 160
    bins = bars["at_least"].unique().sort().to_list()
    step = width / len(bins)
    peaks = {side: max(peak or 0, 1) for side, peak in bars.group_by("side").agg(pl.col("examples").max()).iter_rows()}
    sides = [side for side in ("train", "validation", "test") if side in peaks]
    shapes = []
    for at_least, below, side, count in bars.iter_rows():
        x = bins.index(at_least) * step + 4 + sides.index(side) * (step - 8) / len(sides)
        tall = (floor - 22) * count / peaks[side]
        bar = (step - 8) / len(sides) - 1
        title = f"{count:,} {side} examples of {at_least:,} to {below - 1:,} {name}"
        shapes.append(
            f"<rect x='{x:.1f}' y='{floor - tall:.1f}' width='{bar:.1f}' height='{tall:.1f}' rx='2'"
            f" fill='var(--{side})'><title>{title}</title></rect>"
        )
    labels = [
        f"<text x='{(i + 0.5) * step:.1f}' y='{floor + 16}' text-anchor='middle'>{at_least:,}+</text>"
        for i, at_least in enumerate(bins)
    ]
    key = "".join(
        f"<span class='key' style='--c:var(--{side})'>{side}, at most {peaks[side]:,} in a bin</span>" for side in sides
    )
    picture = f"<svg viewBox='0 0 {width} {height}' role='img' aria-label='{name}'>{''.join(shapes + labels)}</svg>"
    return f"<p>{key}</p>{picture}"

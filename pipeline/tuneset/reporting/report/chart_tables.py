"""The numbers of a chart as a table, for readers without pictures and for Markdown."""

from __future__ import annotations

from tuneset.reporting.report.blocks import Chart, Column, Histogram, Lines, Table

SHOWN_STEPS = 12


def table_of(chart: Chart) -> Table:
    """The table that says what a chart shows."""
    return _of_histogram(chart) if isinstance(chart, Histogram) else _of_lines(chart)


def _of_histogram(chart: Histogram) -> Table:
    """A row each power of two, the counts of each side and their shares; the bar is that of the first side."""
    wholes = {side: sum(bins.values()) for side, bins in chart.sides.items()}
    bins = sorted({least for counts in chart.sides.values() for least in counts})
    every = [1 << power for power in range(bins[0].bit_length() - 1, bins[-1].bit_length())] if bins else []
    rows, shares = [], []
    for least in every:
        counts = {side: counts.get(least, 0) for side, counts in chart.sides.items()}
        rows.append((f"{least:,} to {2 * least - 1:,}", *(f"{count:,}" for count in counts.values())))
        first = next(iter(counts))
        shares.append(counts[first] / wholes[first] if wholes[first] else 0.0)
    largest = max(shares, default=0.0) or 1.0
    columns = (Column(chart.unit), *(Column(f"{side} {chart.counted}", True) for side in chart.sides))
    return Table(columns, rows, [share / largest for share in shares])


def _of_lines(chart: Lines) -> Table:
    """Up to SHOWN_STEPS steps, evenly spread, with the value of each curve."""
    steps = sorted({x for curve in chart.curves.values() for x, _ in curve})
    spread = min(SHOWN_STEPS, len(steps))
    shown = [steps[place * (len(steps) - 1) // max(spread - 1, 1)] for place in range(spread)]
    at = {name: dict(curve) for name, curve in chart.curves.items()}
    rows = [(f"{x:,.0f}", *(f"{at[name][x]:.3f}" if x in at[name] else "" for name in chart.curves)) for x in shown]
    return Table((Column(chart.x, True), *(Column(name, True) for name in chart.curves)), rows)

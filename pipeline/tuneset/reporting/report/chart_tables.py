"""The numbers of a chart as a table, for readers without pictures and for Markdown."""

from __future__ import annotations

from collections.abc import Sequence

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


_ENDS = 2
"""The first step and the last."""


def _spread(steps: Sequence[float]) -> list[float]:
    """Up to SHOWN_STEPS of these, evenly spread.

    >>> _spread([1, 2, 3]), _spread([1])
    ([1, 2, 3], [1])
    """
    count = min(SHOWN_STEPS, len(steps))
    return [steps[place * (len(steps) - 1) // max(count - 1, 1)] for place in range(count)]


def _of_lines(chart: Lines) -> Table:
    """Up to SHOWN_STEPS steps with the value of each curve: the first and last, between them where most is measured.

    Validation is measured once in many steps: steps that are spread evenly would seldom be one of those.
    """
    at = {name: dict(curve) for name, curve in chart.curves.items()}
    steps = sorted({x for curve in at.values() for x in curve})
    together = sorted(set(steps[:1] + steps[-1:]).union(set(steps).intersection(*at.values())))
    shown = _spread(together if len(together) > _ENDS else steps)
    rows = [(f"{x:,.0f}", *(f"{at[name][x]:.3f}" if x in at[name] else "" for name in chart.curves)) for x in shown]
    return Table((Column(chart.x, True), *(Column(name, True) for name in chart.curves)), rows)

"""Charts of a report as SVG, by Vega-Lite through vl-convert, an optional package; without it there are none.

Colours are names of the page's own, so that a chart follows light and dark. The picture depends on the numbers alone:
the font is one that vl-convert brings along, and nothing is fetched.
"""

from __future__ import annotations

import itertools
import re
from types import ModuleType
from typing import Any

from tuneset.reporting.report.blocks import Chart, Histogram, Lines

INSTALL = "pip install vl-convert-python"
"""What gives charts; the extra `charts`."""
COLOURS = {"train": "var(--train)", "validation": "var(--validation)", "test": "var(--test)"}
_CURVE_COLOURS = ("var(--train)", "var(--validation)", "var(--test)")
_VERSION = "6.4"  # of Vega-Lite, so that a newer vl-convert draws the same
_WIDTH, _HEIGHT = 420, 170
_MARKED = {"p50": "median", "p95": "95 %"}
_MOST_TICKS = 8
_GAP = 0.08  # of a bin, on both sides of its bars
_CONFIG = {
    "background": None,
    "font": "Liberation Sans",  # vl-convert has it with it
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--soft)", "titleColor": "var(--soft)", "titleFontWeight": "normal",
        "gridColor": "var(--line)", "domainColor": "var(--line)", "tickColor": "var(--line)",
        "labelFontSize": 11, "titleFontSize": 11,
    },
    "text": {"color": "var(--soft)", "fontSize": 10},
}  # fmt: skip
_CLIP_IDS = re.compile(r'(id="|url\(#)([a-z_]*\d+)')


def installed() -> ModuleType | None:
    """The package that draws, None where it is not installed."""
    try:
        import vl_convert  # noqa: PLC0415  an optional dependency, and it starts an engine for JavaScript
    except ImportError:
        return None
    return vl_convert


def svg(chart: Chart, number: int) -> str | None:
    """A chart as SVG, `number` telling it from others on the page; None where the package is not installed."""
    engine = installed()
    if engine is None:
        return None
    spec = histogram_spec(chart) if isinstance(chart, Histogram) else lines_spec(chart)
    drawn: str = engine.vegalite_to_svg(spec, vl_version=_VERSION, allowed_base_urls=[])
    # The ids of a picture are its own; the page has several.
    named = _CLIP_IDS.sub(rf"\g<1>chart{number}-\g<2>", drawn)
    return re.sub(r' width="[\d.]+" height="[\d.]+"', f' role="img" aria-label="{_label(chart)}"', named, count=1)


def _label(chart: Chart) -> str:
    return chart.title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def colours(chart: Chart) -> dict[str, str]:
    """The colour of each side or curve."""
    if isinstance(chart, Histogram):
        return {side: COLOURS[side] for side in chart.sides}
    return dict(zip(chart.curves, _CURVE_COLOURS, strict=False))


def histogram_spec(chart: Histogram) -> dict[str, Any]:
    """The shares of each side, on an axis of powers of two, with lines at the median and the 95 % point of training."""
    drawn = chart.sides
    wide = (1 - 2 * _GAP) / max(len(drawn), 1)
    bars = []
    for place, (side, bins) in enumerate(drawn.items()):
        whole = sum(bins.values())
        for least, count in sorted(bins.items()):
            left = least * 2 ** (_GAP + place * wide)
            bars.append(
                {
                    "from": left,
                    "to": left * 2**wide,
                    "share": count / whole,
                    "side": side,
                    "told": f"{count:,} {side} {chart.counted} of {least:,} to {2 * least - 1:,} {chart.unit}",
                }
            )
    low = min((least for bins in drawn.values() for least in bins), default=1)
    high = max((2 * least for bins in drawn.values() for least in bins), default=2)
    ticks = _powers(low, high)
    scale = {"type": "log", "base": 2, "domain": [low, high], "nice": False}
    axis = {
        "values": ticks,
        "format": ",d",
        "grid": False,
        "labelOverlap": "greedy",
        "title": f"{chart.unit} (log scale)",
    }
    marks = [
        {"at": max(chart.quantiles[side][name], low), "side": side, "told": f"{side} {said}"}
        for side in itertools.islice(drawn, 1)
        for name, said in _MARKED.items()
        if name in chart.quantiles.get(side, {})
    ]
    colour = {
        "field": "side", "type": "nominal", "legend": None,
        "scale": {"domain": list(drawn), "range": list(colours(chart).values())},
    }  # fmt: skip
    x = {"field": "from", "type": "quantitative", "scale": scale, "axis": axis}
    at = {"field": "at", "type": "quantitative", "scale": scale, "axis": axis}
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "config": _CONFIG,
        "layer": [
            {
                "data": {"values": bars},
                "mark": {"type": "bar"},
                "encoding": {
                    "x": x, "x2": {"field": "to"}, "color": colour, "description": {"field": "told"},
                    "y2": {"datum": 0},
                    "y": {"field": "share", "type": "quantitative", "stack": None,
                          "axis": {"format": ".0%", "tickCount": 4, "title": f"share of {chart.counted}"}},
                },
            },
            {
                "data": {"values": marks},
                "mark": {"type": "rule", "strokeDash": [3, 3], "color": "var(--soft)"},
                "encoding": {"x": at, "description": {"field": "told"}},
            },
            {
                "data": {"values": marks},
                "mark": {"type": "text", "align": "left", "dx": 3, "dy": -4, "baseline": "top"},
                "encoding": {"x": at, "y": {"value": 0}, "text": {"field": "told"}},
            },
        ],
    }  # fmt: skip


def _powers(low: int, high: int) -> list[int]:
    """The powers of two from `low` to `high`; of many every second or third, so that their names have room.

    >>> _powers(4, 32), _powers(1, 1 << 16)
    ([4, 8, 16, 32], [1, 8, 64, 512, 4096, 32768])
    """
    powers = range(low.bit_length() - 1, high.bit_length())
    return [1 << power for power in powers[:: -(-len(powers) // _MOST_TICKS)]]


def lines_spec(chart: Lines) -> dict[str, Any]:
    """The curves over the steps, each in a colour of its own; a single point is a dot."""
    points = [{"x": x, "y": y, "curve": name} for name, curve in chart.curves.items() for x, y in curve]
    colour = {
        "field": "curve", "type": "nominal", "legend": None,
        "scale": {"domain": list(chart.curves), "range": list(colours(chart).values())},
    }  # fmt: skip
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "config": _CONFIG,
        "data": {"values": points},
        "mark": {"type": "line", "strokeWidth": 1.5, "point": {"size": 14}},
        "encoding": {
            "x": {
                "field": "x", "type": "quantitative", "scale": {"nice": False},
                "axis": {"title": chart.x, "grid": False, "format": ",d", "tickMinStep": 1},
            },
            "y": {
                "field": "y", "type": "quantitative", "scale": {"zero": False}, "axis": {"title": None, "tickCount": 5},
            },
            "color": colour,
        },
    }  # fmt: skip

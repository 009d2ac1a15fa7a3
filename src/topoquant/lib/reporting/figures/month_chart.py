"""Rates by month above the number of rows they are rates of."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from topoquant.lib.reporting.figures.line_chart import number_ticks
from topoquant.lib.reporting.figures.plot import (
    Axis,
    Size,
    horizontal_axis,
    label,
    stroke,
    svg,
    vertical_axis,
)
from topoquant.lib.reporting.figures.scales import Scale, time_ticks, value_range
from topoquant.lib.reporting.formatting import count, fraction
from topoquant.lib.reporting.markup import Html, element, join

LEFT, RIGHT, TOP, BOTTOM = 46, 14, 24, 38
COUNTS, BETWEEN = 34, 22


@dataclass(frozen=True, kw_only=True)
class MonthRate:
    """One rate of one month.

    Attributes
    ----------
    name : str
        What it is the rate of: points of the same name are joined.
    month : str
        "2024-01".
    rate : float
        In [0, 1].
    n : int
        Rows it is the rate of.
    style : str
        Style class in the page's sheet; names of one colour are rates of the same rows.
    """

    name: str
    month: str
    rate: float
    n: int
    style: str


def draw_months(title: str, rates: Sequence[MonthRate], size: Size, *, rule: float | None = None) -> Html:
    """Draw one line of rates per name over a strip of columns for the rows.

    Parameters
    ----------
    title : str
        What the chart shows, for those who hear it read.
    rates : sequence of MonthRate
        At least one; those of one name in the order of time.
    size : Size
        Its size in pixels.
    rule : float or None
        A rate marked across the chart.

    Returns
    -------
    Html
        The SVG element; each point says its numbers when pointed at. Months with several names
        have their columns stacked.

    Examples
    --------
    >>> rate = MonthRate(name="train", month="2024-01", rate=0.1, n=2976, style="c0")
    >>> draw_months("rates", [rate], Size(560, 250)).count("<rect")
    1
    """
    floor = size.height - BOTTOM
    months = [_start(rate.month) for rate in rates]
    first, last = min(months), max(months) + pd.offsets.MonthBegin()
    x = Scale(first.timestamp(), last.timestamp(), LEFT, size.width - RIGHT)
    low, high = value_range([rate.rate for rate in rates] + ([] if rule is None else [rule]))
    y = Scale(max(0.0, low), min(1.0, high), floor - COUNTS - BETWEEN, TOP)
    ticks = [(at.timestamp(), text) for at, text in time_ticks(first, last, max(2, size.width // 110))]
    parts = [
        horizontal_axis(Axis(x, ticks, "month, UTC"), TOP, floor),
        vertical_axis(Axis(y, number_ticks(y.low, y.high, 4), "rate"), LEFT, size.width - RIGHT),
        _columns(rates, x, floor),
    ]
    if rule is not None:
        parts.append(stroke(LEFT, y(rule), size.width - RIGHT, y(rule), "rule"))
    return svg(size, title, *parts, *_lines(rates, x, y), *_points(rates, x, y))


def _start(month: str) -> pd.Timestamp:
    """Give the first instant of a month."""
    return pd.Timestamp(f"{month}-01", tz="UTC")


def _across(month: str, x: Scale) -> tuple[float, float]:
    """Give the pixels at which a month begins and ends."""
    start = _start(month)
    return x(start.timestamp()), x((start + pd.offsets.MonthBegin()).timestamp())


def _columns(rates: Sequence[MonthRate], x: Scale, floor: float) -> Html:
    """Draw the rows of every month, each counted once, whatever is said of them."""
    rows = {(rate.month, rate.style.split()[0]): rate.n for rate in rates}
    total: dict[str, int] = {}
    for (month, _), n in rows.items():
        total[month] = total.get(month, 0) + n
    unit = COUNTS / max(total.values())
    parts = [label(f"{count(max(total.values()))} rows", 0, floor - COUNTS - 6, class_="unit")]
    below = dict.fromkeys(total, 0.0)
    for (month, style), n in rows.items():
        start, end = _across(month, x)
        height = n * unit
        below[month] += height
        box = {"x": f"{start + 0.5:.1f}", "y": f"{floor - below[month]:.1f}"}
        box |= {"width": f"{max(0.5, end - start - 1):.1f}", "height": f"{height:.1f}"}
        parts.append(element("rect", **box, class_=f"bar {style}", opacity="0.45"))
    return join(parts)


def _lines(rates: Sequence[MonthRate], x: Scale, y: Scale) -> list[Html]:
    """Join the points of each name."""
    steps: dict[tuple[str, str], list[str]] = {}
    for rate in rates:
        middle = sum(_across(rate.month, x)) / 2
        steps.setdefault((rate.name, rate.style), []).append(f"{middle:.1f},{y(rate.rate):.1f}")
    return [
        element("path", d="M" + "L".join(points), class_=f"line {style}")
        for (_, style), points in steps.items()
    ]


def _points(rates: Sequence[MonthRate], x: Scale, y: Scale) -> list[Html]:
    """Mark every rate; a point says its numbers when pointed at."""
    parts = []
    for rate in rates:
        middle, height = sum(_across(rate.month, x)) / 2, y(rate.rate)
        text = f"{rate.month} {rate.name}: {fraction(rate.rate)} of {count(rate.n)} rows"
        place = {"cx": f"{middle:.1f}", "cy": f"{height:.1f}"}
        dot = element("circle", **place, r="3", class_=f"dot {rate.style}")
        target = element("circle", **place, r="9", class_="target")
        parts.append(element("g", element("title", text), dot, target))
    return parts

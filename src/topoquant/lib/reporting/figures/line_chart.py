"""Lines over time or over a number, with an optional band behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.reporting.figures.plot import Axis, Size, Tick, horizontal_axis, stroke, svg, vertical_axis
from topoquant.lib.reporting.figures.scales import Scale, round_ticks, tick_digits, time_ticks, value_range
from topoquant.lib.reporting.formatting import decimal
from topoquant.lib.reporting.markup import Html, element, join

LEFT, RIGHT, TOP, BOTTOM = 46, 14, 24, 38
PIXELS_PER_POINT = 3
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a chart.

    Attributes
    ----------
    name : str
        What it is.
    x, y : numpy.ndarray
        Shape (n,) each, x ascending; where y is NaN the line is broken.
    style : str
        Style class in the page's sheet (``c0`` to ``c6``, with ``faint`` or ``dashed`` behind it).
    markers : bool
        Whether every point is marked.
    """

    name: str
    x: Floats
    y: Floats
    style: str
    markers: bool = False


@dataclass(frozen=True, kw_only=True)
class Band:
    """An area between two lines.

    Attributes
    ----------
    name : str
        What it is.
    x, low, high : numpy.ndarray
        Shape (n,) each, x ascending, no NaN.
    """

    name: str
    x: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, kw_only=True)
class LineChart:
    """What a line chart shows.

    Attributes
    ----------
    title : str
        What it shows, for those who hear it read.
    lines : sequence of Line
        Drawn in this order, the last on top.
    x_label, y_label : str
        Quantity and unit.
    band : Band or None
        Drawn behind the lines.
    rule : float or None
        A value of y marked across the chart.
    in_time : bool
        Whether x is in seconds since 1970 (UTC).
    bounds : tuple of float or None
        Both axes run between these instead of around the values.
    """

    title: str
    lines: Sequence[Line]
    x_label: str
    y_label: str
    band: Band | None = None
    rule: float | None = None
    in_time: bool = False
    bounds: tuple[float, float] | None = field(default=None)


def draw_lines(chart: LineChart, size: Size) -> Html:
    """Draw a line chart.

    Parameters
    ----------
    chart : LineChart
        What it shows.
    size : Size
        Its size in pixels.

    Returns
    -------
    Html
        The SVG element. Under the pointer the page reads out the last value of each line at or before it.

    Examples
    --------
    >>> line = Line(name="net", x=np.array([0.0, 1.0]), y=np.array([1.0, 1.1]), style="c1")
    >>> chart = LineChart(title="equity", lines=[line], x_label="bars", y_label="value of 1")
    >>> "<path" in draw_lines(chart, Size(640, 260))
    True
    """
    x, y = _axes(chart, size)
    n_points = max(2, size.width // PIXELS_PER_POINT)
    lines = [_thinned(line, n_points) for line in chart.lines]
    parts = [horizontal_axis(x, TOP, size.height - BOTTOM), vertical_axis(y, LEFT, size.width - RIGHT)]
    if chart.band is not None:
        parts.append(_area(chart.band, n_points, x.scale, y.scale))
    if chart.rule is not None:
        parts.append(stroke(LEFT, y.scale(chart.rule), size.width - RIGHT, y.scale(chart.rule), "rule"))
    parts += [_path(line, x.scale, y.scale) for line in lines]
    return svg(size, chart.title, *parts, hover=_hover(chart, lines, x.scale, y))


def thin(n: int, n_points: int) -> NDArray[np.int64]:
    """Choose rows to draw: the first, the last, and evenly spaced ones between.

    Parameters
    ----------
    n : int
        Rows there are, at least 1.
    n_points : int
        The most that are drawn, at least 2.

    Returns
    -------
    numpy.ndarray
        Ascending row numbers without repeats.

    Examples
    --------
    >>> thin(5, 3), thin(2, 3)
    (array([0, 2, 4]), array([0, 1]))
    """
    if n <= n_points:
        return np.arange(n)
    return np.unique(np.linspace(0, n - 1, n_points).round().astype(np.int64))


def _thinned(line: Line, n_points: int) -> Line:
    """Keep no more points of a line than can be told apart."""
    rows = thin(len(line.x), n_points)
    return Line(name=line.name, x=line.x[rows], y=line.y[rows], style=line.style, markers=line.markers)


def _axes(chart: LineChart, size: Size) -> tuple[Axis, Axis]:
    """Choose both scales and their ticks."""
    columns = [line.y for line in chart.lines]
    if chart.band is not None:
        columns += [chart.band.low, chart.band.high]
    rule = [] if chart.rule is None else [chart.rule]
    values = np.concatenate([*columns, np.asarray(rule, dtype=np.float64)])
    low, high = chart.bounds or value_range(values.tolist())
    across = np.concatenate([line.x for line in chart.lines])
    first, last = chart.bounds or value_range(across.tolist(), margin=0.0)
    x_scale = Scale(first, last, LEFT, size.width - RIGHT)
    y_scale = Scale(low, high, size.height - BOTTOM, TOP)
    n_across = max(2, size.width // 110)
    x_ticks = _instants(first, last, n_across) if chart.in_time else number_ticks(first, last, n_across)
    return Axis(x_scale, x_ticks, chart.x_label), Axis(y_scale, number_ticks(low, high, 4), chart.y_label)


def number_ticks(low: float, high: float, n_ticks: int) -> list[Tick]:
    """Choose round numbers in a range and write them with the digits they need.

    Parameters
    ----------
    low, high : float
        The range, low < high.
    n_ticks : int
        About how many.

    Returns
    -------
    list of (float, str)
        Values and their texts.

    Examples
    --------
    >>> number_ticks(0.9, 1.1, 2)
    [(0.9, '0.9'), (1.0, '1.0'), (1.1, '1.1')]
    """
    values = round_ticks(low, high, n_ticks)
    return [(value, decimal(value, tick_digits(values))) for value in values]


def _instants(first: float, last: float, n_ticks: int) -> list[Tick]:
    """Choose calendar instants on an axis in seconds."""
    span = pd.Timestamp(first, unit="s", tz="UTC"), pd.Timestamp(last, unit="s", tz="UTC")
    return [(instant.timestamp(), text) for instant, text in time_ticks(*span, n_ticks)]


def _points(x: Floats, y: Floats, x_scale: Scale, y_scale: Scale) -> list[str]:
    """Write points as pixels."""
    return [f"{x_scale(a):.1f},{y_scale(b):.1f}" for a, b in zip(x, y, strict=True)]


def _path(line: Line, x_scale: Scale, y_scale: Scale) -> Html:
    """Draw one line, broken where it is NaN."""
    known = np.isfinite(line.y)
    pen, steps = "M", []
    for point, shown in zip(
        _points(line.x, np.where(known, line.y, 0.0), x_scale, y_scale), known, strict=True
    ):
        if shown:
            steps.append(f"{pen}{point}")
        pen = "L" if shown else "M"
    parts = [element("path", d="".join(steps), class_=f"line {line.style}")]
    if line.markers:
        parts += [
            element(
                "circle", cx=f"{x_scale(a):.1f}", cy=f"{y_scale(b):.1f}", r="3.5", class_=f"dot {line.style}"
            )
            for a, b in zip(line.x[known], line.y[known], strict=True)
        ]
    return join(parts)


def _area(band: Band, n_points: int, x_scale: Scale, y_scale: Scale) -> Html:
    """Draw the area between two lines."""
    rows = thin(len(band.x), n_points)
    there = _points(band.x[rows], band.low[rows], x_scale, y_scale)
    back = _points(band.x[rows], band.high[rows], x_scale, y_scale)[::-1]
    return element("path", d="M" + "L".join(there + back) + "Z", class_="band")


def _hover(chart: LineChart, lines: Sequence[Line], x_scale: Scale, y: Axis) -> dict[str, object]:
    """Collect what is read out under the pointer: pixels and texts of each line that is not faint."""
    shown = [line for line in lines if "faint" not in line.style and len(line.x)]
    digits = min(6, tick_digits([value for value, _ in y.ticks]) + 2)
    series = [
        {
            "name": line.name,
            "style": line.style,
            "px": [round(x_scale(value)) for value in line.x],
            "y": [decimal(value, digits) for value in line.y],
        }
        for line in shown
    ]
    return {"x": _hover_labels(chart, shown), "series": series, "top": TOP, "bottom": round(y.scale.start)}


def _hover_labels(chart: LineChart, shown: Sequence[Line]) -> list[str]:
    """Write the x values of the first line that is read out."""
    if not shown:
        return []
    if chart.in_time:
        return [text[:16] for text in pd.to_datetime(shown[0].x, unit="s").strftime("%Y-%m-%d %H:%M")]
    return [f"{chart.x_label} {value:.4g}" for value in shown[0].x]

"""Horizontal bars, one row each, from zero."""

from collections.abc import Mapping

from topoquant.lib.reporting.figures.line_chart import number_ticks
from topoquant.lib.reporting.figures.plot import Axis, Size, horizontal_axis, label, stroke, svg
from topoquant.lib.reporting.figures.scales import Scale
from topoquant.lib.reporting.formatting import fraction
from topoquant.lib.reporting.markup import Html, element

TOP, BOTTOM, RIGHT, ROW = 8, 38, 52, 30
LETTER = 7.2


def draw_bars(title: str, values: Mapping[str, float], unit: str, width: int) -> Html:
    """Draw one bar per value, those below zero to the left.

    Parameters
    ----------
    title : str
        What the chart shows, for those who hear it read.
    values : mapping of str to float
        Names and values, from top to bottom, at least one, all finite.
    unit : str
        What is measured.
    width : int
        Its width in pixels; its height follows from the number of bars.

    Returns
    -------
    Html
        The SVG element.

    Examples
    --------
    >>> draw_bars("weights", {"nbeats": 0.7, "lstm": 0.3}, "weight", 600).count("<rect")
    2
    """
    size = Size(width, TOP + BOTTOM + ROW * len(values))
    left = min(width * 0.4, max(len(name) for name in values) * LETTER + 14)
    low, high = min(0.0, *values.values()), max(0.0, *values.values())
    if low == high:
        high = low + 1.0
    scale = Scale(low, high, left, width - RIGHT)
    axis = Axis(scale, number_ticks(low, high, max(2, width // 110)), unit)
    bottom = size.height - BOTTOM
    parts = [horizontal_axis(axis, TOP, bottom), stroke(scale(0.0), TOP, scale(0.0), bottom, "axis")]
    for i, (name, value) in enumerate(values.items()):
        y = TOP + ROW * i
        start, end = sorted((scale(0.0), scale(value)))
        parts += [
            label(name, 0, y + ROW / 2 + 4, class_="row"),
            element(
                "rect",
                x=f"{start:.1f}",
                y=y + 6,
                width=f"{end - start:.1f}",
                height=ROW - 12,
                class_="bar c1",
            ),
            label(fraction(value), end + 6, y + ROW / 2 + 4),
        ]
    return svg(size, title, *parts)

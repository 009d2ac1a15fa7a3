"""Dots with intervals, one row each, against one or two marked values."""

from collections.abc import Sequence
from dataclasses import dataclass

from topoquant.lib.reporting.figures.line_chart import number_ticks
from topoquant.lib.reporting.figures.plot import Axis, Size, horizontal_axis, label, stroke, svg
from topoquant.lib.reporting.figures.scales import Scale, value_range
from topoquant.lib.reporting.formatting import fraction, interval
from topoquant.lib.reporting.markup import Html, element, join

TOP, BOTTOM, RIGHT = 22, 38, 14
LETTER = 7.2


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One value with its interval.

    Attributes
    ----------
    name : str
        What it is.
    value : float
        The value.
    low, high : float or None
        The interval, if there is one.
    style : str
        Style class in the page's sheet.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    style: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A value marked from top to bottom.

    Attributes
    ----------
    name : str
        What it is.
    value : float
        The value.
    style : str
        ``rule`` or ``ceiling``.
    """

    name: str
    value: float
    style: str


def draw_intervals(title: str, dots: Sequence[Dot], marks: Sequence[Mark], unit: str, size: Size) -> Html:
    """Draw one row per dot.

    Parameters
    ----------
    title : str
        What the chart shows, for those who hear it read.
    dots : sequence of Dot
        From top to bottom, at least one.
    marks : sequence of Mark
        Values marked across all rows.
    unit : str
        What is measured.
    size : Size
        Its size in pixels.

    Returns
    -------
    Html
        The SVG element; each row says its numbers when pointed at.

    Examples
    --------
    >>> dot = Dot(name="nbeats", value=0.62, low=0.59, high=0.65, style="c1")
    >>> draw_intervals("AUC", [dot], [], "AUC", Size(600, 200)).count("<circle")
    1
    """
    ends = [end for dot in dots for end in (dot.value, dot.low, dot.high) if end is not None]
    low, high = value_range([*ends, *(mark.value for mark in marks)], margin=0.06)
    left = min(size.width * 0.4, max(len(dot.name) for dot in dots) * LETTER + 14)
    scale = Scale(low, high, left, size.width - RIGHT)
    bottom = size.height - BOTTOM
    step = (bottom - TOP) / len(dots)
    axis = Axis(scale, number_ticks(low, high, max(3, size.width // 110)), unit)
    rows = [_row(dot, scale, TOP + step * (i + 0.5)) for i, dot in enumerate(dots)]
    return svg(size, title, horizontal_axis(axis, TOP, bottom), *_marks(marks, scale, bottom), *rows)


def _marks(marks: Sequence[Mark], scale: Scale, bottom: float) -> list[Html]:
    """Draw marked values with their names on top; the last reads to the right if it fits."""
    parts: list[Html] = []
    ordered = sorted(marks, key=lambda mark: mark.value)
    for i, mark in enumerate(ordered):
        x, text = scale(mark.value), f"{mark.name} {fraction(mark.value)}"
        width = len(text) * LETTER
        is_last = i == len(ordered) - 1
        fits_right = x + width < scale.end + RIGHT
        anchor = "start" if (is_last and fits_right) or x < width else "end"
        parts.append(stroke(x, TOP - 4, x, bottom, mark.style))
        parts.append(label(text, x, TOP - 9, class_="mark", anchor=anchor))
    return parts


def _row(dot: Dot, scale: Scale, y: float) -> Html:
    """Draw one dot, its interval and its name, shortened where it does not fit."""
    n_letters = int((scale.start - 10) / LETTER)
    name = dot.name if len(dot.name) <= n_letters else f"{dot.name[: n_letters - 1]}…"
    text = f"{dot.name}: {fraction(dot.value)} {interval(dot.low, dot.high, 3)}".strip()
    parts: list[object] = [element("title", text), label(name, 0, y + 4, class_="row")]
    if dot.low is not None and dot.high is not None:
        parts.append(stroke(scale(dot.low), y, scale(dot.high), y, f"whisker {dot.style}"))
        parts += [
            stroke(scale(end), y - 4, scale(end), y + 4, f"whisker {dot.style}")
            for end in (dot.low, dot.high)
        ]
    parts.append(
        element("circle", cx=f"{scale(dot.value):.1f}", cy=f"{y:.1f}", r="5", class_=f"dot {dot.style}")
    )
    # A wide invisible target makes the row easy to point at.
    parts.append(
        element("rect", x="0", y=f"{y - 10:.1f}", width=f"{scale.end:.0f}", height="20", class_="target")
    )
    return element("g", join(parts))

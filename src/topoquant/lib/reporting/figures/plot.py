"""The sheet every chart is drawn on: size, axes, legend, and the SVG element itself."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from topoquant.lib.reporting.figures.scales import Scale
from topoquant.lib.reporting.markup import Html, element, join

TICK = 5
Tick = tuple[float, str]


@dataclass(frozen=True)
class Size:
    """Width and height of a chart in pixels at which its letters have their true size.

    Examples
    --------
    >>> Size(640, 260).width
    640
    """

    width: int
    height: int


WIDE = Size(560, 250)
NARROW = Size(340, 250)


@dataclass(frozen=True)
class Axis:
    """One axis: its scale, its ticks and what is measured along it.

    Attributes
    ----------
    scale : Scale
        From values to pixels.
    ticks : sequence of (float, str)
        Values and how they are written.
    label : str
        Quantity and unit.
    """

    scale: Scale
    ticks: Sequence[Tick]
    label: str


def responsive(draw: Callable[[Size], Html], wide: Size = WIDE, narrow: Size = NARROW) -> Html:
    """Draw a chart for a wide and for a narrow screen; the page shows the one that fits.

    Parameters
    ----------
    draw : callable
        Draws the chart at a size.
    wide, narrow : Size
        The two sizes.

    Returns
    -------
    Html
        Both, each in a box that a media query shows or hides.

    Examples
    --------
    >>> responsive(lambda size: Html(f"{size.width}px"), Size(2, 1), Size(1, 1))
    '<div class="wide">2px</div><div class="narrow">1px</div>'
    """
    return join([element("div", draw(wide), class_="wide"), element("div", draw(narrow), class_="narrow")])


def svg(size: Size, title: str, *children: object, hover: object = None) -> Html:
    """Write the SVG element of a chart.

    Parameters
    ----------
    size : Size
        The view box.
    title : str
        What the chart shows, for those who hear it read.
    *children : object
        The drawing.
    hover : object, optional
        What the page's script reads out under the pointer: anything JSON can hold.

    Returns
    -------
    Html
        The element.

    Examples
    --------
    >>> svg(Size(2, 1), "a line")
    '<svg viewBox="0 0 2 1" role="img" aria-label="a line" class="chart"></svg>'
    """
    data = None if hover is None else json.dumps(hover, separators=(",", ":"))
    view = f"0 0 {size.width} {size.height}"
    return element(
        "svg", *children, viewBox=view, role="img", aria_label=title, class_="chart", data_hover=data
    )


def label(text: object, x: float, y: float, *, class_: str = "tick", anchor: str = "start") -> Html:
    """Write a text at a point.

    Parameters
    ----------
    text : object
        What is written.
    x, y : float
        Pixels; y is the base line.
    class_ : str
        Its style in the page's sheet.
    anchor : str
        ``start``, ``middle`` or ``end``.

    Returns
    -------
    Html
        The element.

    Examples
    --------
    >>> label("a < b", 1, 2)
    '<text x="1.0" y="2.0" class="tick" text-anchor="start">a &lt; b</text>'
    """
    written = element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", class_=class_)
    return Html(written.replace(">", f' text-anchor="{anchor}">', 1))


def stroke(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    """Draw a straight line between two points.

    Parameters
    ----------
    x1, y1, x2, y2 : float
        Pixels.
    class_ : str
        Its style in the page's sheet.

    Returns
    -------
    Html
        The element.

    Examples
    --------
    >>> stroke(0, 0, 1, 1, "grid")
    '<line x1="0.0" y1="0.0" x2="1.0" y2="1.0" class="grid"></line>'
    """
    return element("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", class_=class_)


def horizontal_axis(axis: Axis, top: float, bottom: float) -> Html:
    """Draw a horizontal axis below a chart, with faint lines up through it.

    Parameters
    ----------
    axis : Axis
        What is drawn.
    top, bottom : float
        Pixels between which the chart lies.

    Returns
    -------
    Html
        Lines and labels.
    """
    left, right = sorted((axis.scale.start, axis.scale.end))
    parts = [stroke(left, bottom, right, bottom, "axis")]
    for value, text in axis.ticks:
        x = axis.scale(value)
        parts += [stroke(x, top, x, bottom, "grid"), label(text, x, bottom + 15, anchor="middle")]
    parts.append(label(axis.label, right, bottom + 31, class_="unit", anchor="end"))
    return join(parts)


def vertical_axis(axis: Axis, left: float, right: float) -> Html:
    """Draw a vertical axis left of a chart, with faint lines across it; its unit stands on top.

    Parameters
    ----------
    axis : Axis
        What is drawn.
    left, right : float
        Pixels between which the chart lies.

    Returns
    -------
    Html
        Lines and labels.
    """
    top = min(axis.scale.start, axis.scale.end)
    parts: list[Html] = []
    for value, text in axis.ticks:
        y = axis.scale(value)
        parts += [stroke(left, y, right, y, "grid"), label(text, left - TICK - 2, y + 4, anchor="end")]
    parts.append(label(axis.label, 0, top - 9, class_="unit"))
    return join(parts)


def legend(names: Sequence[tuple[str, str]]) -> Html:
    """Write what each colour or pattern means, above a chart.

    Parameters
    ----------
    names : sequence of (str, str)
        Style class and name.

    Returns
    -------
    Html
        A list that wraps.

    Examples
    --------
    >>> legend([("c1", "net")])
    '<div class="legend"><span class="key c1">net</span></div>'
    """
    return element(
        "div", *(element("span", name, class_=f"key {style}") for style, name in names), class_="legend"
    )


def figure(title: str, drawing: Html, *, keys: Sequence[tuple[str, str]] = (), caption: object = "") -> Html:
    """Put title, legend, chart and caption together.

    Parameters
    ----------
    title : str
        What the chart shows.
    drawing : Html
        The chart.
    keys : sequence of (str, str)
        Style class and name of each entry of the legend.
    caption : object
        What to read from it.

    Returns
    -------
    Html
        The figure.

    Examples
    --------
    >>> figure("Equity", Html("<svg></svg>"))
    '<figure><h3>Equity</h3><svg></svg></figure>'
    """
    head = element("h3", title)
    parts = [head, legend(keys) if keys else Html(""), drawing]
    return element("figure", *parts, element("figcaption", caption) if caption else Html(""))

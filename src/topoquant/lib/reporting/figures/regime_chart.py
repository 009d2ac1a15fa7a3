"""Price coloured by regime, and below it how much of the market is in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
from topoquant.lib.reporting.figures.plotly_figures import BLUE, GREY, RED
from topoquant.lib.reporting.figures.scales import Scale, seconds, tick_digits, time_ticks, value_range
from topoquant.lib.reporting.formatting import Record, decimal
from topoquant.lib.reporting.markup import Html, element

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LEFT, RIGHT, TOP, BOTTOM = 58, 14, 24, 38
STRIP, SPACE = 46, 12
# By regime: its style in the page's sheet, and its colour in plotly's figure.
STYLES = {"range": "c6", "trend": "c0", "panic": "c5"}
COLOURS = {"range": GREY, "trend": BLUE, "panic": RED}


@dataclass(frozen=True)
class _Scales:
    """From seconds, prices and shares to pixels."""

    x: Scale
    price: Scale
    share: Scale


def draw_regimes(title: str, drawn: Record, size: Size) -> Html:
    """Draw prices in the colour of their regime over the shares of all regimes.

    Parameters
    ----------
    title : str
        What the chart shows, for those who hear it read.
    drawn : mapping
        time (ISO 8601), close, regime and shares (of range, trend, panic), each of length n >= 1, in the
        order of time.
    size : Size
        Its size in pixels.

    Returns
    -------
    Html
        The SVG element. A piece of the line has the colour of the regime at its end. Under the pointer
        the page reads out price and shares.

    Examples
    --------
    >>> drawn = {"time": ["2024-01-01T00:00Z", "2024-01-01T01:00Z"], "close": [1.0, 2.0],
    ...          "regime": ["range", "panic"], "shares": [[1.0, 0.0, 0.0], [0.1, 0.2, 0.7]]}
    >>> draw_regimes("price", drawn, Size(640, 260)).count('class="line c5"')
    1
    """
    times = pd.DatetimeIndex(drawn["time"])
    x, close = seconds(times), np.asarray(drawn["close"], np.float64)
    shares = np.asarray(drawn["shares"], np.float64)
    middle = size.height - BOTTOM - STRIP - SPACE
    low, high = value_range(close.tolist())
    end = max(x[-1], x[0] + 1)
    scales = _Scales(
        Scale(float(x[0]), float(end), LEFT, size.width - RIGHT), Scale(low, high, middle, TOP),
        Scale(0.0, 1.0, size.height - BOTTOM, middle + SPACE),
    )  # fmt: skip
    ticks = [
        (at.timestamp(), text) for at, text in time_ticks(times[0], times[-1], max(2, size.width // 110))
    ]
    y_ticks = number_ticks(low, high, 4)
    parts = [
        vertical_axis(Axis(scales.price, y_ticks, "close"), LEFT, size.width - RIGHT),
        horizontal_axis(Axis(scales.x, ticks, "decision time, UTC"), TOP, size.height - BOTTOM),
        label("share", LEFT - 7, middle + SPACE + STRIP / 2 + 4, anchor="end"),
        *_areas(x, shares, scales),
        stroke(LEFT, size.height - BOTTOM, size.width - RIGHT, size.height - BOTTOM, "axis"),
        *_pieces(x, close, drawn["regime"], scales),
    ]
    digits = tick_digits([value for value, _ in y_ticks])
    return svg(size, title, *parts, hover=_hover(times, x, close, shares, (scales, digits)))


def regime_figure(summary: Sequence[Record]) -> "Figure":
    """Draw the price of every symbol in the colour of its regime, for notebooks and kedro-viz.

    Parameters
    ----------
    summary : sequence of mapping
        Of `summarise_regimes`.

    Returns
    -------
    plotly.graph_objects.Figure
        A row per symbol, a trace per regime.

    Examples
    --------
    >>> drawn = {"time": ["2024-01-01T00:00Z"], "close": [1.0], "regime": ["range"], "shares": [[1, 0, 0]]}
    >>> [trace.name for trace in regime_figure([{"symbol": "SYN", "whole": drawn}]).data]
    ['range', 'trend', 'panic']
    """
    from plotly.subplots import make_subplots  # noqa: PLC0415 - a heavy import that few callers need

    titles = [str(record["symbol"]) for record in summary]
    figure = make_subplots(rows=len(summary), cols=1, shared_xaxes=True, subplot_titles=titles)
    for i, record in enumerate(summary):
        drawn = record["whole"]
        close = np.asarray(drawn["close"], np.float64)
        for name, colour in COLOURS.items():
            own = np.asarray(drawn["regime"]) == name
            # A piece belongs to the regime at its end, so its first point is shown too.
            shown = own | np.append(own[1:], False)
            figure.add_scatter(
                x=drawn["time"], y=np.where(shown, close, np.nan), mode="lines", name=name,
                line={"color": colour}, legendgroup=name, showlegend=i == 0, row=i + 1, col=1,
            )  # fmt: skip
    figure.update_yaxes(type="log", title_text="close")
    figure.update_layout(template="plotly_white", margin={"l": 60, "r": 20, "t": 30, "b": 40})
    return figure


def _areas(x: NDArray[np.float64], shares: NDArray[np.float64], scales: _Scales) -> list[Html]:
    """Stack the shares of the regimes, the calmest below."""
    edges = np.concatenate([np.zeros((len(x), 1)), np.cumsum(shares, axis=1)], axis=1)
    edges = np.clip(edges, 0.0, 1.0)
    areas = []
    for i, style in enumerate(STYLES.values()):
        there = [f"{scales.x(a):.1f},{scales.share(b):.1f}" for a, b in zip(x, edges[:, i], strict=True)]
        back = [f"{scales.x(a):.1f},{scales.share(b):.1f}" for a, b in zip(x, edges[:, i + 1], strict=True)]
        areas.append(element("path", d="M" + "L".join(there + back[::-1]) + "Z", class_=f"bar {style}"))
    return areas


def _pieces(
    x: NDArray[np.float64], close: NDArray[np.float64], regime: Sequence[str], scales: _Scales
) -> list[Html]:
    """Draw one path per regime out of the pieces of the line that end in it."""
    points = [f"{scales.x(a):.1f},{scales.price(b):.1f}" for a, b in zip(x, close, strict=True)]
    paths = []
    for name, style in STYLES.items():
        steps = []
        for i in range(1, len(points)):
            if regime[i] != name:
                continue
            goes_on = i > 1 and regime[i - 1] == name
            steps.append(f"L{points[i]}" if goes_on else f"M{points[i - 1]}L{points[i]}")
        paths.append(element("path", d="".join(steps), class_=f"line {style}"))
    return paths


def _hover(
    times: pd.DatetimeIndex, x: NDArray[np.float64], close: NDArray[np.float64],
    shares: NDArray[np.float64], drawn: tuple[_Scales, int],
) -> dict[str, object]:  # fmt: skip
    """Collect what is read out under the pointer."""
    scales, digits = drawn
    px = [round(scales.x(value)) for value in x]
    prices = {"name": "close", "style": "c6", "px": px, "y": [decimal(one, digits + 1) for one in close]}
    series = [prices] + [
        {"name": name, "style": style, "px": px, "y": [decimal(one, 2) for one in shares[:, i]]}
        for i, (name, style) in enumerate(STYLES.items())
    ]
    labels = [text[:16] for text in times.strftime("%Y-%m-%d %H:%M")]
    return {"x": labels, "series": series, "top": TOP, "bottom": round(scales.share.start)}

"""Charts to zoom into: plotly, packed inside the page and unpacked when a reader first asks for it."""

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.reporting.figures.png_traces import stored_values
from topoquant.lib.reporting.markup import Html, element, join

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LEAST_POINTS = 30
DIGITS = 6
AXES = ("x", "y", "customdata")


@dataclass(frozen=True)
class ZoomChart:
    """A chart behind a line that unfolds it.

    Attributes
    ----------
    anchor : str
        Of the section it ends.
    title : str
        What unfolds.
    figure : plotly.graph_objects.Figure
        Of traces with x and y.
    """

    anchor: str
    title: str
    figure: "Figure"


def zoom_html(chart: ZoomChart) -> Html:
    """Write a folded chart and its numbers.

    Parameters
    ----------
    chart : ZoomChart
        What it shows.

    Returns
    -------
    Html
        A `details` that the page's script fills when it is first opened.

    Examples
    --------
    >>> from topoquant.lib.reporting.figures.plotly_figures import titled_figure
    >>> drawn = titled_figure("Close", "time", "price").add_scatter(x=[0, 1], y=[1.0, 2.0])
    >>> "application/json" in zoom_html(ZoomChart("data", "Zoom into the close", drawn))
    True
    """
    # A text that ends a script, or opens a comment and one inside it, would change where this one ends.
    packed = json.dumps(pack_figure(chart.figure), separators=(",", ":"), allow_nan=False)
    packed = packed.replace("<", "\\u003c")
    data = element("script", Html(packed), type="application/json")
    return element(
        "details", element("summary", chart.title), data, element("div", class_="plot"), class_="zoom"
    )


@cache
def plotly_html() -> Html:
    """Write plotly's own script, compressed, as text the browser does not run.

    Returns
    -------
    Html
        1.8 MB; the page's script inflates it (4.6 MB) when a chart is first unfolded.
    """
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - a heavy import that few callers need

    packed = gzip.compress(get_plotlyjs().encode(), compresslevel=9, mtime=0)
    return element("script", Html(b64encode(packed).decode()), type="text/plain", id="plotly")


def pack_figure(figure: "Figure") -> dict[str, Any]:
    """Write a figure as JSON whose long columns are stored once, times as steps.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Of traces with x and y.

    Returns
    -------
    dict
        data and layout as plotly has them, but for columns of more than 30 values: `{"column": k}` stands for
        entry k of columns, which is a list of numbers of six digits (null where there is none), or
        of times `{"start": milliseconds since 1970, "step": seconds, "n": how many}` or
        `{"start": ..., "steps": [seconds, ...]}`.

    Examples
    --------
    >>> from topoquant.lib.reporting.figures.plotly_figures import titled_figure
    >>> time = pd.date_range("2024-01-01", periods=40, freq="h", tz="UTC")
    >>> packed = pack_figure(titled_figure("a", "b", "c").add_scatter(x=time, y=np.arange(40.0)))
    >>> packed["columns"][0], packed["data"][0]["y"]
    ({'start': 1704067200000, 'step': 3600, 'n': 40}, {'column': 1})
    """
    document = figure.to_plotly_json()
    columns: list[Any] = []
    places: dict[bytes, int] = {}
    data = []
    for trace in document["data"]:
        short = {name: _short(value) for name, value in trace.items() if name not in AXES}
        for name in AXES:
            if trace.get(name) is not None:
                short[name] = _stored(stored_values(trace[name]), columns, places)
        data.append(short)
    layout = {name: _short(value) for name, value in document["layout"].items() if name != "template"}
    return {"data": data, "layout": layout, "columns": columns}


def _stored(values: NDArray[Any] | list[Any], columns: list[Any], places: dict[bytes, int]) -> Any:  # noqa: ANN401
    """Store a column once and return where it is; short ones stay where they are."""
    if isinstance(values, list) or len(values) <= LEAST_POINTS:
        return values if isinstance(values, list) else _plain(values)
    key = values.dtype.str.encode() + values.tobytes()
    if key not in places:
        places[key] = len(columns)
        columns.append(_steps(values) if values.dtype.kind == "M" else _plain(values))
    return {"column": places[key]}


def _plain(values: NDArray[Any]) -> list[Any]:
    """Write numbers with six digits, times as texts."""
    if values.dtype.kind == "M":
        return [str(one) for one in pd.DatetimeIndex(values)]
    return [float(f"{one:.{DIGITS}g}") if np.isfinite(one) else None for one in values.tolist()]


def _steps(values: NDArray[Any]) -> dict[str, Any]:
    """Write times as their first and the seconds between them."""
    seconds = values.astype("datetime64[s]").astype(np.int64)
    start, steps = int(seconds[0]) * 1000, np.diff(seconds)
    if (steps == steps[0]).all():
        return {"start": start, "step": int(steps[0]), "n": len(values)}
    return {"start": start, "steps": steps.tolist()}


def _short(value: Any) -> Any:  # noqa: ANN401 (any part of a figure)
    """Turn arrays and times inside settings into plain lists and texts."""
    if isinstance(value, Mapping):
        return {name: _short(one) for name, one in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value)
    if isinstance(value, list | tuple):
        return [_short(one) for one in value]
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


def with_zoom(html: Html, anchor: str, charts: tuple[ZoomChart, ...]) -> Html:
    """Put the charts of a section at its end.

    Parameters
    ----------
    html : Html
        The section's content.
    anchor : str
        The section's.
    charts : tuple of ZoomChart
        Of the whole page.

    Returns
    -------
    Html
        The content, then its charts.

    Examples
    --------
    >>> with_zoom(Html("<p>text</p>"), "data", ())
    '<p>text</p>'
    """
    return join([html, *(zoom_html(chart) for chart in charts if chart.anchor == anchor)])

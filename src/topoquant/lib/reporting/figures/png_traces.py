"""How each kind of plotly trace is drawn by matplotlib."""

import re
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Document = Mapping[str, Any]
Values = NDArray[Any] | list[Any]
DASHES = {"solid": "-", "dot": ":", "dash": "--", "dashdot": "-."}
STEPS = {"hv": "steps-post", "vh": "steps-pre"}
SYMBOLS = {
    "circle": "o",
    "circle-open": "o",
    "diamond": "D",
    "x-thin-open": "x",
    "x": "x",
    "square": "s",
    "triangle-up": "^",
}
GREY = "#7A7F87"
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def stored_values(values: object) -> Values:
    """Read the numbers, times or names of an axis.

    Parameters
    ----------
    values : object
        As plotly holds them: arrays, lists, times as texts or with a zone.

    Returns
    -------
    ndarray or list
        Floats, datetime64 in UTC, or texts; empty for None.

    Examples
    --------
    >>> stored_values([1, None]), stored_values(["a", "b"])
    (array([ 1., nan]), ['a', 'b'])
    """
    if values is None:
        return np.zeros(0)
    column: Any = pd.Series(list(values))  # type: ignore[call-overload]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        instants: Values = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return instants
    if column.dtype.kind == "M":
        return np.asarray(column)
    if column.dtype.kind in "iufb" or all(one is None or isinstance(one, int | float) for one in column):
        return np.asarray(column, dtype=float)
    texts: list[str] = [str(one) for one in column]
    if all(DATE.match(text) for text in texts):
        return (
            pd.DatetimeIndex(pd.to_datetime(texts, utc=True, format="ISO8601")).tz_localize(None).to_numpy()
        )
    return texts


def draw_scatter(panel: "Axes", trace: Document, layout: Document) -> None:  # noqa: ARG001
    """Draw lines, marks, error bars, and the area down to the line before.

    Parameters
    ----------
    panel : matplotlib.axes.Axes
        Drawn on.
    trace, layout : mapping
        As plotly holds them.
    """
    y = stored_values(trace.get("y"))
    x = stored_values(trace.get("x")) if trace.get("x") is not None else np.arange(len(y))
    if not len(y):
        return
    line, marker, mode = trace.get("line") or {}, trace.get("marker") or {}, trace.get("mode") or "lines"
    name = trace.get("name") if trace.get("showlegend") is not False else None
    label = name or "_"
    if trace.get("fill") == "tonexty" and panel.lines:
        before = panel.lines[-1]
        panel.fill_between(
            x, np.asarray(before.get_ydata(), float), y, color=GREY, alpha=0.25, lw=0, label=label
        )
        return
    shown = panel.plot(
        x, y, color=line.get("color") or _first(marker.get("color")),
        linestyle=DASHES.get(line.get("dash") or "solid", "-") if "lines" in mode else "",
        linewidth=line.get("width", 1.4), alpha=trace.get("opacity") or marker.get("opacity"),
        drawstyle=STEPS.get(line.get("shape") or "", "default"), label=label,
        marker=SYMBOLS.get(str(marker.get("symbol") or "circle"), "o") if "markers" in mode else "",
        markersize=(marker.get("size") or 6) * 0.7,
        markerfacecolor="none" if "open" in str(marker.get("symbol")) else None,
    )  # fmt: skip
    for axis, key in (("xerr", "error_x"), ("yerr", "error_y")):
        if error := trace.get(key):
            sizes = [stored_values(error.get("arrayminus")), stored_values(error["array"])]
            ends: dict[str, Any] = {axis: np.nan_to_num(np.asarray(sizes, float))}
            colour = shown[0].get_color()
            panel.errorbar(x, y, **ends, fmt="none", ecolor=colour, elinewidth=1.2, capsize=3)


def draw_bar(panel: "Axes", trace: Document, layout: Document) -> None:
    """Draw columns, or bars that lie; those of several traces stand side by side.

    Parameters
    ----------
    panel : matplotlib.axes.Axes
        Drawn on.
    trace, layout : mapping
        As plotly holds them.
    """
    lies = trace.get("orientation") == "h"
    places, sizes = (stored_values(trace.get(name)) for name in (("y", "x") if lies else ("x", "y")))
    places = places if len(places) else np.arange(len(sizes))
    colour = (trace.get("marker") or {}).get("color")
    name = trace.get("name") if trace.get("showlegend") is not False else None
    style: dict[str, Any] = {"color": colour, "label": name or "_"}
    if lies:
        panel.barh(places, sizes, height=0.7, **style)
        return
    width = trace.get("width") or _width(places)
    if isinstance(places, list) and layout.get("barmode") == "group":
        _draw_group(panel, places, sizes, style)
        return
    panel.bar(places, sizes, width=width, **style)


def draw_heatmap(panel: "Axes", trace: Document, layout: Document) -> None:  # noqa: ARG001
    """Draw a heat map with its texts and, where it has one, its scale.

    Parameters
    ----------
    panel : matplotlib.axes.Axes
        Drawn on.
    trace, layout : mapping
        As plotly holds them.
    """
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 - heavy

    z = np.asarray(trace["z"], float)
    scale = [(float(place), _hex(colour)) for place, colour in trace["colorscale"]]
    colours = LinearSegmentedColormap.from_list("scale", scale)
    x, y = (
        stored_values(trace.get(name)) if trace.get(name) is not None else np.arange(n)
        for name, n in (("x", z.shape[1]), ("y", z.shape[0]))
    )
    # Names are placed at 0, 1, ...: matplotlib's own categories would shift the cells by half.
    columns, rows = (np.arange(len(one)) if isinstance(one, list) else one for one in (x, y))
    drawn = panel.pcolormesh(columns, rows, z, cmap=colours, shading="nearest", vmin=trace.get("zmin"))
    for axis, names in ((panel.xaxis, x), (panel.yaxis, y)):
        if isinstance(names, list):
            shown = range(0, len(names), max(1, len(names) // 8))
            axis.set_ticks(list(shown), [names[i] for i in shown])
    cells: Any = trace.get("text")
    for i, texts in enumerate(() if cells is None else cells):
        for j, text in enumerate(texts):
            panel.text(j, i, str(text), ha="center", va="center", fontsize=10, color="#1B1F24")
    if trace.get("showscale") is not False:
        title = ((trace.get("colorbar") or {}).get("title") or {}).get("text", "")
        box = panel.get_position()
        place = panel.figure.add_axes((box.x1 + 0.008, box.y0, 0.012, box.height))
        panel.figure.colorbar(drawn, cax=place).set_label(title, fontsize=8)
        place.tick_params(labelsize=7)


def draw_image(panel: "Axes", trace: Document, layout: Document) -> None:  # noqa: ARG001
    """Draw a picture that the trace holds.

    Parameters
    ----------
    panel : matplotlib.axes.Axes
        Drawn on.
    trace, layout : mapping
        As plotly holds them.
    """
    from base64 import b64decode  # noqa: PLC0415 - beside its only use

    from matplotlib.image import imread  # noqa: PLC0415 - heavy

    _, _, coded = trace["source"].partition(",")
    pixels = imread(BytesIO(b64decode(coded)), format="png")
    panel.imshow(pixels, interpolation="nearest", aspect="auto", cmap="viridis")


DRAWN: dict[str, Callable[["Axes", Document, Document], None]] = {
    "scatter": draw_scatter,
    "scattergl": draw_scatter,
    "bar": draw_bar,
    "heatmap": draw_heatmap,
    "image": draw_image,
}


def _draw_group(panel: "Axes", places: list[Any], sizes: Values, style: dict[str, Any]) -> None:
    """Draw columns of one trace beside those of the traces before."""
    before = len(panel.containers)
    names = [tick.get_text() for tick in panel.get_xticklabels()] if before else []
    names += [name for name in places if name not in names]
    width = 0.26
    panel.bar([names.index(name) + (before - 1) * width for name in places], sizes, width=width, **style)
    panel.set_xticks(range(len(names)), names)


def _width(places: Values) -> Any:  # noqa: ANN401 (a number, or a length of time)
    """Choose the width of columns: most of the way to the next."""
    if isinstance(places, list) or len(places) < 2:
        return 0.7 if isinstance(places, list) or places.dtype.kind != "M" else np.timedelta64(20, "D")
    return np.diff(np.unique(places)).min() * 0.8


def _first(colour: object) -> str | None:
    """Take one colour for marks of one kind."""
    return colour if isinstance(colour, str) else None


def _hex(colour: str) -> Any:  # noqa: ANN401 (what matplotlib takes)
    """Read a colour of plotly, `rgb(1, 2, 3)` or `#010203`."""
    if colour.startswith("rgb"):
        parts: Sequence[str] = colour.partition("(")[2].rstrip(")").split(",")
        return tuple(float(part) / 255 for part in parts[:3])
    return colour

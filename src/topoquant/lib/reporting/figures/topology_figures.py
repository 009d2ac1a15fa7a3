"""Shapes of windows as plotly figures, for notebooks and previews in kedro-viz."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.reporting.figures.line_chart import thin
from topoquant.lib.reporting.figures.plotly_figures import BLUE, COLOURS, GREY
from topoquant.lib.reporting.formatting import Record

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MOST_TIMES, MOST_LEVELS, MOST_POINTS = 400, 60, 2000
N_COLOURS = 12


def window_figure(windows: Sequence[Record]) -> "Figure":
    """Draw the persistence diagrams of windows, and their Betti curves beside them.

    Parameters
    ----------
    windows : sequence of mapping
        Of `describe_windows`: name, h0 (deaths), h1 (births and deaths), levels, betti_h0, betti_h1; all
        in standard deviations of the window.

    Returns
    -------
    plotly.graph_objects.Figure
        One colour per window. On the left a point per bar, H0 as circles on birth 0 and H1 as diamonds,
        the longer the farther above the diagonal; on the right the bars alive at each distance, H0
        dotted, on a log scale.

    Examples
    --------
    >>> square = {"name": "square", "h0": [1.0, 1.0, 1.0], "h1": [[1.0, 1.41]], "levels": [0.0, 1.2],
    ...           "betti_h0": [3, 0], "betti_h1": [0, 1]}
    >>> [trace.name for trace in window_figure([square]).data]
    ['lives no longer', 'square H0', 'square H1', 'square H0', 'square H1']
    """
    from plotly.subplots import make_subplots  # noqa: PLC0415 - a heavy import that few callers need

    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.12)
    top = max([0.0, *(max([0.0, *one["h0"], *(bar[1] for bar in one["h1"])]) for one in windows)])
    diagonal = {"x": [0, top], "y": [0, top], "line": {"color": GREY, "dash": "dash"}}
    figure.add_scatter(**diagonal, mode="lines", name="lives no longer", showlegend=False, row=1, col=1)
    for one, colour in zip(windows, _colours(len(windows)), strict=True):
        _add_bars(figure, one, colour)
    for one, colour in zip(windows, _colours(len(windows)), strict=True):
        _add_curves(figure, one, colour)
    figure.update_xaxes(title_text="birth (standard deviations of the window)", row=1, col=1)
    figure.update_yaxes(title_text="death", row=1, col=1)
    figure.update_xaxes(title_text="distance (standard deviations of the window)", row=1, col=2)
    figure.update_yaxes(title_text="bars alive", type="log", dtick=1, row=1, col=2)
    title = {"text": "Persistence diagrams and Betti curves of windows", "x": 0.01}
    figure.update_layout(template="plotly_white", title=title, margin={"l": 60, "r": 20, "t": 60, "b": 50})
    return figure


def betti_map_figure(
    closes: pd.DataFrame, betti: Sequence[tuple[str, NDArray[np.floating]]], times: pd.Series, grid_max: float
) -> "Figure":
    """Draw Betti curves over time as heat maps below the price.

    Parameters
    ----------
    closes : pandas.DataFrame
        open_time and close of one symbol, in time order; at most 2,000 are drawn.
    betti : sequence of (str, ndarray of shape (n, n_bins))
        Title and curves, each row at its time; at most 400 rows and 60 levels are drawn.
    times : pandas.Series
        The n decision times, ascending.
    grid_max : float
        End of the grid, in standard deviations of the window; it begins at 0.

    Returns
    -------
    plotly.graph_objects.Figure
        Brighter where more bars are alive, on a scale of logarithms.

    Examples
    --------
    >>> times = pd.Series(pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"))
    >>> closes = pd.DataFrame({"open_time": times, "close": [1.0, 2.0, 3.0]})
    >>> figure = betti_map_figure(closes, [("loops (H1)", np.eye(3))], times, 1.0)
    >>> [trace.type for trace in figure.data]
    ['scatter', 'heatmap']
    """
    from plotly.subplots import make_subplots  # noqa: PLC0415 - a heavy import that few callers need

    n_maps = len(betti)
    figure = make_subplots(
        rows=1 + n_maps, cols=1, shared_xaxes=True, row_heights=[1.0] * (1 + n_maps), vertical_spacing=0.04
    )
    shown = thin(len(closes), MOST_POINTS)
    line = {"x": closes["open_time"].iloc[shown], "y": closes["close"].iloc[shown]}
    figure.add_scatter(
        **line, mode="lines", name="close", line={"color": BLUE}, showlegend=False, row=1, col=1
    )
    figure.update_yaxes(title_text="close", type="log", row=1, col=1)
    rows = thin(len(times), MOST_TIMES)
    for k, (title, curves) in enumerate(betti):
        levels = thin(curves.shape[1], MOST_LEVELS)
        alive = np.asarray(curves)[np.ix_(rows, levels)].T.astype(np.int64)
        grid = np.linspace(0.0, grid_max, curves.shape[1])[levels]
        bar = {"len": 0.9 / (1 + n_maps), "y": 1 - (k + 1.5) / (1 + n_maps), "title": {"text": "alive"}}
        figure.add_heatmap(
            x=times.iloc[rows], y=grid.round(4), z=alive, name=title, colorbar=bar,
            colorscale=_logarithmic(int(alive.max(initial=1))), zmin=0, row=2 + k, col=1,
            hovertemplate="%{x}<br>distance %{y}<br>%{z} alive",
        )  # fmt: skip
        figure.update_yaxes(title_text=f"{title}<br>distance", row=2 + k, col=1)
    figure.update_xaxes(title_text="time (UTC)", row=1 + n_maps, col=1)
    named = {"text": "Betti curves over time", "x": 0.01}
    figure.update_layout(template="plotly_white", title=named, margin={"l": 70, "r": 20, "t": 60, "b": 50})
    return figure


def _colours(n: int) -> list[str]:
    """Take one colour per window."""
    return [COLOURS[k % len(COLOURS)] for k in range(n)]


def _add_bars(figure: "Figure", one: Record, colour: str) -> None:
    """Add one window's bars as points."""
    born = {"H0": [0.0] * len(one["h0"]), "H1": [bar[0] for bar in one["h1"]]}
    dies = {"H0": one["h0"], "H1": [bar[1] for bar in one["h1"]]}
    for dimension, symbol in (("H0", "circle-open"), ("H1", "diamond")):
        figure.add_scatter(
            x=born[dimension], y=dies[dimension], mode="markers", name=f"{one['name']} {dimension}",
            marker={"color": colour, "symbol": symbol, "size": 7, "opacity": 0.7},
            legendgroup=one["name"], hovertemplate="born %{x:.3f}, dies %{y:.3f}", row=1, col=1,
        )  # fmt: skip


def _add_curves(figure: "Figure", one: Record, colour: str) -> None:
    """Add one window's Betti curves; where nothing is alive there is no line."""
    for dimension, dash in (("H0", "dot"), ("H1", "solid")):
        alive = [n or None for n in one[f"betti_{dimension.lower()}"]]
        figure.add_scatter(
            x=one["levels"], y=alive, mode="lines", name=f"{one['name']} {dimension}",
            line={"color": colour, "dash": dash, "shape": "hv"}, legendgroup=one["name"],
            showlegend=False, row=1, col=2,
        )  # fmt: skip


def _logarithmic(most: int) -> list[list[float | str]]:
    """Spread a scale of colours over the logarithm of 1 + n."""
    from plotly.colors import sample_colorscale  # noqa: PLC0415 - a heavy import that few callers need

    share = np.linspace(0.0, 1.0, N_COLOURS)
    places = np.expm1(share * np.log1p(most)) / most
    places[-1] = 1.0
    return [
        [float(place), colour]
        for place, colour in zip(places, sample_colorscale("Viridis", share), strict=True)
    ]

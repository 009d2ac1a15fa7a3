"""The bars and what is missing from them as a plotly figure, for notebooks and previews in kedro-viz."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import gap_positions, stamps_ns
from topoquant.lib.reporting.figures.line_chart import thin
from topoquant.lib.reporting.figures.plotly_figures import COLOURS, RED, SHADE
from topoquant.lib.reporting.figures.quality_chart import stretches
from topoquant.lib.reporting.formatting import Record, count

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MOST_POINTS, MOST_GAPS, MOST_MARKS = 2000, 100, 300


@dataclass(frozen=True)
class Style:
    """How a symbol is drawn: name, colour, whether as a multiple of the first price, at how many points."""

    name: str
    colour: str
    is_rebased: bool
    most_points: int


def quality_figure(
    bars: pd.DataFrame, quality: Sequence[Record], *, most_points: int = MOST_POINTS
) -> "Figure":
    """Draw prices with their gaps shaded, and below them the share of bars that are there.

    Parameters
    ----------
    bars : pandas.DataFrame
        Clean bars of the symbols of `quality`, with `symbol` where they are several; the 100
        longest gaps of each are shaded.
    quality : sequence of mapping
        One record of `QualityReport.to_dict` per symbol.

    most_points : int
        Closes of a symbol that are drawn, evenly spaced, beside those around gaps.

    Returns
    -------
    plotly.graph_objects.Figure
        On a log scale the close, or where there are several symbols its multiple of the first;
        marks where no trade was made. Below, the share of each stretch of time that has bars.

    Examples
    --------
    >>> from topoquant.lib.bars import synthetic_bars, validate_bars
    >>> bars = synthetic_bars("noise", n_bars=500, seed=1, interval="1h").bars.drop(index=range(100, 200))
    >>> report = validate_bars(bars, "1h")
    >>> figure = quality_figure(report.bars, [report.to_dict()])
    >>> [trace.name for trace in figure.data], len(figure.layout.shapes)
    (['SYN', 'SYN, bars there'], 1)
    """
    from plotly.subplots import make_subplots  # noqa: PLC0415 - a heavy import that few callers need

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.05)
    shapes = []
    for i, record in enumerate(quality):
        own = bars.loc[bars["symbol"] == record["symbol"]] if "symbol" in bars.columns else bars
        own = own.reset_index(drop=True)
        after = _longest_gaps(own, str(record["interval"]))
        shapes += _shades(own, after)
        _add_price(
            figure,
            own,
            after,
            Style(str(record["symbol"]) or "close", COLOURS[i % len(COLOURS)], len(quality) > 1, most_points),
        )
        _add_coverage(figure, record, COLOURS[i % len(COLOURS)])
    price = "close, first = 1" if len(quality) > 1 else "close"
    figure.update_yaxes(title_text=price, type="log", row=1, col=1)
    figure.update_yaxes(title_text="share of bars", range=[0, 1.05], row=2, col=1)
    figure.update_xaxes(title_text="time (UTC)", row=2, col=1)
    margin = {"l": 60, "r": 20, "t": 60, "b": 50}
    title = {"text": "Close, and the share of bars that are there", "x": 0.01}
    figure.update_layout(template="plotly_white", title=title, margin=margin, shapes=shapes)
    return figure


def _longest_gaps(bars: pd.DataFrame, interval: str) -> NDArray[np.int64]:
    """Return the rows right after the longest gaps, in the order of time."""
    after = gap_positions(bars, interval)
    lengths = np.diff(stamps_ns(bars))[after - 1]
    return np.sort(after[np.argsort(-lengths, kind="stable")[:MOST_GAPS]])


def _shades(bars: pd.DataFrame, after: NDArray[np.int64]) -> list[dict[str, object]]:
    """Make a shade over each gap."""
    shade = {"type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    times = bars["open_time"]
    return [
        {**shade, "x0": times[row - 1], "x1": times[row], "fillcolor": SHADE, "line": {"width": 0}}
        for row in after.tolist()
    ]


def _add_price(figure: "Figure", bars: pd.DataFrame, after: NDArray[np.int64], style: Style) -> None:
    """Add one symbol's closes, broken at gaps, and marks where there was no trade."""
    times, closes = pd.DatetimeIndex(bars["open_time"]), bars["close"].to_numpy(np.float64)
    closes = closes / closes[0] if style.is_rebased else closes
    rows = np.unique(np.concatenate([thin(len(bars), style.most_points), after - 1, after]))
    # An empty point before the first bar after a gap breaks the line.
    breaks = np.searchsorted(rows, after)
    line = {"x": times[np.insert(rows, breaks, after)], "y": np.insert(closes[rows], breaks, np.nan)}
    figure.add_scatter(**line, mode="lines", line={"color": style.colour}, name=style.name, row=1, col=1)
    quiet = np.flatnonzero(bars["volume"].to_numpy(np.float64) == 0)
    if len(quiet):
        shown = quiet[thin(len(quiet), MOST_MARKS)]
        marks = {"mode": "markers", "marker": {"color": RED, "size": 6, "symbol": "x-thin-open"}}
        name = f"{style.name}, no trade ({count(len(quiet))} bars)"
        figure.add_scatter(**marks, x=times[shown], y=closes[shown], name=name, row=1, col=1)


def _add_coverage(figure: "Figure", record: Record, colour: str) -> None:
    """Add the share of each stretch of time that has bars."""
    parts = stretches(record)
    share = [one.n_bars / one.n_expected for one in parts]
    steps = {"x": [*(one.start for one in parts), parts[-1].end], "y": [*share, share[-1]]}
    line = {"color": colour, "shape": "hv"}
    name = f"{record['symbol']}, bars there".removeprefix(", ")
    figure.add_scatter(**steps, mode="lines", line=line, name=name, row=2, col=1)

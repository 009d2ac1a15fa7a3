"""A walk forward as a plotly figure: scores by window, equity, and what the member leaned on."""

from typing import TYPE_CHECKING

import pandas as pd

from topoquant.lib.reporting.figures.plotly_figures import BLUE, GREY, ORANGE, SHADE

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TOP = 15  # features shown: those with the most importance over all windows
HEIGHT = 320  # pixels of a panel


def walk_figure(windows: pd.DataFrame, importance: pd.DataFrame, equity: pd.DataFrame) -> "Figure":
    """Draw what a member would have said, window by window.

    Parameters
    ----------
    windows : DataFrame
        Of a walk: `window`, `start`, `end`, `auc`, `auc_low`, `auc_high`, in order.
    importance : DataFrame
        `window`, `feature`, `importance`, long; without rows the panel stays away.
    equity : DataFrame
        `symbol`, `time`, `equity`, `hold`, and perhaps `random_low` and `random_high`; without rows the panel
        is empty. Several symbols have a line each.

    Returns
    -------
    plotly.graph_objects.Figure

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="D", tz="UTC")
    >>> windows = pd.DataFrame({"window": [0, 1], "start": time, "end": time, "auc": [0.5, 0.6],
    ...                         "auc_low": [0.4, 0.5], "auc_high": [0.6, 0.7]})
    >>> leaned = pd.DataFrame({"window": [0, 1], "feature": ["rsi", "atr"], "importance": [1.0, 1.0]})
    >>> equity = pd.DataFrame({"symbol": "SYN", "time": time, "equity": [1.0, 1.1], "hold": [1.0, 0.9]})
    >>> [trace.type for trace in walk_figure(windows, leaned, equity).data]
    ['scatter', 'scatter', 'scatter', 'heatmap']
    """
    from plotly.subplots import make_subplots  # noqa: PLC0415 - a heavy import that few callers need

    titles = ["AUC of the test rows of each window, with 0.99 intervals", "value of 1 invested, all windows"]
    if len(importance):
        titles.append("share of importance, by window")
    figure = make_subplots(rows=len(titles), cols=1, subplot_titles=titles, vertical_spacing=0.12)
    middle = windows["start"] + (windows["end"] - windows["start"]) / 2
    spread = {
        "type": "data",
        "array": windows["auc_high"] - windows["auc"],
        "arrayminus": windows["auc"] - windows["auc_low"],
    }
    figure.add_scatter(
        x=middle, y=windows["auc"], error_y=spread, mode="markers", name="AUC", marker={"color": BLUE},
        row=1, col=1,
    )  # fmt: skip
    figure.add_hline(y=0.5, line={"color": GREY, "dash": "dot"}, row=1, col=1)
    _add_equity(figure, equity)
    if len(importance):
        _add_importance(figure, importance, middle)
    figure.update_layout(
        template="plotly_white", height=HEIGHT * len(titles), margin={"l": 60, "r": 20, "t": 40, "b": 50}
    )
    return figure


def _add_equity(figure: "Figure", equity: pd.DataFrame) -> None:
    """Add a line per symbol net of costs, one of holding it, and the band of random entries."""
    for symbol, own in equity.groupby("symbol", sort=True):
        if {"random_low", "random_high"} <= set(own):
            edge = {"x": own["time"], "mode": "lines", "line": {"width": 0}, "showlegend": False}
            figure.add_scatter(**edge, y=own["random_low"], hoverinfo="skip", row=2, col=1)
            filled = {"fill": "tonexty", "fillcolor": SHADE, "name": f"{symbol} random entries"}
            figure.add_scatter(**edge, **filled, y=own["random_high"], row=2, col=1)
        for column, name, colour in (("equity", "net of costs", BLUE), ("hold", "buy and hold", ORANGE)):
            figure.add_scatter(
                x=own["time"], y=own[column], mode="lines", name=f"{symbol} {name}", line={"color": colour},
                row=2, col=1,
            )  # fmt: skip
    figure.update_xaxes(title_text="time (UTC)", row=2, col=1)


def _add_importance(figure: "Figure", importance: pd.DataFrame, middle: pd.Series) -> None:
    """Add a map of the leading features by window, the most important on top."""
    table = importance.pivot_table(
        index="feature", columns="window", values="importance", fill_value=0.0, observed=True
    )
    leading = table.sum(axis=1).nlargest(TOP).index[::-1]
    shown = table.loc[leading]
    figure.add_heatmap(
        x=[middle.iloc[int(one)] for one in shown.columns], y=list(shown.index), z=shown.to_numpy(),
        colorscale="Blues", showscale=False, row=3, col=1,
    )  # fmt: skip

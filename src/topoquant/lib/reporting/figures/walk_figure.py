"""A walk forward as a plotly figure: scores by window, equity, and what the member leaned on."""

from itertools import cycle
from typing import TYPE_CHECKING

import pandas as pd

from topoquant.lib.reporting.figures.plotly_figures import BLUE, GREY, ORANGE, SHADE, titled_panels

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TOP = 15  # features shown: those with the most importance over all windows
HEIGHT = 320  # pixels of a panel
DASHES = ("solid", "dash", "dot", "dashdot")  # by symbol
HEADS = (
    "AUC of each window, 0.99 interval",
    "account over all windows",
    "features leant on in each window, the darker the more",
)


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
    ['scatter', 'scatter', 'scatter', 'scatter', 'heatmap']
    """
    heads = HEADS[: 2 + bool(len(importance))]
    figure = titled_panels("Walk forward: test rows of every window", len(heads), heads=heads)
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
    ends = [windows["start"].min(), windows["end"].max()]
    figure.add_scatter(
        x=ends, y=[0.5, 0.5], mode="lines", name="chance", line={"color": GREY, "dash": "dot"}, row=1, col=1
    )
    figure.update_yaxes(title_text="AUC", row=1, col=1)
    _add_equity(figure, equity)
    if len(importance):
        _add_importance(figure, importance, middle)
    for row in range(1, len(heads) + 1):
        figure.update_xaxes(title_text="time (UTC)", range=ends, row=row, col=1)
    return figure.update_layout(height=80 + HEIGHT * len(heads))


def _add_equity(figure: "Figure", equity: pd.DataFrame) -> None:
    """Add a line per symbol net of costs, one of holding it, and the band of random entries."""
    for dash, (symbol, own) in zip(cycle(DASHES), equity.groupby("symbol", sort=True), strict=False):
        if {"random_low", "random_high"} <= set(own):
            edge = {"x": own["time"], "mode": "lines", "line": {"width": 0}}
            low = own["random_low"]
            figure.add_scatter(**edge, y=low, hoverinfo="skip", showlegend=False, row=2, col=1)
            filled = {"fill": "tonexty", "fillcolor": SHADE, "name": f"{symbol} random entries"}
            figure.add_scatter(**edge, **filled, y=own["random_high"], row=2, col=1)
        for column, name, colour in (("equity", "net of costs", BLUE), ("hold", "buy and hold", ORANGE)):
            figure.add_scatter(
                x=own["time"], y=own[column], mode="lines", name=f"{symbol} {name}",
                line={"color": colour, "dash": dash}, row=2, col=1,
            )  # fmt: skip
    figure.update_yaxes(title_text="value of 1 invested", row=2, col=1)


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

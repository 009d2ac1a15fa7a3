"""How a search went, as a plotly figure for notebooks and previews in kedro-viz."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from topoquant.lib.reporting.figures.plotly_figures import BLUE, GREY, ORANGE, titled_panels

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEADS = ("loss on train rows that no fit saw", "importance of each option")
HEIGHT = 280  # pixels of a panel
MARKS = {"complete": (BLUE, "circle"), "pruned": (GREY, "x"), "refused": (ORANGE, "triangle-up")}


def search_figure(
    trials: pd.DataFrame, importance: Mapping[str, float], *, untuned_loss: float | None
) -> "Figure":
    """Draw the loss of every trial with the best so far, and the share of each option in it.

    Parameters
    ----------
    trials : DataFrame
        Of a search: `number`, `state` and `loss`, NaN where there is none.
    importance : mapping of str to float
        Option -> share; the panel stays away where it is empty.
    untuned_loss : float or None
        Of the options as they were.

    Returns
    -------
    plotly.graph_objects.Figure

    Examples
    --------
    >>> trials = pd.DataFrame({"number": [0, 1], "state": ["complete", "pruned"], "loss": [0.69, 0.71]})
    >>> [trace.name for trace in search_figure(trials, {}, untuned_loss=0.69).data]
    ['complete', 'pruned', 'best so far', 'not tuned']
    """
    heads = HEADS[: 1 + bool(importance)]
    figure = titled_panels("Trials of the search", len(heads), heads=heads)
    for state, (colour, symbol) in MARKS.items():
        rows = trials.loc[(trials["state"] == state) & trials["loss"].notna()]
        if len(rows):
            figure.add_scatter(
                x=rows["number"], y=rows["loss"], mode="markers", name=state,
                marker={"color": colour, "symbol": symbol}, row=1, col=1,
            )  # fmt: skip
    ended = trials.loc[trials["state"] == "complete"].sort_values("number")
    line = {"color": BLUE, "shape": "hv"}
    best = ended["loss"].cummin()
    figure.add_scatter(x=ended["number"], y=best, mode="lines", name="best so far", line=line, row=1, col=1)
    if untuned_loss is not None:
        ends = trials["number"].agg(["min", "max"])
        figure.add_scatter(
            x=ends, y=[untuned_loss] * 2, mode="lines", name="not tuned",
            line={"color": GREY, "dash": "dot"}, row=1, col=1,
        )  # fmt: skip
    figure.update_xaxes(title_text="trial", row=1, col=1)
    figure.update_yaxes(title_text="loss", row=1, col=1)
    if importance:
        shares = sorted(importance.items(), key=lambda one: one[1])
        figure.add_bar(
            x=[share for _, share in shares], y=[name for name, _ in shares], orientation="h",
            marker={"color": BLUE}, showlegend=False, row=2, col=1,
        )  # fmt: skip
        figure.update_xaxes(title_text="share of the variance of the loss", row=2, col=1)
    return figure.update_layout(height=120 + HEIGHT * len(heads))

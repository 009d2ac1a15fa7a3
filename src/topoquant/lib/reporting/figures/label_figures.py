"""The label report's chart as a plotly figure, for notebooks and previews in kedro-viz."""

from typing import TYPE_CHECKING

import pandas as pd

from topoquant.lib.reporting.figures.plotly_figures import BLUE, GREEN, ORANGE
from topoquant.lib.reporting.formatting import Record

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

COLOURS = {"train": BLUE, "val": ORANGE, "test": GREEN}
RATES = {"rate": "", "rate_lower": " (label -1)"}


def label_figure(label_summary: Record) -> "Figure":
    """Draw the label's rate by month over its rows, and by regime beside it, in one colour per set.

    Parameters
    ----------
    label_summary : mapping
        Of `summarise_labels`: rate_of, months (month, set, n, rate, with three classes
        rate_lower) and regimes (regime, set, n, rate).

    Returns
    -------
    plotly.graph_objects.Figure
        Lines of rates over columns of rows on the left, columns of rates on the right.

    Examples
    --------
    >>> months = [{"month": "2024-01", "set": "train", "n": 2976, "rate": 0.1}]
    >>> regimes = [{"regime": "calm", "set": "train", "n": 990, "rate": 0.04}]
    >>> summary = {"rate_of": "label 1", "months": months, "regimes": regimes}
    >>> [(trace.type, trace.name) for trace in label_figure(summary).data]
    [('scatter', 'train'), ('bar', 'train'), ('bar', 'train')]
    """
    from plotly.subplots import make_subplots  # noqa: PLC0415 - a heavy import that few callers need

    figure = make_subplots(
        rows=2,
        cols=2,
        shared_xaxes="columns",
        specs=[[{}, {"rowspan": 2}], [{}, None]],
        column_widths=[0.7, 0.3],
        row_heights=[0.75, 0.25],
        vertical_spacing=0.05,
    )
    months, regimes = pd.DataFrame(label_summary["months"]), pd.DataFrame(label_summary["regimes"])
    for name, colour in COLOURS.items():
        _add_months(figure, months.loc[months["set"] == name], name, colour)
        if len(regimes):
            _add_regimes(figure, regimes.loc[regimes["set"] == name], name, colour)
    rate_of = label_summary["rate_of"]
    figure.update_yaxes(title_text=f"rate of {rate_of}", row=1, col=1)
    figure.update_yaxes(title_text="rows", row=2, col=1)
    figure.update_xaxes(title_text="month (UTC)", row=2, col=1)
    figure.update_xaxes(title_text="regime known at the time", row=1, col=2)
    margin = {"l": 60, "r": 20, "t": 60, "b": 50}
    title = {"text": "Rate of the label by month and by regime", "x": 0.01}
    figure.update_layout(template="plotly_white", title=title, margin=margin, barmode="group")
    return figure


def _add_months(figure: "Figure", months: pd.DataFrame, name: str, colour: str) -> None:
    """Add one set's rates by month and the rows below them."""
    if months.empty:
        return
    shared = {"x": months["month"] + "-15", "legendgroup": name, "name": name}
    hover = "%{x|%Y-%m}: %{y:.3f} of %{customdata:,} rows"
    for column, note in RATES.items():
        if column in months and months[column].notna().all():
            line = {"color": colour, "dash": "dot" if note else "solid"}
            rate = {"y": months[column], "customdata": months["n"], "hovertemplate": hover}
            named = {**shared, "name": f"{name}{note}"}
            figure.add_scatter(**named, **rate, mode="lines+markers", line=line, row=1, col=1)
    figure.add_bar(**shared, y=months["n"], marker={"color": colour}, showlegend=False, row=2, col=1)


def _add_regimes(figure: "Figure", regimes: pd.DataFrame, name: str, colour: str) -> None:
    """Add one set's rates by regime."""
    if regimes.empty:
        return
    shared = {"x": regimes["regime"], "y": regimes["rate"], "customdata": regimes["n"], "name": name}
    style = {"marker": {"color": colour}, "legendgroup": name, "showlegend": False}
    hover = "%{x}: %{y:.3f} of %{customdata:,} rows"
    figure.add_bar(**shared, **style, hovertemplate=hover, row=1, col=2)

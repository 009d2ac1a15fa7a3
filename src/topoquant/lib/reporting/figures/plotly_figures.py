"""The report's main charts as plotly figures, for notebooks and previews in kedro-viz."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from topoquant.lib.reporting.formatting import Record
from topoquant.lib.reporting.model_table import model_table

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Okabe and Ito (2008): told apart by readers with any common colour blindness.
BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7A7F87"),
)
SHADE = "rgba(122,127,135,0.25)"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY)


def equity_figure(equity: pd.DataFrame) -> "Figure":
    """Draw net equity against buy-and-hold and a band of random entries, and the drawdowns below.

    Parameters
    ----------
    equity : pandas.DataFrame
        Columns time, net, hold (values of 1 invested) and, optionally, random_low, random_high.

    Returns
    -------
    plotly.graph_objects.Figure
        Lines over time (UTC), and how far each stands below its peak under them.

    Examples
    --------
    >>> times = pd.date_range("2024-01-01", periods=2, freq="D", tz="UTC")
    >>> figure = equity_figure(pd.DataFrame({"time": times, "net": [1.0, 1.1], "hold": [1.0, 0.9]}))
    >>> [(trace.name, round(float(trace.y[-1]), 3)) for trace in figure.data if trace.name == "buy and hold"]
    [('buy and hold', 0.9), ('buy and hold', -0.1)]
    """
    figure = titled_panels("Net equity and drawdown on test rows", 2, row_heights=[0.7, 0.3], shared=True)
    above = {"row": 1, "col": 1}
    if {"random_low", "random_high"} <= set(equity.columns):
        edge = {"x": equity["time"], "mode": "lines", "line": {"width": 0}}
        figure.add_scatter(**edge, **above, y=equity["random_low"], showlegend=False, hoverinfo="skip")
        filled = {"fill": "tonexty", "fillcolor": SHADE, "name": "random entries, 0.99 band"}
        figure.add_scatter(**edge, **above, **filled, y=equity["random_high"])
    for column, name, colour in (("net", "net of costs", BLUE), ("hold", "buy and hold", ORANGE)):
        style = {"x": equity["time"], "mode": "lines", "line": {"color": colour}, "name": name}
        figure.add_scatter(**style, **above, y=equity[column])
        peak = equity[column].clip(lower=1.0).cummax()
        figure.add_scatter(**style, y=equity[column] / peak - 1.0, showlegend=False, row=2, col=1)
    figure.update_yaxes(title_text="value of 1 invested", **above)
    figure.update_yaxes(title_text="drawdown (fraction)", row=2, col=1)
    figure.update_xaxes(title_text="time (UTC)", row=2, col=1)
    return figure


def loss_figure(training_records: Sequence[Record]) -> "Figure":
    """Draw the losses of every member's final fit by epoch: train dotted, validation solid.

    Parameters
    ----------
    training_records : sequence of mapping
        member and history (sequence of fold, epoch, train_loss, val_loss).

    Returns
    -------
    plotly.graph_objects.Figure
        Two lines per member that was trained in epochs.

    Examples
    --------
    >>> epochs = [{"fold": "final", "epoch": 0, "train_loss": 0.69, "val_loss": 0.7}]
    >>> [trace.name for trace in loss_figure([{"member": "nbeats", "history": epochs}]).data]
    ['nbeats train', 'nbeats val']
    """
    figure = titled_figure("Losses of the final fits", "epoch or tree", "loss (sum over targets, nats)")
    for i, record in enumerate(record for record in training_records if record.get("history")):
        history = pd.DataFrame(list(record["history"]))
        final = history.loc[history["fold"].astype(str) == "final"]
        for column, name, dash in (("train_loss", "train", "dot"), ("val_loss", "val", "solid")):
            line = {"color": COLOURS[i % len(COLOURS)], "dash": dash}
            figure.add_scatter(
                x=final["epoch"], y=final[column], mode="lines", line=line, name=f"{record['member']} {name}"
            )
    return figure


def calibration_figure(reliability: pd.DataFrame) -> "Figure":
    """Draw how often the label was true against how likely it was called.

    Parameters
    ----------
    reliability : pandas.DataFrame
        Columns name, p_mean, rate, n: one row per model and bin.

    Returns
    -------
    plotly.graph_objects.Figure
        One line per model beside the diagonal of perfect calibration.

    Examples
    --------
    >>> bins = pd.DataFrame({"name": "ensemble", "p_mean": [0.1, 0.4], "rate": [0.12, 0.37], "n": 50})
    >>> len(calibration_figure(bins).data)
    2
    """
    figure = titled_figure("Calibration on test rows", "mean predicted probability", "observed rate")
    top = float(max(reliability["p_mean"].max(), reliability["rate"].max()))
    figure.add_scatter(
        x=[0, top], y=[0, top], mode="lines", name="perfect", line={"color": GREY, "dash": "dash"}
    )
    for i, (name, bins) in enumerate(reliability.groupby("name", sort=False)):
        line = {"color": COLOURS[i % len(COLOURS)]}
        figure.add_scatter(x=bins["p_mean"], y=bins["rate"], name=str(name), line=line, customdata=bins["n"])
    return figure


def model_figure(model_scores: Sequence[Record], ceiling: float | None = None) -> "Figure":
    """Draw each model's AUC with its interval, beside the ceiling where it is known.

    Parameters
    ----------
    model_scores : sequence of mapping
        Rows of the model table.
    ceiling : float or None
        The AUC no model can beat.

    Returns
    -------
    plotly.graph_objects.Figure
        One dot per model that has an AUC, the first on top.

    Examples
    --------
    >>> row = {"name": "nbeats", "role": "member", "auc": 0.62, "auc_low": 0.59, "auc_high": 0.65}
    >>> float(model_figure([row]).data[0].x[0])
    0.62
    """
    figure = titled_figure("Models on test rows", "AUC, 0.99 interval", "")
    rows = model_table(model_scores).dropna(subset=["auc"])
    error = {
        "type": "data",
        "array": rows["auc_high"] - rows["auc"],
        "arrayminus": rows["auc"] - rows["auc_low"],
    }
    figure.add_scatter(
        x=rows["auc"], y=rows["name"], error_x=error, mode="markers", marker={"color": BLUE, "size": 10}
    )
    figure.update_yaxes(autorange="reversed")
    if ceiling is not None:
        figure.add_vline(x=ceiling, line_dash="dash", line_color=GREEN, annotation_text="ceiling")
    return figure


def titled_figure(title: str, x_label: str, y_label: str) -> "Figure":
    """Make an empty figure in the report's style.

    Parameters
    ----------
    title, x_label, y_label : str
        What it shows; quantity and unit of both axes.

    Returns
    -------
    plotly.graph_objects.Figure
        Without a trace.

    Examples
    --------
    >>> titled_figure("Equity", "time (UTC)", "value of 1 invested").layout.xaxis.title.text
    'time (UTC)'
    """
    from plotly.graph_objects import Figure  # noqa: PLC0415 - a heavy import that few callers need

    figure = Figure()
    figure.update_layout(xaxis_title=x_label, yaxis_title=y_label)
    return _styled(figure, title)


def titled_panels(
    title: str,
    n_rows: int,
    n_columns: int = 1,
    *,
    heads: Sequence[str] = (),
    row_heights: Sequence[float] | None = None,
    shared: bool = False,
) -> "Figure":
    """Make an empty figure of several panels in the report's style.

    Parameters
    ----------
    title : str
        What it shows.
    n_rows, n_columns : int
        Panels below and beside each other.
    heads : sequence of str
        What stands over each panel, row by row; nothing without.
    row_heights : sequence of float or None
        Shares of the height; equal ones without.
    shared : bool
        Whether panels of one column share their horizontal axis.

    Returns
    -------
    plotly.graph_objects.Figure
        Without a trace.

    Examples
    --------
    >>> len(titled_panels("Residuals", 1, 2, heads=("over time", "by size")).layout.annotations)
    2
    """
    from plotly.subplots import make_subplots  # noqa: PLC0415 - a heavy import that few callers need

    figure = make_subplots(
        rows=n_rows, cols=n_columns, subplot_titles=list(heads) or None, row_heights=row_heights,
        shared_xaxes=shared, vertical_spacing=0.06 if shared else 0.34 / n_rows,
        horizontal_spacing=0.26 / n_columns,
    )  # fmt: skip
    return _styled(figure, title)


def _styled(figure: "Figure", title: str) -> "Figure":
    """Give a figure its title and the margins that hold it."""
    margin = {"l": 60, "r": 20, "t": 60, "b": 50}
    return figure.update_layout(template="plotly_white", title={"text": title, "x": 0.01}, margin=margin)

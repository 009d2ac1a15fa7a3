"""The final prediction beside what happened, as plotly figures for notebooks, kedro-viz and MLflow."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from topoquant.lib.reporting.figures.line_chart import thin
from topoquant.lib.reporting.figures.plotly_figures import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    titled_figure,
    titled_panels,
)
from topoquant.lib.reporting.formatting import Record, count, fraction
from topoquant.lib.reporting.outcomes import (
    average_precision,
    confusion,
    has_probability,
    precision_recall,
    value_columns,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MOST_POINTS, N_BINS, N_BARS, N_AVERAGED = 2000, 10, 40, 20
NO_PROBABILITY = "no probability of a label was predicted"


def predictions_figure(rows: pd.DataFrame) -> "Figure":
    """Draw what was predicted against what happened, on test rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `final_rows`; at most 2,000 of them are drawn, evenly spaced in time.

    Returns
    -------
    plotly.graph_objects.Figure
        A panel per target: the return after the fill against the probability with its mean in each
        tenth of the rows, and every number against its prediction with the diagonal.

    Examples
    --------
    >>> rows = pd.DataFrame({"p_label": [0.1, 0.9], "label": [0.0, 1.0], "ret": [-0.01, 0.02]})
    >>> [trace.name for trace in predictions_figure(rows).data]
    ['test rows', 'mean of each tenth']
    """
    values = value_columns(rows)
    with_label = has_probability(rows) and "ret" in rows.columns
    heads = [*(["return against the probability"] if with_label else []), *values]
    figure = titled_panels("Predictions against actual, test rows", 1, max(len(heads), 1), heads=heads)
    shown = rows.iloc[thin(len(rows), MOST_POINTS)]
    if with_label:
        _add_returns(figure, rows, shown)
    for column, name in enumerate(values, start=1 + with_label):
        _add_points(figure, shown[f"value_{name}"], shown[name], column, first=column == 1)
        ends = [float(shown[[name, f"value_{name}"]].min().min()), float(shown[f"value_{name}"].max())]
        line = {"color": ORANGE, "dash": "dash"}
        figure.add_scatter(x=ends, y=ends, mode="lines", line=line, name="equal", row=1, col=column)
        figure.update_xaxes(title_text=f"predicted {name} (fraction)", row=1, col=column)
        figure.update_yaxes(title_text=f"actual {name} (fraction)", row=1, col=column)
    return figure


def residuals_figure(rows: pd.DataFrame) -> "Figure":
    """Draw what is left after the prediction, on test rows: over time, and how it is spread.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `final_rows`, ascending in time.

    Returns
    -------
    plotly.graph_objects.Figure
        Two panels per target: means of 20 stretches of rows (label less probability, or actual less
        predicted), and the share of rows in 40 equal bins between the 0.5 % and the 99.5 % point.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"time": time, "p_label": 0.25, "label": [0.0, 1.0, 0.0, 0.0]})
    >>> [trace.type for trace in residuals_figure(rows).data]
    ['scatter', 'scatter', 'bar']
    """
    left = {name: rows[name] - rows[f"value_{name}"] for name in value_columns(rows)}
    if has_probability(rows):
        left = {"label": rows["label"] - rows["p_label"], **left}
    heads = [head for name in left for head in (f"{name}: mean over time", f"{name}: spread")]
    figure = titled_panels("Residuals, test rows", max(len(left), 1), 2, heads=heads)
    for row, (name, residual) in enumerate(left.items(), start=1):
        stretch = np.arange(len(rows)) * min(N_AVERAGED, len(rows)) // len(rows)
        mean, time = residual.groupby(stretch).mean(), rows["time"].groupby(stretch).min()
        zero = {"x": time.iloc[[0, -1]], "y": [0.0, 0.0], "line": {"color": GREY, "dash": "dash"}}
        figure.add_scatter(**zero, mode="lines", showlegend=False, row=row, col=1)
        style = {"mode": "lines+markers", "line": {"color": BLUE}, "showlegend": False}
        figure.add_scatter(x=time, y=mean, **style, row=row, col=1)
        _add_spread(figure, residual, row)
        what = "label less probability" if name == "label" else "actual less predicted (fraction)"
        figure.update_xaxes(title_text="time (UTC)", row=row, col=1)
        figure.update_yaxes(title_text=what, row=row, col=1)
        figure.update_xaxes(title_text=what, row=row, col=2)
        figure.update_yaxes(title_text="share of rows", row=row, col=2)
    return figure.update_layout(height=140 + 300 * max(len(left), 1))


def precision_recall_figure(rows: pd.DataFrame, point: Record) -> "Figure":
    """Draw precision against recall on test rows, and the point that was chosen on val.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `final_rows`.
    point : mapping
        What became of the operating point on test rows: threshold, precision, recall; recall None where
        nothing was signalled.

    Returns
    -------
    plotly.graph_objects.Figure
        One line, the rate of the label across it, and a mark; the average precision stands in the legend.

    Examples
    --------
    >>> rows = pd.DataFrame({"p_label": [0.9, 0.2], "label": [1.0, 0.0]})
    >>> figure = precision_recall_figure(rows, {"threshold": 0.5, "precision": 1.0, "recall": 1.0})
    >>> figure.data[0].name
    'final prediction, average precision 1.000'
    """
    figure = titled_figure("Precision and recall, test rows", "recall", "precision")
    if not has_probability(rows):
        return _empty(figure)
    curve = precision_recall(rows["label"], rows["p_label"])
    name = f"final prediction, average precision {fraction(average_precision(curve))}"
    drawn = curve.iloc[thin(len(curve), MOST_POINTS)]
    line = {"color": BLUE, "shape": "vh"}
    figure.add_scatter(
        x=drawn["recall"], y=drawn["precision"], customdata=drawn["threshold"], mode="lines", line=line,
        name=name, hovertemplate="threshold %{customdata:.3f}: precision %{y:.3f}, recall %{x:.3f}",
    )  # fmt: skip
    rate = float(rows["label"].mean())
    level = {"x": [0, 1], "y": [rate, rate], "line": {"color": GREY, "dash": "dash"}}
    figure.add_scatter(**level, mode="lines", name=f"rate of the label {fraction(rate)}")
    if point.get("recall") is not None and point.get("precision") is not None:
        figure.add_scatter(
            x=[point["recall"]], y=[point["precision"]], mode="markers",
            marker={"color": RED, "size": 12, "symbol": "diamond"},
            name=f"operating point, threshold {fraction(point['threshold'])}",
        )  # fmt: skip
    return figure.update_xaxes(range=[0, 1.02])


def confusion_figure(rows: pd.DataFrame, point: Record) -> "Figure":
    """Draw the four counts of signals and labels on test rows, at the threshold chosen on val.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `final_rows`.
    point : mapping
        threshold; None where none was chosen.

    Returns
    -------
    plotly.graph_objects.Figure
        Rows of test rows in a square, brighter where fewer.

    Examples
    --------
    >>> rows = pd.DataFrame({"p_label": [0.9, 0.2], "label": [1.0, 0.0]})
    >>> confusion_figure(rows, {"threshold": 0.5}).data[0].z.tolist()
    [[1, 0], [0, 1]]
    """
    figure = titled_figure("Confusion matrix at the operating point, test rows", "what was said", "what was")
    if not has_probability(rows) or point.get("threshold") is None:
        return _empty(figure)
    counted = confusion(rows["label"], rows["p_label"], point["threshold"])
    names = (("true_negative", "false_positive"), ("false_negative", "true_positive"))
    cells = np.array([[counted[name] for name in row] for row in names])
    share = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    text = [
        [f"{count(int(n))} rows, {fraction(part)}" for n, part in zip(*row, strict=True)]
        for row in zip(cells, share, strict=True)
    ]
    figure.add_heatmap(
        x=["no signal", "signal"], y=["label 0", "label 1"], z=cells, text=text, texttemplate="%{text}",
        colorscale=[[0.0, "#E8F1F8"], [1.0, "#6FAEDB"]], showscale=False, textfont={"color": "#1B1F24"},
        hovertemplate="%{y}, %{x}: %{text} of the row<extra></extra>",
    )  # fmt: skip
    return figure.update_yaxes(autorange="reversed")


def _add_returns(figure: "Figure", rows: pd.DataFrame, shown: pd.DataFrame) -> None:
    """Add returns against probabilities, and their mean in each tenth of all rows."""
    _add_points(figure, shown["p_label"], shown["ret"], 1, first=True)
    place = rows["p_label"].rank(method="first")
    tenth = ((place - 1) * min(N_BINS, len(rows)) // len(rows)).astype(int)
    means = rows[["p_label", "ret"]].groupby(tenth).mean()
    style = {"mode": "lines+markers", "line": {"color": ORANGE}, "name": "mean of each tenth"}
    figure.add_scatter(x=means["p_label"], y=means["ret"], **style, row=1, col=1)
    figure.update_xaxes(title_text="predicted probability", row=1, col=1)
    figure.update_yaxes(title_text="return from the fill to t1 (fraction)", row=1, col=1)


def _add_points(figure: "Figure", x: pd.Series, y: pd.Series, column: int, *, first: bool) -> None:
    """Add test rows as points."""
    marker = {"color": BLUE, "size": 4, "opacity": 0.35}
    figure.add_scatter(
        x=x, y=y, mode="markers", marker=marker, name="test rows", showlegend=first, row=1, col=column
    )


def _add_spread(figure: "Figure", residual: pd.Series, row: int) -> None:
    """Add the share of rows by residual; outermost rows are left out, the axis would be theirs."""
    low, high = np.nanquantile(residual, [0.005, 0.995])
    counts, edges = np.histogram(residual, bins=N_BARS, range=(low, max(high, low + 1e-12)))
    middle = (edges[1:] + edges[:-1]) / 2
    style = {"marker": {"color": GREEN}, "width": float(edges[1] - edges[0]), "showlegend": False}
    figure.add_bar(x=middle, y=counts / len(residual), **style, row=row, col=2)


def _empty(figure: "Figure") -> "Figure":
    """Say why there is nothing to draw."""
    return figure.add_annotation(
        text=NO_PROBABILITY, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper"
    )

"""How members learnt, side by side, as plotly figures for notebooks, kedro-viz and MLflow."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from topoquant.lib.reporting.figures.plotly_figures import (
    BLUE,
    COLOURS,
    GREY,
    ORANGE,
    titled_figure,
    titled_panels,
)
from topoquant.lib.reporting.formatting import Record

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FINAL = "final"
METRIC = "val_"
LOSS = "val_loss"
# Of a member's training record, and what stands under the columns.
SUMMARY = (
    ("fit_seconds", "time of all fits (s)"),
    ("best_epoch", "epoch or tree kept"),
    ("n_parameters", "parameters"),
    ("n_train_rows", "train rows"),
    ("gap", "loss gap, early stopping less train"),
)


def metrics_figure(training_records: Sequence[Record]) -> "Figure":
    """Draw every metric of every member's final fit by epoch, on its early-stopping rows.

    Parameters
    ----------
    training_records : sequence of mapping
        member and history (sequence of fold, epoch and `val_<metric>`).

    Returns
    -------
    plotly.graph_objects.Figure
        One panel per metric, one line per member that measured it; where nobody measured any, the
        loss on the same rows.

    Examples
    --------
    >>> epochs = [{"fold": "final", "epoch": 1, "val_loss": 0.7, "val_auc_label": 0.6}]
    >>> [trace.name for trace in metrics_figure([{"member": "nbeats", "history": epochs}]).data]
    ['nbeats']
    """
    histories = list(_final_fits(training_records))
    known = {
        str(name)
        for _, history in histories
        for name in history
        if str(name).startswith(METRIC) and history[name].notna().any()
    }
    names = sorted(known - {LOSS}) or [LOSS]
    heads = [name.removeprefix(METRIC).replace("_", " ", 1) for name in names]
    figure = titled_panels("Metrics on early-stopping rows, final fits", len(names), heads=heads)
    for i, (member, history) in enumerate(histories):
        line = {"color": COLOURS[i % len(COLOURS)]}
        drawn = [name for name in names if name in history and history[name].notna().any()]
        for name in drawn:
            figure.add_scatter(
                x=history["epoch"], y=history[name].astype(float), mode="lines+markers", line=line,
                name=member, legendgroup=member, showlegend=name == drawn[0], row=names.index(name) + 1,
                col=1,
            )  # fmt: skip
    for row, head in enumerate(heads, start=1):
        figure.update_yaxes(title_text=head.split(" ", maxsplit=1)[0], row=row, col=1)
        figure.update_xaxes(title_text="epoch or tree", row=row, col=1)
    return figure.update_layout(height=160 + 220 * len(names))


def rates_figure(training_records: Sequence[Record]) -> "Figure":
    """Draw the learning rate of every member's final fit by epoch.

    Parameters
    ----------
    training_records : sequence of mapping
        member and history (sequence of fold, epoch, learning_rate).

    Returns
    -------
    plotly.graph_objects.Figure
        One line per member that learns in rounds, on a log scale.

    Examples
    --------
    >>> epochs = [{"fold": "final", "epoch": 1, "learning_rate": 0.001}]
    >>> [trace.name for trace in rates_figure([{"member": "nbeats", "history": epochs}]).data]
    ['nbeats']
    """
    figure = titled_figure("Learning rates of the final fits", "epoch or tree", "learning rate")
    for i, (member, history) in enumerate(_final_fits(training_records)):
        if "learning_rate" in history:
            line = {"color": COLOURS[i % len(COLOURS)], "shape": "hv"}
            rate = history["learning_rate"].astype(float)
            figure.add_scatter(x=history["epoch"], y=rate, mode="lines", line=line, name=member)
    return figure.update_yaxes(type="log")


def summary_figure(training_records: Sequence[Record]) -> "Figure":
    """Draw what every member's training took and gave.

    Parameters
    ----------
    training_records : sequence of mapping
        member and, each optional, fit_seconds, best_epoch, n_parameters, n_train_rows and gap (of
        losses, as `gap` of a mapping of the same name).

    Returns
    -------
    plotly.graph_objects.Figure
        One panel of columns per quantity; a member without one has no column there.

    Examples
    --------
    >>> record = {"member": "nbeats", "fit_seconds": 9.2, "gap": {"gap": 0.09}}
    >>> [float(trace.x[0]) for trace in summary_figure([record]).data]
    [9.2, 0.09]
    """
    rows = [{**one, "gap": (one.get("gap") or {}).get("gap")} for one in training_records]
    heads = [title for name, title in SUMMARY if any(row.get(name) is not None for row in rows)]
    names = [name for name, title in SUMMARY if title in heads]
    figure = titled_panels("Training of every member", len(names), heads=heads)
    for row, name in enumerate(names, start=1):
        own = [(one["member"], one[name]) for one in rows if one.get(name) is not None]
        figure.add_bar(
            x=[value for _, value in own], y=[member for member, _ in own], orientation="h",
            marker={"color": BLUE}, showlegend=False, row=row, col=1,
        )  # fmt: skip
        figure.update_yaxes(autorange="reversed", row=row, col=1)
    return figure.update_layout(height=120 + (70 + 24 * len(rows)) * len(names))


def comparison_figure(training_records: Sequence[Record]) -> "Figure":
    """Draw every member's scores of every target: out of fold on train rows, and on val rows.

    Parameters
    ----------
    training_records : sequence of mapping
        member and scores (target, then train and val, then a metric: auc and log_loss of a label, rmse and
        mae of a value).

    Returns
    -------
    plotly.graph_objects.Figure
        One panel per target and metric; with several horizons, one row of panels each.

    Examples
    --------
    >>> scores = {"label": {"train": {"auc": 0.6}, "val": {"auc": 0.58}}}
    >>> figure = comparison_figure([{"member": "nbeats", "scores": scores}])
    >>> [(trace.name, float(trace.x[0])) for trace in figure.data]
    [('out of fold, train', 0.6), ('val', 0.58)]
    """
    found = pd.DataFrame(
        list(_scores(training_records)), columns=["target", "metric", "set", "member", "value"]
    )
    panels = list(dict.fromkeys(zip(found["target"], found["metric"], strict=True)))
    n_rows = max((len(panels) + 1) // 2, 1)
    heads = [f"{target}: {metric.replace('_', ' ')}" for target, metric in panels]
    figure = titled_panels("Members by target", n_rows, min(max(len(panels), 1), 2), heads=heads)
    for i, (target, metric) in enumerate(panels):
        own = found.loc[(found["target"] == target) & (found["metric"] == metric)]
        for name, label, colour in (("train", "out of fold, train", GREY), ("val", "val", ORANGE)):
            rows = own.loc[own["set"] == name]
            figure.add_scatter(
                x=rows["value"], y=rows["member"], mode="markers", marker={"color": colour, "size": 9},
                name=label, legendgroup=name, showlegend=i == 0, row=i // 2 + 1, col=i % 2 + 1,
            )  # fmt: skip
        figure.update_yaxes(autorange="reversed", showticklabels=i % 2 == 0, row=i // 2 + 1, col=i % 2 + 1)
    return figure.update_layout(height=160 + 200 * n_rows)


def _scores(training_records: Sequence[Record]) -> Iterator[tuple[Any, ...]]:
    """Yield target, metric, set, member and value; r2 repeats what rmse says."""
    for record in training_records:
        for target, by_set in (record.get("scores") or {}).items():
            for name, metrics in by_set.items():
                for metric, value in metrics.items():
                    if metric != "r2" and value is not None:
                        yield target, metric, name, record["member"], value


def _final_fits(training_records: Sequence[Record]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield member and history of the final fit, of those that learn in rounds."""
    for record in training_records:
        if record.get("history"):
            history = pd.DataFrame(list(record["history"]))
            yield record["member"], history.loc[history["fold"].astype(str) == FINAL]

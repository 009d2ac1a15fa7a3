"""What models lean on, as plotly figures: features, members and earlier bars."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from topoquant.lib.reporting.figures.plotly_figures import BLUE, GREY, titled_panels
from topoquant.lib.reporting.formatting import Record

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

N_SHOWN = 30
ROW_HEIGHT, FRAME_HEIGHT = 17, 130


def importance_figure(importances: Mapping[str, pd.DataFrame]) -> "Figure":
    """Draw the 30 most important features of every model that has them.

    Parameters
    ----------
    importances : mapping of str to pandas.DataFrame
        Name of the model and, of `feature_importance`, feature and importance (share of the whole),
        descending. Tables without rows are left out.

    Returns
    -------
    plotly.graph_objects.Figure
        One panel of bars per model, the most important on top; a word where no model has any.

    Examples
    --------
    >>> table = pd.DataFrame({"feature": ["rsi_last", "atr_mean"], "importance": [0.75, 0.25]})
    >>> importance_figure({"lightgbm": table}).data[0].y.tolist()
    ['rsi_last', 'atr_mean']
    """
    shown = {name: table.head(N_SHOWN) for name, table in importances.items() if len(table)}
    n_of = {name: len(importances[name]) for name in shown}
    heads = [f"{name}: {len(table)} of {n_of[name]} columns" for name, table in shown.items()]
    figure = titled_panels("Feature importance (top 30)", max(len(shown), 1), heads=heads)
    if not shown:
        return _say(figure, "no model of this run has importances: neither trees nor coefficients")
    for row, table in enumerate(shown.values(), start=1):
        figure.add_bar(
            x=table["importance"], y=table["feature"], orientation="h", marker={"color": BLUE},
            showlegend=False, row=row, col=1,
        )  # fmt: skip
        figure.update_yaxes(autorange="reversed", automargin=True, dtick=1, row=row, col=1)
        figure.update_xaxes(title_text="share of the saved loss, or of the slopes", row=row, col=1)
    heights = [FRAME_HEIGHT + ROW_HEIGHT * len(table) for table in shown.values()]
    return figure.update_layout(height=60 + sum(heights))


def weights_figure(choices: Record) -> "Figure":
    """Draw what each candidate for the final prediction lost on val, and the weights of the stack.

    Parameters
    ----------
    choices : mapping
        Of the ensemble: final (name, log_loss by candidate) and stack (weights by member), each optional.

    Returns
    -------
    plotly.graph_objects.Figure
        Weights of the stacked logits on the left, log-losses on the right, the chosen one in colour.

    Examples
    --------
    >>> choices = {"final": {"name": "mean", "log_loss": {"mean": 0.5, "nbeats": 0.6}},
    ...            "stack": {"intercept": -0.1, "weights": {"nbeats": 0.4}}}
    >>> [list(trace.y) for trace in weights_figure(choices).data]
    [['nbeats'], ['mean', 'nbeats']]
    """
    final, stack = choices.get("final") or {}, choices.get("stack") or {}
    weights, losses = stack.get("weights") or {}, final.get("log_loss") or {}
    heads = ["weights of the stack", f"candidates, chosen: {final.get('name', 'none')}"]
    figure = titled_panels("Ensemble", 1, 2, heads=heads)
    if not weights and not losses:
        return _say(figure, "nothing was stacked: one prediction was given")
    bar = {"orientation": "h", "showlegend": False, "row": 1}
    figure.add_bar(x=list(weights.values()), y=list(weights), marker={"color": BLUE}, **bar, col=1)
    colours = [BLUE if name == final.get("name") else GREY for name in losses]
    figure.add_bar(x=list(losses.values()), y=list(losses), marker={"color": colours}, **bar, col=2)
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(title_text="weight of the member's logit", row=1, col=1)
    figure.update_xaxes(title_text="log-loss on the first half of val (nats)", row=1, col=2)
    return figure


def attention_figure(training_records: Sequence[Record]) -> "Figure":
    """Draw what every layer of attention looks at.

    Parameters
    ----------
    training_records : sequence of mapping
        member and, of those that attend, attention: of `attention_maps`.

    Returns
    -------
    plotly.graph_objects.Figure
        One heat map per member and layer, columns where the last token alone looks; a word where none
        attends. Tokens of a transformer are the bars of its window, 0 the oldest.

    Examples
    --------
    >>> layer = {"layer": "blocks.0", "n_tokens": 2, "n_rows": 9, "weights": [[1.0, 0.0], [0.5, 0.5]]}
    >>> figure = attention_figure([{"member": "trend", "attention": [layer]}])
    >>> figure.data[0].type, figure.layout.annotations[0].text
    ('heatmap', 'trend, blocks.0')
    """
    layers = [(one["member"], layer) for one in training_records for layer in one.get("attention", ())]
    heads = [f"{member}, {layer['layer'].removesuffix('.attention')}" for member, layer in layers]
    n_rows = max((len(layers) + 1) // 2, 1)
    title = "Attention on val rows, mean of rows and heads"
    figure = titled_panels(title, n_rows, min(max(len(layers), 1), 2), heads=heads)
    if not layers:
        return _say(figure, "no member of this run has attention")
    for k, (_, layer) in enumerate(layers):
        _add_attention(figure, layer, {"row": k // 2 + 1, "col": k % 2 + 1}, first=k == 0)
    return figure.update_layout(height=140 + 340 * n_rows)


def _add_attention(figure: "Figure", layer: Record, place: dict[str, int], *, first: bool) -> None:
    """Add one layer; tokens that were put together are named by the first of them."""
    weights = np.asarray(layer["weights"])
    tokens = np.linspace(0, layer["n_tokens"], weights.shape[1] + 1).astype(int)[:-1]
    figure.update_xaxes(title_text="token looked at", **place)
    if len(weights) == 1:
        figure.add_bar(x=tokens, y=weights[0], marker={"color": BLUE}, showlegend=False, **place)
        figure.update_yaxes(title_text="weight, the last token looks", **place)
        return
    figure.add_heatmap(
        z=weights, x=tokens, y=tokens, colorscale="Viridis", showscale=first,
        colorbar={"title": {"text": "weight"}}, **place,
        hovertemplate="token %{y} looks at token %{x}: %{z:.4f}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(title_text="token that looks", autorange="reversed", **place)


def _say(figure: "Figure", text: str) -> "Figure":
    """Say why there is nothing to draw."""
    return figure.add_annotation(text=text, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")

"""How the fits of one member went, as a plotly figure for notebooks and previews in kedro-viz."""

from typing import TYPE_CHECKING

import pandas as pd

from topoquant.lib.reporting.figures.plotly_figures import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FINAL = "final"
FAINT = 0.35
# Column of the history, its name, its colour and its dash.
LOSSES = (("train_loss", "train", ORANGE, "dot"), ("val_loss", "early stopping", BLUE, "solid"))
STEPS = (("learning_rate", "learning rate"), ("gradient_norm", "norm of the gradient"))


def history_figure(history: pd.DataFrame) -> "Figure":
    """Draw losses, learning rate and norm of the gradient by epoch.

    Parameters
    ----------
    history : pandas.DataFrame
        Of a training: `fold` ("final" or a number), `epoch` (or the number of a tree), `train_loss`,
        `val_loss`, `learning_rate` and, of networks, `gradient_norm`; numbers may be missing.

    Returns
    -------
    plotly.graph_objects.Figure
        The losses above, then a panel for each other column that is known; the final fit in full, those
        of the folds faint. Empty without an epoch.

    Examples
    --------
    >>> epochs = [{"fold": "final", "epoch": 1, "train_loss": 0.69, "val_loss": 0.7, "learning_rate": 0.001}]
    >>> [trace.name for trace in history_figure(pd.DataFrame(epochs)).data]
    ['train', 'early stopping', 'learning rate']
    """
    from plotly.subplots import make_subplots  # noqa: PLC0415 - a heavy import that few callers need

    known = [(column, name) for column, name in STEPS if column in history and history[column].notna().any()]
    figure = make_subplots(rows=1 + len(known), cols=1, shared_xaxes=True, vertical_spacing=0.08)
    # The final fit on top of the others.
    folds = (
        sorted(history["fold"].drop_duplicates(), key=lambda one: str(one) == FINAL) if len(history) else []
    )
    for fold in folds:
        rows = history.loc[history["fold"] == fold]
        for column, name, colour, dash in LOSSES:
            _add_line(figure, rows, column, name, {"color": colour, "dash": dash}, panel=1)
        for panel, (column, name) in enumerate(known, start=2):
            _add_line(figure, rows, column, name, {"color": GREY}, panel=panel)
    figure.update_yaxes(title_text="loss", row=1, col=1)
    for panel, (_, name) in enumerate(known, start=2):
        figure.update_yaxes(title_text=name, row=panel, col=1)
    figure.update_xaxes(title_text="epoch", row=1 + len(known), col=1)
    title = {"text": "Losses and steps of every fit", "x": 0.01}
    figure.update_layout(template="plotly_white", title=title, margin={"l": 60, "r": 20, "t": 60, "b": 50})
    return figure


def _add_line(
    figure: "Figure", rows: pd.DataFrame, column: str, name: str, line: dict[str, str], *, panel: int
) -> None:
    """Add one fit's line; a fold's is faint and has no key."""
    fold = rows["fold"].iloc[0]
    is_final = str(fold) == FINAL
    figure.add_scatter(
        x=rows["epoch"], y=rows[column].astype(float), mode="lines", line=line, row=panel, col=1,
        name=name if is_final else f"{name}, fold {fold}", opacity=1.0 if is_final else FAINT,
        showlegend=is_final and panel == 1,
    )  # fmt: skip

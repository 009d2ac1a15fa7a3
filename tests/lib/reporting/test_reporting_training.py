"""The figure of a training: losses, and the panels that its columns allow."""

import pandas as pd

from topoquant.lib.reporting import history_figure


def history(**columns) -> pd.DataFrame:
    rows = [
        {"fold": fold, "epoch": epoch, "train_loss": 1 / epoch, "val_loss": 2 / epoch}
        for fold in ("0", "final", "1")
        for epoch in (1, 2, 3)
    ]
    return pd.DataFrame(rows).assign(**columns)


def test_a_network_has_losses_rate_and_norm_with_its_final_fit_on_top():
    figure = history_figure(history(learning_rate=0.001, gradient_norm=[None, *[1.0] * 8]))
    losses = [trace for trace in figure.data if trace.yaxis == "y"]
    assert [trace.name for trace in losses[-2:]] == ["train", "early stopping"]
    assert list(losses[-1].y) == [2.0, 1.0, 2 / 3]
    assert {trace.yaxis for trace in figure.data} == {"y", "y2", "y3"}
    assert [trace.opacity for trace in losses] == [0.35] * 4 + [1.0] * 2
    assert sum(bool(trace.showlegend) for trace in figure.data) == 2


def test_what_is_not_known_has_no_panel():
    figure = history_figure(history(learning_rate=None))
    assert {trace.yaxis for trace in figure.data} == {"y"}
    assert len(history_figure(pd.DataFrame(columns=["fold", "epoch", "train_loss", "val_loss"])).data) == 0

"""Figures say what they show, and every one can be drawn as a picture."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from topoquant.lib.errors import InputError
from topoquant.lib.reporting import (
    attention_figure,
    comparison_figure,
    confusion_figure,
    draw_png,
    equity_figure,
    importance_figure,
    loss_figure,
    metrics_figure,
    precision_recall_figure,
    predictions_figure,
    rates_figure,
    residuals_figure,
    search_figure,
    summary_figure,
    walk_figure,
    weights_figure,
)
from topoquant.lib.reporting.figures.plotly_figures import titled_figure
from topoquant.lib.reporting.figures.png_traces import stored_values

TIME = pd.date_range("2024-01-01", periods=300, freq="15min", tz="UTC")
POINT = {"threshold": 0.6, "precision": 0.5, "recall": 0.4}
ATTENTION = [
    {"layer": "blocks.0.attention", "n_tokens": 5, "n_rows": 9, "weights": np.tril(np.ones((5, 5))).tolist()},
    {"layer": "blocks.1.attention", "n_tokens": 5, "n_rows": 9, "weights": [[0.2] * 5]},
]
CHOICES = {
    "final": {"name": "stack", "log_loss": {"nbeats": 0.6, "stack": 0.5}},
    "stack": {"intercept": 0.0, "weights": {"nbeats": 0.4}},
}


def training_records():
    epochs = [
        {"fold": "final", "epoch": k, "train_loss": 0.7 / k, "val_loss": 0.7, "learning_rate": 0.1 / k}
        for k in (1, 2, 3)
    ]
    network = [{**one, "val_auc_label": 0.5 + 0.01 * one["epoch"]} for one in epochs]
    scores = {"label": {"train": {"auc": 0.6, "log_loss": 0.5}, "val": {"auc": 0.58, "log_loss": 0.6}}}
    about = {"fit_seconds": 3.0, "best_epoch": 2, "n_train_rows": 90, "gap": {"gap": 0.1}, "scores": scores}
    return [
        {"member": "nbeats", "history": network, "n_parameters": 1000, **about},
        {"member": "lightgbm", "history": epochs, "n_parameters": None, **about},
        {"member": "majority", "history": [], "fit_seconds": 0.1},
    ]


def rows(seed=0):
    draws = np.random.default_rng(seed)
    table = pd.DataFrame({"symbol": "SYN", "time": TIME, "p_label": draws.random(len(TIME))})
    table["label"] = (draws.random(len(TIME)) < table["p_label"]).astype(float)
    table["ret"] = draws.normal(0, 0.01, len(TIME))
    table["value_logret_1"], table["logret_1"] = draws.normal(0, 0.01, (2, len(TIME)))
    return table


def figures():
    walk = 1 + np.random.default_rng(0).normal(0, 0.01, len(TIME)).cumsum()
    low, high = walk - 0.1, walk + 0.1
    equity = {"time": TIME, "net": walk, "hold": walk[::-1], "random_low": low, "random_high": high}
    importance = pd.DataFrame({"feature": [f"feature_{k}" for k in range(40)], "importance": 1 / 40})
    return {
        "equity": equity_figure(pd.DataFrame(equity)),
        "loss": loss_figure(training_records()),
        "metrics": metrics_figure(training_records()),
        "rates": rates_figure(training_records()),
        "summary": summary_figure(training_records()),
        "comparison": comparison_figure(training_records()),
        "predictions": predictions_figure(rows()),
        "residuals": residuals_figure(rows()),
        "precision_recall": precision_recall_figure(rows(), POINT),
        "confusion": confusion_figure(rows(), POINT),
        "importance": importance_figure({"lightgbm": importance}),
        "weights": weights_figure(CHOICES),
        "attention": attention_figure([{"member": "trend", "attention": ATTENTION}]),
        "walk": walked(),
        "search": searched({"options.l2": 0.8, "fit.learning_rate": 0.2}),
    }


def walked(symbols=("SYN",)):
    start = TIME[:300:100]
    windows = pd.DataFrame({"window": range(3), "start": start, "end": start + pd.Timedelta("24h")})
    windows = windows.assign(auc=0.52, auc_low=0.48, auc_high=0.56)
    importance = pd.DataFrame({"window": range(3), "feature": ["rsi", "atr", "rsi"], "importance": 1.0})
    path = pd.DataFrame({"time": TIME, "equity": 1.1, "hold": 0.9, "random_low": 0.8, "random_high": 1.2})
    equity = pd.concat([path.assign(symbol=symbol) for symbol in symbols])
    return walk_figure(windows, importance, equity)


def searched(importance):
    states = ["complete", "pruned", "refused", "complete"]
    trials = pd.DataFrame({"number": range(4), "state": states, "loss": [0.69, 0.71, np.nan, 0.68]})
    return search_figure(trials, importance, untuned_loss=0.7)


@pytest.fixture(scope="module")
def drawn():
    return figures()


def test_every_figure_has_a_title_and_labelled_axes(drawn):
    for name, figure in drawn.items():
        assert figure.layout.title.text, name
        axes = [axis for axis in figure.select_xaxes() if axis.title.text]
        heads = [note.text for note in figure.layout.annotations]
        assert axes or heads, name


def test_every_panel_of_a_walk_and_of_a_search_says_what_its_axes_are(drawn):
    for figure in (drawn["walk"], drawn["search"], searched({})):
        assert all(axis.title.text for axis in figure.select_xaxes())
        named = {trace.yaxis or "y" for trace in figure.data if isinstance(trace.y[0], str)}
        for axis in figure.select_yaxes():
            place = axis.plotly_name.replace("axis", "")
            assert bool(axis.title.text) != (place in named), place


def test_symbols_of_a_walk_are_told_apart_and_its_band_has_a_name():
    figure = walked(("BTC", "ETH"))
    lines = {trace.name: trace.line.dash for trace in figure.data if "net of costs" in (trace.name or "")}
    assert lines == {"BTC net of costs": "solid", "ETH net of costs": "dash"}
    bands = list(figure.select_traces({"fill": "tonexty"}))
    assert [(trace.name, trace.showlegend) for trace in bands] == [
        ("BTC random entries", None),
        ("ETH random entries", None),
    ]


def test_a_trial_without_a_loss_has_no_mark():
    assert [trace.name for trace in searched({}).data] == ["complete", "pruned", "best so far", "not tuned"]


def test_every_figure_is_a_picture_that_shows_something(drawn):
    # One of each kind; the system tests save every figure of a run.
    for name in ("equity", "residuals", "comparison", "confusion", "importance", "attention", "walk"):
        figure = drawn[name]
        pixels = imread(BytesIO(draw_png(figure)), format="png")
        assert pixels.shape[1] == 990, name
        # White paper, and ink on it well inside the margins.
        assert (pixels[0, 0, :3] == 1).all(), name
        assert (pixels[150:-100, 150:-50, :3] < 0.9).any(), name


def test_equal_figures_give_equal_pictures():
    assert draw_png(equity_figure(pd.DataFrame({"time": TIME, "net": 1.0, "hold": 1.1}))) == draw_png(
        equity_figure(pd.DataFrame({"time": TIME, "net": 1.0, "hold": 1.1}))
    )


def test_a_picture_of_what_it_cannot_draw_is_refused():
    figure = titled_figure("shares", "", "").add_pie(values=[1, 2])
    with pytest.raises(InputError, match=r"type of trace must be one of scatter.*got pie"):
        draw_png(figure)


def test_thirty_features_are_drawn_the_best_first(drawn):
    (bars,) = drawn["importance"].data
    assert list(bars.y) == [f"feature_{k}" for k in range(30)]
    assert "30 of 40" in drawn["importance"].layout.annotations[0].text


def test_metrics_fall_back_to_the_loss_where_none_was_measured():
    without = [{**one, "history": one["history"]} for one in training_records()[1:]]
    assert [trace.name for trace in metrics_figure(without).data] == ["lightgbm"]
    assert "loss" in metrics_figure(without).layout.annotations[0].text


def test_a_member_that_does_not_learn_in_rounds_is_left_out_of_curves():
    assert {trace.name for trace in rates_figure(training_records()).data} == {"nbeats", "lightgbm"}


def test_without_a_probability_decisions_say_so():
    values = rows().drop(columns="p_label")
    for figure in (precision_recall_figure(values, POINT), confusion_figure(values, {"threshold": None})):
        assert not figure.data
        assert "no probability" in figure.layout.annotations[0].text
    assert [trace.name for trace in predictions_figure(values).data] == ["test rows", "equal"]


def test_residuals_of_a_perfect_prediction_are_zero():
    perfect = rows()[["time", "logret_1"]].assign(value_logret_1=lambda table: table["logret_1"])
    mean = next(trace for trace in residuals_figure(perfect).data if trace.mode == "lines+markers")
    assert np.allclose(mean.y, 0.0)


def test_times_are_read_in_utc_however_they_are_stored():
    seoul = TIME.tz_convert("Asia/Seoul")
    for stored in (TIME, seoul, [str(one) for one in seoul]):
        assert (stored_values(stored) == TIME.tz_localize(None).to_numpy()).all()

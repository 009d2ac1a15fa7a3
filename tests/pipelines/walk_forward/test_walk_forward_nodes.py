"""A walk of one member, traded and drawn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topoquant.datasets.tried import TrackedTrials
from topoquant.schemas import PREDICTIONS


@pytest.fixture(scope="module")
def walk(run_beside, parameters, made, tmp_path_factory):
    walking = replace(parameters["trigger"]["walk_forward"], n_past=700, n_test=200)
    # A walk tests rows that the thinned study has no topology of.
    keys = made("features_tabular")[["symbol", "time"]]
    columns = made("features_tda_columns")
    tda = np.random.default_rng(0).normal(size=(len(keys), len(columns))).astype(np.float32)
    return run_beside(
        "walk_forward", "walk_lightgbm", walk_forward=walking, walk_lightgbm=tmp_path_factory.mktemp("walk"),
        tried=TrackedTrials("trigger", ("this walk",), tracked=False),
        features_tda=tda, features_tda_index=keys,
    )  # fmt: skip


def test_every_window_is_tested_on_rows_of_its_own(walk, made):
    predictions, windows = walk["walk_predictions_lightgbm"], walk["walk_windows_lightgbm"]
    PREDICTIONS.validate(predictions.drop(columns=["window", "threshold", "lower", "label", "uniqueness"]))
    assert len(windows) >= 2
    assert not predictions.duplicated(["symbol", "time"]).any()
    assert set(predictions["set"]) == {"test"}
    assert (windows["start"].to_numpy()[1:] > windows["end"].to_numpy()[:-1]).all()
    assert predictions.groupby("window").size().tolist() == windows["n"].tolist()
    assert set(predictions["time"]) <= set(made("features_tabular")["time"])


def test_a_walk_counts_as_the_one_trial_it_is(walk, made):
    scores = walk["walk_scores_lightgbm"]
    assert scores["own"] == ["this walk"]
    assert scores["market"] == made("trials")["market"]
    assert scores["n"] == len(walk["walk_predictions_lightgbm"])


def test_one_account_trades_all_windows(walk, run_beside):
    traded = run_beside("walk_forward", "trade_walk_lightgbm", **walk)
    equity = traded["walk_equity_lightgbm"]
    assert isinstance(traded["walk_trades_lightgbm"], pd.DataFrame)
    assert equity["time"].is_monotonic_increasing
    figure = run_beside("walk_forward", "draw_walk_lightgbm", **walk, **traded)["figure_walk_lightgbm"]
    auc = next(trace for trace in figure.data if trace.name == "AUC")
    assert len(auc.y) == len(walk["walk_windows_lightgbm"])


def test_a_window_that_chose_no_level_is_not_traded(walk, run_beside):
    silent = walk["walk_predictions_lightgbm"].assign(threshold=float("nan"))
    traded = run_beside("walk_forward", "trade_walk_lightgbm", **walk | {"walk_predictions_lightgbm": silent})
    assert traded["walk_trades_lightgbm"].empty

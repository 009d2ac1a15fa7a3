"""Importances read from files are those of the libraries that wrote them."""

import json

import lightgbm
import numpy as np
import pytest
import xgboost

from topoquant.lib.errors import InputError
from topoquant.lib.training import feature_importance

DRAWS = np.random.default_rng(0)
X = DRAWS.normal(size=(400, 6))
Y = (X[:, 1] + 0.5 * X[:, 4] + DRAWS.normal(size=400) > 0).astype(float)
OPTIONS = {"heads": [{"name": "label"}], "channel_names": ["rsi"], "static_names": ["hour"]}


def files(name, text):
    return {"options.json": json.dumps(OPTIONS).encode(), name: text.encode()}


def test_lightgbm_is_read_as_it_counts_itself():
    options = {"objective": "binary", "num_leaves": 7, "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(X, Y), num_boost_round=10)
    table = feature_importance(files("booster_label.txt", booster.model_to_string())).set_index("feature")
    gain = booster.feature_importance("gain")
    names = ["rsi_last", "rsi_mean", "rsi_std", "rsi_trend", "rsi_momentum", "hour"]
    assert np.allclose(table.loc[names, "importance"], gain / gain.sum(), rtol=1e-4)
    assert table.index[0] == "rsi_mean"


def test_xgboost_is_read_as_it_counts_itself():
    options = {"objective": "binary:logistic", "max_depth": 3, "nthread": 1}
    booster = xgboost.train(options, xgboost.DMatrix(X, Y), num_boost_round=10)
    table = feature_importance(files("booster_label.json", booster.save_raw("json").decode()))
    gain = booster.get_score(importance_type="total_gain")
    best = max(gain.values()) / sum(gain.values())
    assert table["feature"][0] == "rsi_mean"
    assert table["importance"][0] == pytest.approx(best, rel=1e-4)
    assert table["importance"].sum() == pytest.approx(1.0)


def test_a_line_counts_by_the_size_of_its_slopes():
    line = {"label": {"intercept": 0.0, "slopes": [0, 0, 0, 0, -3.0, 1.0]}}
    table = feature_importance(files("coefficients.json", json.dumps(line)))
    assert table.head(2).values.tolist() == [["rsi_momentum", 0.75], ["hour", 0.25]]


@pytest.mark.parametrize("text", ["{}", '{"label": 0.1}'])
def test_what_has_no_columns_has_no_importance(text):
    assert feature_importance(files("coefficients.json", text)).empty
    assert feature_importance(
        {"options.json": json.dumps(OPTIONS).encode(), "weights.safetensors": b""}
    ).empty


def test_files_without_options_are_refused():
    with pytest.raises(InputError, match=r"options\.json"):
        feature_importance({"booster_label.txt": b""})

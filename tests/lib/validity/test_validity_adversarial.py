"""Silent on stationary noise, which shuffled rows give away; a shifted column is named."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from topoquant.lib.errors import InputError
from topoquant.lib.validity import adversarial_validation, roc_auc

N, N_TRAIN = 2400, 2000
TIME = pd.date_range("2024", periods=N, freq="15min", tz="UTC")
LATER = np.arange(N) >= N_TRAIN
OPTIONS = {"gap": pd.Timedelta("6h"), "n_blocks": 8}


def noise(seed: int, persistence: float = 0.95, n_columns: int = 6) -> pd.DataFrame:
    """Stationary columns that remember: an indicator over many bars, say."""
    shocks = np.random.default_rng(seed).standard_normal((N + 500, n_columns))
    values = lfilter([1], [1, -persistence], shocks, axis=0)[500:] * np.sqrt(1 - persistence**2)
    return pd.DataFrame(values).add_prefix("x")


def validate(features, **kwargs):
    return adversarial_validation(features, TIME, is_later=LATER, **{**OPTIONS, **kwargs})


def test_stationary_noise_is_silent_though_shuffled_rows_give_it_away():
    shuffled, alarms = [], []
    for seed in range(14):
        features = noise(seed)
        alarms.append(validate(features).status == "warning")
        if seed < 3:
            folds = KFold(5, shuffle=True, random_state=0)
            guess = cross_val_predict(
                KNeighborsClassifier(5), features, LATER, cv=folds, method="predict_proba"
            )
            shuffled.append(roc_auc(LATER, guess[:, 1]))
    assert np.mean(shuffled) > 0.9
    assert sum(alarms) <= 1


def test_trending_columns_are_silent_though_they_tell_any_two_blocks_apart():
    for seed in range(5):
        features = noise(seed)
        features["trend"] = np.arange(N) + features["x0"]
        features["price"] = np.random.default_rng(seed).standard_normal(N).cumsum()
        check = validate(features)
        assert check.status == "ok", check.finding
        assert check.numbers["usual_auc"] > 0.8
        folds = KFold(5, shuffle=True, random_state=0)
        guess = cross_val_predict(
            KNeighborsClassifier(5), features[["trend"]], LATER, cv=folds, method="predict_proba"
        )
        assert roc_auc(LATER, guess[:, 1]) > 0.96


@pytest.mark.parametrize("trending", [False, True])
def test_a_shifted_column_is_named_also_beside_a_trend(trending):
    n_named = 0
    for seed in range(10):
        features = noise(seed, persistence=0.3)
        features.loc[LATER, "x3"] += 1.5
        if trending:
            features["trend"] = np.arange(N)
        check = validate(features)
        n_named += check.status == "warning" and next(iter(check.numbers["columns"])) == "x3"
        assert "trend" not in check.numbers["columns"]
    assert n_named == 10
    assert "x3" in check.finding


def test_a_column_that_only_spreads_is_named():
    features = noise(0, persistence=0.0)
    features.loc[LATER, "x2"] *= 4
    check = validate(features)
    assert list(check.numbers["columns"]) == ["x2"]


def test_a_flag_that_was_constant_is_named_and_a_constant_is_not():
    features = noise(0).assign(constant=1.0, flag=LATER.astype(int), empty=np.nan, word="up")
    check = validate(features)
    assert list(check.numbers["columns"]) == ["flag"]
    assert check.numbers["n_columns"] == 9
    json.dumps(check.to_dict(), allow_nan=False)


def test_neither_order_of_rows_nor_scale_nor_missing_values_matter():
    features = noise(1, persistence=0.3)
    features.loc[LATER, "x3"] += 1.5
    check = validate(features)
    order = np.random.default_rng(0).permutation(N)
    again = adversarial_validation(
        1000 * features.iloc[order] + 7, TIME[order], is_later=LATER[order], **OPTIONS
    )
    assert again.numbers["train_aucs"] == pytest.approx(check.numbers["train_aucs"])
    assert again.numbers["columns"] == pytest.approx(check.numbers["columns"])
    gaps = features.mask(np.random.default_rng(0).random(features.shape) < 0.05)
    assert list(validate(gaps).numbers["columns"]) == ["x3"]


def test_rows_before_a_cut_are_left_out():
    """What the bars of the gap hold changes nothing: they share windows with the next half."""
    features = noise(2)
    check = validate(features)
    n_gap = int(OPTIONS["gap"] / (TIME[1] - TIME[0]))
    for cut in (N_TRAIN - N_TRAIN // 8 // 2, N_TRAIN, (N_TRAIN + N) // 2):
        changed = features.copy()
        changed.iloc[cut - n_gap : cut] = 99.0
        assert validate(changed).numbers["auc"] == check.numbers["auc"]
        changed.iloc[cut - n_gap - 1] = 99.0
        assert validate(changed).numbers["auc"] != check.numbers["auc"]


@pytest.mark.parametrize(
    "refused",
    [
        lambda: validate(noise(0), n_blocks=3),
        lambda: validate(noise(0), gap=pd.Timedelta("5D")),
        lambda: validate(noise(0)[[]]),
        lambda: adversarial_validation(noise(0), TIME, is_later=~LATER, **OPTIONS),
        lambda: adversarial_validation(noise(0), TIME, is_later=np.zeros(N), **OPTIONS),
        lambda: adversarial_validation(noise(0), TIME[:-1], is_later=LATER, **OPTIONS),
    ],
)
def test_refusals(refused):
    with pytest.raises(InputError):
        refused()

"""Everything fitted is blind to test bars, and where it is not, the check names what has seen them."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars.synthetic import synthetic_bars
from topoquant.lib.ensemble import EnsembleOptions
from topoquant.lib.indicators import BlindOptions, IndicatorOptions
from topoquant.lib.labeling import TriggerOptions
from topoquant.lib.models import LightGBMOptions, LogisticOptions
from topoquant.lib.sampling import SplitOptions, samples_from_arrays
from topoquant.lib.training import BlindFitOptions, FastPathOptions, blindness, fit_fingerprints, member
from topoquant.lib.training.facts import training_facts
from topoquant.lib.validity import (
    CalibrationOptions,
    OperatingPointOptions,
    check_blindness,
    garbage_bars,
)

ARTIFACTS = {
    *("splits", "target", "preprocessing", "lightgbm", "logistic"),
    *("out_of_fold", "choices", "calibrator", "operating_point"),
}


def options(**split) -> BlindFitOptions:
    label = {"threshold": None, "rate": 0.2} if not split else {"threshold": 0.004, "rate": None}
    path = FastPathOptions(
        interval="15m",
        split=SplitOptions(**{"train": 0.6, "val": 0.2, "n_folds": 2, "embargo": None} | split),
        label=TriggerOptions(horizon=2, side="up", **label),
        indicators=IndicatorOptions(
            sets=("price",), rsi_period=3, macd_fast=2, macd_slow=4, macd_signal=2, band_period=3,
            band_width=2.0, atr_period=3, momentum_period=2, volume_period=3, functions=(),
        ),
        blind=BlindOptions(half_lives=(3,), volume_half_life=3, n_lags=1),
        model=LightGBMOptions(
            n_trees=4, learning_rate=0.2, n_leaves=4, min_rows_per_leaf=10, max_bins=15, feature_fraction=1.0,
            row_fraction=1.0, l2=1.0, patience=4, validation_fraction=0.1, n_threads=1,
        ),
        window=4,
        n_rows=300,
    )  # fmt: skip
    return BlindFitOptions(
        path=path,
        logistic=LogisticOptions(l2=1.0, n_iterations=20),
        ensemble=EnsembleOptions(candidates=("stack", "mean", "best_single"), ridge=0.001, min_rarer=2),
        calibration=CalibrationOptions(n_blocks=2),
        operating_point=OperatingPointOptions(min_recall=0.1, min_signals=5),
    )


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    return synthetic_bars("regime", n_bars=1200, seed=1).bars


@pytest.mark.parametrize("split", [{}, {"kind": "stratified", "n_val_blocks": 2}])
def test_garbage_for_test_bars_changes_no_bit_of_what_is_fitted(bars, split):
    check = check_blindness(partial(fit_fingerprints, bars, options=options(**split), seed=0))
    assert check.status == "ok", check.finding
    assert set(check.numbers["honest"]) == ARTIFACTS


@pytest.mark.parametrize(
    ("name", "leak", "seen"),
    [
        ("fit_target", "threshold", {"target", "lightgbm", "calibrator"}),
        ("indicators", "scaling", {"preprocessing", "lightgbm", "out_of_fold"}),
        ("choose_operating_point", "operating point", {"operating_point"}),
    ],
)
def test_what_has_seen_test_bars_is_named(bars, monkeypatch, name, leak, seen):
    honest = getattr(blindness, name)

    def on_all_rows(bars, times, **asked):
        return honest(bars, bars["open_time"] + pd.Timedelta("15min"), **asked)

    def scaled_by_all_rows(bars, *asked, **more):
        made = honest(bars, *asked, **more)
        columns = [one for one in made if one not in ("symbol", "time")]
        return made.assign(**{one: made[one] - made[one].mean() for one in columns})

    def moved_by_test_rows(predictions, targets, asked):
        point = honest(predictions, targets, asked)
        return point | {"threshold": point["threshold"] + float(leaked[0]["close"].iloc[-1])}

    leaked = []
    original = blindness.split_bars
    monkeypatch.setattr(
        blindness, "split_bars", lambda some, *a, **k: (leaked.insert(0, some), original(some, *a, **k))[1]
    )
    leaks = {
        "threshold": on_all_rows,
        "scaling": scaled_by_all_rows,
        "operating point": moved_by_test_rows,
    }
    monkeypatch.setattr(blindness, name, leaks[leak])
    check = check_blindness(partial(fit_fingerprints, bars, options=options(), seed=0))
    assert check.status == "leak"
    assert seen <= set(check.numbers["changed"])
    assert "splits" not in check.numbers["changed"]


def scaled_by_all(values):
    return (values - np.nanmean(values, axis=0)) / np.maximum(np.nanstd(values, axis=0), 1e-9)


def least_spread_left_out(values):
    spread = np.nanstd(values, axis=0) / np.maximum(np.nanmean(np.abs(values), axis=0), 1e-9)
    return np.where(spread > spread.min(), values, 0.0)


@pytest.mark.parametrize("wrong", [scaled_by_all, least_spread_left_out])
def test_fits_of_a_run_that_look_at_test_rows_are_named(bars, monkeypatch, wrong):
    honest = member.fit_folds

    def fit_folds(model, samples, *asked, **more):
        inputs = {"static": samples.static, "sequence": samples.sequence}
        made = {name: wrong(values) for name, values in inputs.items() if values is not None}
        return honest(model, replace(samples, **made), *asked, **more)

    monkeypatch.setattr(member, "fit_folds", fit_folds)
    check = check_blindness(partial(fit_fingerprints, bars, options=options(), seed=0))
    assert check.status == "leak"
    assert {"lightgbm", "logistic", "out_of_fold"} & set(check.numbers["changed"])
    assert not {"splits", "target"} & set(check.numbers["changed"])


def test_garbage_is_bars_again_and_leaves_the_rest(bars):
    late = np.arange(len(bars)) >= 1000
    made = garbage_bars(bars, late, seed=0)
    pd.testing.assert_frame_equal(made[~late], bars[~late])
    assert (made.loc[late, "close"] != bars.loc[late, "close"]).all()
    assert (made["high"] >= made[["open", "close"]].max(axis=1)).all()
    assert (made["low"] <= made[["open", "close"]].min(axis=1)).all()
    assert (made.dtypes == bars.dtypes).all()


def test_a_training_writes_down_its_rates_and_its_head():
    time = np.arange("2024-01-01", "2024-01-07", dtype="datetime64[D]")
    samples = samples_from_arrays(time=time, t1=time, targets={"label": [0, 1, 0, 0, 0, 1]})
    predictions = pd.DataFrame({"set": ["train"] * 4 + ["val"] * 2, "logit_label": [0.0, 0, 2, 2, 1, 1]})
    facts = training_facts(samples, predictions)
    assert facts["train_rate"] == pytest.approx(2 / 6)
    assert facts["logit_mean"] == {"train": 1.0, "val": 1.0}
    assert facts["logit_std"] == {"train": 1.0, "val": 0.0}
    assert (facts["sampled_rate"], facts["focal_alpha"], facts["focal_gamma"]) == (None, None, 0.0)
    assert "train_rate" not in training_facts(samples, predictions.drop(columns="logit_label"))

"""Everything fitted is blind to test bars, and where it is not, the check names what has seen them."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars.synthetic import synthetic_bars
from topoquant.lib.ensemble import AdaptationOptions, AuditorOptions, BoostedStackOptions, EnsembleOptions
from topoquant.lib.indicators import BlindOptions, IndicatorOptions
from topoquant.lib.labeling import TriggerOptions
from topoquant.lib.models import LightGBMOptions, LogisticOptions
from topoquant.lib.regimes import RegimeOptions
from topoquant.lib.sampling import SplitOptions, samples_from_arrays
from topoquant.lib.training import (
    BlindFitOptions,
    FastPathOptions,
    blindness,
    fast_path,
    fit_fingerprints,
    member,
)
from topoquant.lib.training.facts import training_facts
from topoquant.lib.validity import (
    CalibrationOptions,
    OperatingPointOptions,
    check_blindness,
    garbage_bars,
)

ARTIFACTS = {
    *("splits", "target", "preprocessing", "lightgbm", "logistic"),
    *("out_of_fold", "stacks", "candidates", "choices", "calibrator", "operating_point"),
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
        ensemble=EnsembleOptions(
            candidates=("stack", "boosted_stack", "adaptive", "mean", "best_single"),
            ridge=0.001,
            min_rarer=2,
            boosted=BoostedStackOptions(
                n_trees=5,
                max_depth=3,
                n_leaves=8,
                learning_rate=0.1,
                min_rows_per_leaf=5,
                l1=1.0,
                n_threads=1,
            ),
            adaptation=AdaptationOptions(window=50, half_life=20, rate=0.5),
        ),
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
    module = fast_path if name == "indicators" else blindness
    honest = getattr(module, name)

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
    monkeypatch.setattr(module, name, leaks[leak])
    check = check_blindness(partial(fit_fingerprints, bars, options=options(), seed=0))
    assert check.status == "leak"
    assert seen <= set(check.numbers["changed"])
    assert "splits" not in check.numbers["changed"]


REGIMES = RegimeOptions(
    inputs={"efficiency": [12], "log_volatility": [8.0], "log_return": []},
    hmm={
        "n_states": 3, "covariance": "diag", "n_starts": 1, "n_short": 2, "n_iterations": 5, "tolerance": 1e-3
    },
    rules={
        "order": ["volatile", "trending", "mean_reverting"], "period": 12, "fast_period": 4,
        "variance_horizon": 2, "volatility_ratio": 1.5, "momentum_to_noise": 1.5, "trend_variance_ratio": 0.9,
        "autocorrelation": -0.02, "reversion_variance_ratio": 0.9, "band_width": 2.0,
    },
    min_agreement=0.5,
)  # fmt: skip


@pytest.mark.parametrize("wrong", [False, True])
def test_regimes_that_were_fitted_on_test_bars_reach_the_stacks_and_are_named(bars, monkeypatch, wrong):
    honest = blindness.fit_regimes
    if wrong:
        monkeypatch.setattr(
            blindness,
            "fit_regimes",
            lambda some, splits, *a, **k: honest(
                some, splits.assign(set="train", fold=splits["fold"].where(splits["fold"] >= 0, 1)), *a, **k
            ),
        )
    asked = options()
    asked = replace(asked, regimes=REGIMES, ensemble=replace(asked.ensemble, regimes=True))
    check = check_blindness(partial(fit_fingerprints, bars, options=asked, seed=0))
    assert check.status == ("leak" if wrong else "ok"), check.finding
    if wrong:
        assert {"stacks", "candidates", "choices"} <= set(check.numbers["changed"])
        assert not {"splits", "target", "lightgbm", "logistic"} & set(check.numbers["changed"])


def test_outcomes_that_count_before_they_are_known_are_named(bars, monkeypatch):
    honest = blindness.outcomes_of

    def latest_first(targets):
        """Every outcome counts from the first bar on, the test rows' above all."""
        made = honest(targets).sort_values("time")
        return made.assign(available_at=made["time"].min() + np.arange(len(made)) * pd.Timedelta("1ns"))

    monkeypatch.setattr(blindness, "outcomes_of", latest_first)
    monkeypatch.setattr(blindness, "resolved_losses", without_checking_t1(blindness.resolved_losses))
    check = check_blindness(partial(fit_fingerprints, bars, options=options(), seed=0))
    assert check.status == "leak"
    assert {"candidates", "choices"} <= set(check.numbers["changed"])
    assert not {"splits", "target", "lightgbm", "stacks"} & set(check.numbers["changed"])


def without_checking_t1(honest):
    def losses(tables, outcomes):
        first = next(iter(tables.values()))
        t1 = outcomes[["symbol", "time"]].merge(first[["symbol", "time", "t1"]], how="left")["t1"]
        made = honest(tables, outcomes.assign(available_at=t1.to_numpy())[t1.notna().to_numpy()])
        early = outcomes.set_index(["symbol", "time"])["available_at"]
        return made.drop(columns="available_at").join(early, on=["symbol", "time"])

    return losses


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


def audited_options() -> BlindFitOptions:
    auditor = AuditorOptions(
        share=0.4, kept=0.5, min_rarer=2, n_trees=5, learning_rate=0.2, max_depth=2, min_child_weight=1,
        max_bins=15, feature_fraction=1.0, row_fraction=1.0, l2=1.0, patience=3, validation_fraction=0.1,
        n_threads=1,
    )  # fmt: skip
    return replace(options(), auditor=auditor)


def test_the_auditor_is_blind_too_and_named_where_it_is_not(bars, monkeypatch):
    audited = {"auditor", "auditor_trees", "audits"}
    check = check_blindness(partial(fit_fingerprints, bars, options=audited_options(), seed=0))
    assert check.status == "ok", check.finding
    assert set(check.numbers["honest"]) == ARTIFACTS | audited
    honest = blindness.audit_signals

    def centred_on_all_rows(predictions, *asked, **more):
        logit = predictions["logit_label"]
        return honest(predictions.assign(logit_label=logit - logit.mean()), *asked, **more)

    monkeypatch.setattr(blindness, "audit_signals", centred_on_all_rows)
    check = check_blindness(partial(fit_fingerprints, bars, options=audited_options(), seed=0))
    assert check.status == "leak"
    assert set(check.numbers["changed"]) <= audited
    assert "auditor" in check.numbers["changed"]

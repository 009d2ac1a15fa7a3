"""Conformal intervals: exact on exchangeable rows, blind to what is not known yet."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.ensemble import conformal_coverage, conformal_intervals
from topoquant.lib.ensemble.conformal import conformal_rank, conformal_scores
from topoquant.lib.ensemble.conformal_coverage import coverage_by_month
from topoquant.lib.errors import InputError

HOUR = pd.Timedelta("1h")


def rows_of(truth, scale=1.0, value=0.0, horizon=1):
    time = pd.date_range("2024-01-01", periods=len(truth), freq="h", tz="UTC", unit="ns")
    frame = {"time": time, "t1": time + horizon * HOUR, "value": value, "truth": truth, "scale": scale}
    return pd.DataFrame(frame)


@pytest.mark.parametrize(("n", "miscoverage"), [(19, 0.1), (25, 0.2), (60, 0.05)])
def test_marginal_coverage_is_exact_on_exchangeable_rows(n, miscoverage):
    """The next row lies within as often as ceil((n + 1)(1 - miscoverage)) / (n + 1) says, not more."""
    n_draws = 4000
    rng = np.random.default_rng(n)
    scale = rng.lognormal(size=(n_draws, n + 1))
    errors = rng.standard_t(3, size=(n_draws, n + 1)) * scale
    held = 0
    calibration = np.arange(n + 1) < n
    for one, size in zip(errors, scale, strict=True):
        scores = np.sort(conformal_scores(np.zeros(n), one[:n], size[:n]))
        held += abs(one[n]) <= scores[conformal_rank(n, miscoverage=miscoverage) - 1] * size[n]
    exact = math.ceil((n + 1) * (1 - miscoverage) - 1e-9) / (n + 1)
    assert abs(held / n_draws - exact) < 3.3 * math.sqrt(exact * (1 - exact) / n_draws)
    # And the function that is used gives these very bounds.
    found = conformal_intervals(
        rows_of(errors[0], scale[0]), is_calibration=calibration, miscoverage=miscoverage, online=False
    )
    scores = np.sort(np.abs(errors[0, :n]) / scale[0, :n])
    assert found["high"].iloc[n] == pytest.approx(
        scores[conformal_rank(n, miscoverage=miscoverage) - 1] * scale[0, n]
    )


def test_the_finite_sample_quantile_is_that_of_the_definition():
    for n in range(1, 200):
        for miscoverage in (0.01, 0.05, 0.1, 0.2, 0.5):
            exact = math.ceil(round((n + 1) * (100 - round(100 * miscoverage))) / 100)
            assert conformal_rank(n, miscoverage=miscoverage) == exact


def test_too_few_scores_bound_nothing_and_are_reported():
    truth = np.linspace(-1, 1, 12)
    found = conformal_intervals(
        rows_of(truth), is_calibration=np.arange(12) < 8, miscoverage=0.1, online=False
    )
    assert np.isinf(found["high"]).all()
    assert found["n_scores"].iloc[-1] == 8
    counted = coverage_by_month(
        rows_of(truth).assign(uniqueness=1.0, low=found["low"], high=found["high"]), level=0.9
    )[-1]
    assert (counted["n_infinite"], counted["coverage"], counted["median_width"]) == (12, None, None)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), cut=st.integers(20, 55), horizon=st.integers(1, 6), online=st.booleans())
def test_an_interval_depends_on_no_outcome_after_its_time(seed, cut, horizon, online):
    rng = np.random.default_rng(seed)
    rows = rows_of(rng.normal(size=60), rng.lognormal(size=60), horizon=horizon)
    asked = {"is_calibration": np.arange(60) < 20, "miscoverage": 0.2, "online": online}
    found = conformal_intervals(rows, **asked)
    other = rows.copy()
    unknown = other["t1"] > rows["time"].iloc[cut]
    other.loc[unknown, "truth"] = 1e6
    again = conformal_intervals(other, **asked)
    pd.testing.assert_frame_equal(found.iloc[: cut + 1], again.iloc[: cut + 1], check_exact=True)
    # Row order carries nothing.
    order = rng.permutation(60)
    shuffled = conformal_intervals(
        rows.iloc[order], is_calibration=order < 20, miscoverage=0.2, online=online
    ).sort_index()
    pd.testing.assert_frame_equal(found, shuffled, check_exact=True)


def test_updating_follows_a_market_whose_errors_grow():
    rng = np.random.default_rng(3)
    errors = rng.normal(size=3000) * np.where(np.arange(3000) < 1000, 1.0, 2.0)
    is_test = np.arange(3000) >= 1000
    covered = {}
    for online in (False, True):
        found = conformal_intervals(rows_of(errors), is_calibration=~is_test, miscoverage=0.1, online=online)
        inside = (errors >= found["low"]) & (errors <= found["high"])
        covered[online] = inside[is_test].mean()
    assert covered[False] < 0.65
    assert covered[True] > covered[False] + 0.08


def test_dividing_by_volatility_holds_where_a_constant_width_does_not():
    rng = np.random.default_rng(4)
    scale = np.where(np.arange(2000) < 1000, 1.0, 3.0)
    errors = rng.normal(size=2000) * scale
    asked = {"is_calibration": np.arange(2000) < 1000, "miscoverage": 0.1, "online": False}
    for size, low, high in ((scale, 0.87, 0.93), (1.0, 0.3, 0.6)):
        found = conformal_intervals(rows_of(errors, size), **asked)
        inside = ((errors >= found["low"]) & (errors <= found["high"]))[1000:].mean()
        assert low < inside < high


def study_of(n=400):
    rng = np.random.default_rng(5)
    time = pd.date_range("2024-01-01", periods=n, freq="6h", tz="UTC", unit="ns")
    keys = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("6h")})
    part = np.repeat(["train", "val", "test"], [n // 4, n // 4, n // 2])
    predictions = keys.assign(set=part, value_max_pct=0.02, value_logret_4=0.0)
    targets = keys.assign(
        max_pct=np.abs(rng.normal(0.02, 0.02, n)), logret_4=rng.normal(size=n), uniqueness=0.5
    )[part != "train"]
    return predictions, targets, keys[["symbol", "time"]].assign(scale=1.0)


def test_coverage_is_counted_on_test_rows_alone_and_month_by_month():
    predictions, targets, scale = study_of()
    found = conformal_coverage(predictions, targets, scale, miscoverage=0.1, level=0.95)
    assert set(found) == {"max_pct", "logret_4"}
    months = found["logret_4"]["online"]
    assert months[-1]["month"] == "all"
    assert sum(one["n"] for one in months[:-1]) == months[-1]["n"] == 200
    assert months[-1]["effective_n"] == pytest.approx(100)
    assert found["logret_4"]["n_calibration"] == 50
    assert months[-1]["coverage_low"] < 0.9 < months[-1]["coverage_high"]
    # A fraction lies in [0, 1], whatever the width: half of the interval below 0 is cut off.
    assert found["max_pct"]["fixed"][-1]["median_width"] < 0.09
    gone = conformal_coverage(predictions, targets, scale.iloc[:-20], miscoverage=0.1, level=0.95)
    assert gone["max_pct"]["n_left_out"] == 20
    assert conformal_coverage(predictions.iloc[:, :4], targets, scale, miscoverage=0.1, level=0.9) == {}


def test_bad_sizes_and_unequal_columns_are_refused():
    with pytest.raises(InputError, match="positive and finite, got 0 in 1 rows"):
        conformal_intervals(
            rows_of([1.0, 2.0], [0.0, 1.0]), is_calibration=[True, True], miscoverage=0.1, online=False
        )
    with pytest.raises(InputError, match="equally long"):
        conformal_scores([0.0], [0.0, 1.0], [1.0, 1.0])
    with pytest.raises(InputError, match="miscoverage"):
        conformal_rank(10, miscoverage=1.0)
    predictions, targets, scale = study_of()
    with pytest.raises(InputError, match="max_pct"):
        conformal_coverage(predictions, targets.drop(columns="max_pct"), scale, miscoverage=0.1, level=0.9)

"""Calibration and the operating point."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from topoquant.lib.errors import InputError
from topoquant.lib.validity import (
    calibration_curve,
    choose_threshold,
    cox_slope_intercept,
    expected_calibration_error,
)

RNG = np.random.default_rng(0)
LOGIT = RNG.normal(-2, 1.5, 4000)
LABEL = (RNG.random(4000) < expit(LOGIT)).astype(float)


def hours(n):
    return pd.date_range("2024", periods=n, freq="h", tz="UTC")


def test_calibrated_forecasts_have_slope_one_and_small_error():
    slope, intercept = cox_slope_intercept(LABEL, LOGIT)
    assert slope == pytest.approx(1, abs=0.1)
    assert intercept == pytest.approx(0, abs=0.15)
    assert expected_calibration_error(LABEL, expit(LOGIT), n_bins=10) < 0.02


def test_cox_fit_equals_an_unpenalised_logistic_regression():
    slope, intercept = cox_slope_intercept(LABEL, 3 * LOGIT + 1)
    oracle = LogisticRegression(penalty=None, solver="newton-cholesky", tol=1e-10).fit(
        (3 * LOGIT + 1)[:, None], LABEL
    )
    assert slope == pytest.approx(oracle.coef_[0, 0], rel=1e-4)
    assert intercept == pytest.approx(oracle.intercept_[0], rel=1e-3)


@pytest.mark.parametrize(
    ("label", "logit"), [([0, 0], [1.0, 2.0]), ([0, 1], [1.0, 1.0]), ([0, 0, 1, 1], [1.0, 2.0, 3.0, 4.0])]
)
def test_cox_fit_that_does_not_exist_is_nan(label, logit):
    assert np.isnan(cox_slope_intercept(label, logit)).all()


def test_error_of_a_constant_is_its_distance_from_the_rate():
    assert expected_calibration_error([0, 0, 0, 1], [0.75] * 4, n_bins=10) == pytest.approx(0.5)


def test_bins_hold_all_rows_in_equal_counts():
    curve = calibration_curve(LABEL, expit(LOGIT), n_bins=8)
    assert curve["n"].tolist() == [500] * 8
    assert curve["probability"].is_monotonic_increasing
    assert (curve["rate_low"] <= curve["rate"]).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=1, max_size=25),
    st.sampled_from([0.0, 0.3, 0.7]),
    st.integers(1, 6),
)
def test_threshold_equals_trying_all(rows, min_recall, min_signals):
    label, score = np.array(rows, float).T
    point = choose_threshold(
        label, score / 8, np.full(len(label), 0.5), hours(len(label)),
        min_recall=min_recall, min_signals=min_signals,
    )  # fmt: skip
    tried = []
    for threshold in np.unique(score):
        signal = score >= threshold
        if label.sum() and label[signal].sum() / label.sum() >= min_recall and signal.sum() >= min_signals:
            tried.append((label[signal].mean(), int(signal.sum()), threshold / 8))
    if not tried:
        assert point.threshold is None
    else:
        assert (point.precision, point.n_signals, point.threshold) == pytest.approx(max(tried))
        assert point.effective_n == pytest.approx(0.5 * point.n_signals)
        assert point.precision_low <= point.precision <= point.precision_high + 1e-12


def test_less_uniqueness_widens_the_interval():
    label, score = [1, 1, 1, 0] * 10, np.linspace(1, 0, 40)
    unique = choose_threshold(label, score, np.ones(40), hours(40), min_recall=0.9, min_signals=1)
    shared = choose_threshold(label, score, np.full(40, 0.1), hours(40), min_recall=0.9, min_signals=1)
    assert shared.precision_low < unique.precision_low


@pytest.mark.parametrize(
    "refused",
    [
        lambda: calibration_curve([0, 1], [0.1, 1.2], n_bins=2),
        lambda: calibration_curve([0, 1], [0.1, 0.2], n_bins=0),
        lambda: choose_threshold([0, 1], [0.1, 0.2], [1, 1], hours(2), min_recall=20, min_signals=1),
    ],
)
def test_refusals(refused):
    with pytest.raises(InputError):
        refused()

"""Sharpe ratios against the numbers their authors printed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.validity import (
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_ratio,
    sharpe_statistics,
)

PAPER = {"n_observations": 1250, "skew": -3, "kurtosis": 10}


def test_deflated_sharpe_ratio_of_the_paper():
    """Bailey and Lopez de Prado (2014): annual SR 2.5, 5 years, 100 trials of variance 1/2."""
    daily = 2.5 / np.sqrt(250)
    assert round(expected_maximum_sharpe(100, 0.5 / 250), 4) == 0.1132
    assert round(deflated_sharpe_ratio(daily, n_trials=100, trial_variance=0.5 / 250, **PAPER), 4) == 0.9004
    normal = {"n_observations": 1250, "skew": 0, "kurtosis": 3}
    assert deflated_sharpe_ratio(daily, n_trials=88, trial_variance=0.5 / 250, **normal) == pytest.approx(
        0.9505, abs=5e-4
    )


def test_probabilistic_sharpe_ratio_of_the_paper():
    """Bailey and Lopez de Prado (2012): two years of months, SR 0.458, skew -2.448, kurtosis 10.164."""
    assert round(probabilistic_sharpe_ratio(0.458, n_observations=24, skew=0, kurtosis=3), 3) == 0.982
    assert (
        round(probabilistic_sharpe_ratio(0.458, n_observations=24, skew=-2.448, kurtosis=10.164), 3) == 0.913
    )


def test_minimum_track_record_of_the_paper():
    """Same paper: daily SR of an annual 2 against 1 needs 2.73 years of normal daily returns."""
    daily = minimum_track_record_length(2 / np.sqrt(252), benchmark=1 / np.sqrt(252), skew=0, kurtosis=3)
    assert round(daily / 252, 2) == 2.73
    assert minimum_track_record_length(-0.1, skew=0, kurtosis=3) == np.inf


@given(st.floats(0.01, 0.5), st.floats(-1, 1), st.floats(2.5, 9))
def test_track_record_is_where_the_probability_reaches_its_level(sharpe, skew, kurtosis):
    length = minimum_track_record_length(sharpe, skew=skew, kurtosis=kurtosis)
    above = probabilistic_sharpe_ratio(sharpe, n_observations=int(length) + 2, skew=skew, kurtosis=kurtosis)
    assert above >= 0.95
    if length > 4:
        below = probabilistic_sharpe_ratio(
            sharpe, n_observations=int(length) - 1, skew=skew, kurtosis=kurtosis
        )
        assert below <= 0.95


def test_trial_variance_is_at_least_one_over_t():
    floored = deflated_sharpe_ratio(0.1, n_trials=10, trial_variance=0.0, **PAPER)
    assert floored == deflated_sharpe_ratio(0.1, n_trials=10, trial_variance=1 / 1250, **PAPER)
    assert floored < deflated_sharpe_ratio(0.1, n_trials=1, trial_variance=0.0, **PAPER)


def test_expected_maximum_is_that_of_simulated_trials():
    trials = np.random.default_rng(0).standard_normal((20_000, 50)).max(axis=1).mean()
    assert expected_maximum_sharpe(50, 1.0) == pytest.approx(trials, abs=0.03)


def test_statistics_hang_together():
    returns = np.random.default_rng(0).standard_t(5, 500) * 0.01 + 0.001
    found = sharpe_statistics(returns, n_trials=5, trial_variance=0.0)
    assert found.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))
    assert found.trial_variance == 1 / 500
    assert found.dsr < found.psr
    assert found.kurtosis > 3
    assert sharpe_statistics(np.zeros(9), n_trials=1, trial_variance=0.0).to_dict()["dsr"] is None
    assert np.isnan(sharpe_ratio([0.1, 0.1, 0.1]))


@pytest.mark.parametrize(
    "refused",
    [
        lambda: sharpe_ratio([0.1, np.nan]),
        lambda: probabilistic_sharpe_ratio(0.1, n_observations=1, skew=0, kurtosis=3),
        lambda: probabilistic_sharpe_ratio(0.1, n_observations=99, skew=0, kurtosis=0.0),
        lambda: expected_maximum_sharpe(0, 1.0),
        lambda: minimum_track_record_length(0.1, skew=0, kurtosis=3, alpha=95),
        lambda: sharpe_statistics([0.1], n_trials=1, trial_variance=0.0),
    ],
)
def test_refusals(refused):
    with pytest.raises(InputError):
        refused()

"""Sharpe ratios against the numbers their authors printed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from topoquant.lib.errors import InputError
from topoquant.lib.validity import (
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_backtest_length,
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


@pytest.mark.parametrize(("benchmark", "probability"), [(0.0, 0.987), (0.1, 0.939)])
def test_convention_of_2025_takes_the_variance_at_the_benchmark(benchmark, probability):
    """Lopez de Prado, Lipton and Zoonekynd (2025): 24 months of mean .036 and standard deviation .079."""
    track = {"skew": -2.448, "kurtosis": 10.164, "convention": "2025"}
    sharpe = 0.036 / 0.079
    found = probabilistic_sharpe_ratio(sharpe, benchmark=benchmark, n_observations=24, **track)
    assert round(found, 3) == probability
    assert round(minimum_track_record_length(sharpe, **track), 3) == 13.029


def test_convention_of_2025_deflates_by_the_variance_of_a_maximum():
    """The maximum of 10 normals has a variance of .3443 (tables of order statistics); of one, 1."""
    daily = 2.5 / np.sqrt(250)
    new = {"trial_variance": 0.5 / 250, "convention": "2025", **PAPER}
    z = norm.ppf(deflated_sharpe_ratio(daily, n_trials=10, **new))
    hurdle = expected_maximum_sharpe(10, 0.5 / 250)
    alone = norm.ppf(probabilistic_sharpe_ratio(daily, benchmark=hurdle, convention="2025", **PAPER))
    assert (alone / z) ** 2 == pytest.approx(0.3443, abs=1e-4)
    assert deflated_sharpe_ratio(daily, n_trials=1, **new) == pytest.approx(
        probabilistic_sharpe_ratio(daily, convention="2025", **PAPER)
    )
    returns = np.random.default_rng(0).normal(0.1, 1, 400)
    old = sharpe_statistics(returns, n_trials=9, trial_variance=0.0)
    assert sharpe_statistics(returns, n_trials=9, trial_variance=0.0, convention="2025").dsr != old.dsr


def test_minimum_backtest_length_of_the_paper():
    """Bailey et al. (2014): five years of data carry no more than 45 trials, annual ratio 1."""
    assert round(minimum_backtest_length(1.0, n_trials=45), 2) == 5.0
    assert minimum_backtest_length(1.0, n_trials=1) == 0
    for n_trials in (2, 10, 1000):
        length = minimum_backtest_length(0.5, n_trials=n_trials)
        assert length < 2 * np.log(n_trials) / 0.5**2
        # A record of that length is one whose best trial is expected to show that ratio.
        assert expected_maximum_sharpe(n_trials, 1 / length) == pytest.approx(0.5)


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
        lambda: minimum_backtest_length(0.0, n_trials=3),
        lambda: probabilistic_sharpe_ratio(0.1, n_observations=9, skew=0, kurtosis=3, convention="2019"),
    ],
)
def test_refusals(refused):
    with pytest.raises(InputError):
        refused()

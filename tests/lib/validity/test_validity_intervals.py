"""Block bootstrap and proportions: hand examples, a slow oracle, and coverage on simulated noise."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import roc_auc_score

from topoquant.lib.errors import InputError
from topoquant.lib.validity import (
    block_bootstrap_weights,
    block_length,
    block_starts,
    bootstrap_auc,
    bootstrap_bounds,
    bootstrap_interval,
    bootstrap_mean,
    log_loss,
    roc_auc,
    row_log_loss,
    timing_statistics,
)


def times(n_times, n_symbols=1):
    grid = pd.date_range("2024-01-01", periods=n_times, freq="15min", tz="UTC")
    return np.repeat(grid, n_symbols) if n_symbols > 1 else grid


def test_block_is_ten_horizons_or_a_day():
    assert block_length(4, "15m") == 96
    assert block_length(12, "15m") == 120
    assert block_length(1, "1d") == 10


def test_weights_are_circular_blocks_cut_to_length():
    starts = block_starts(7, block=3, seed=3, n_resamples=50)
    weights = block_bootstrap_weights(7, block=3, seed=3, n_resamples=50)
    for row, weight in zip(starts, weights, strict=True):
        drawn = [(start + offset) % 7 for start in row for offset in range(3)][:7]
        assert np.bincount(drawn, minlength=7).tolist() == weight.tolist()


def test_seed_repeats_and_matters():
    first, again, other = (block_starts(90, block=9, seed=seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def weighted_auc(label, score, weight):
    won = (score[:, None] > score[None, :]) + 0.5 * (score[:, None] == score[None, :])
    pairs = weight[:, None] * weight[None, :] * (label[:, None] == 1) * (label[None, :] == 0)
    return (won * pairs).sum() / pairs.sum()


def test_fast_auc_equals_the_slow_oracle_with_ties_and_symbols():
    rng = np.random.default_rng(0)
    label, score = rng.integers(0, 2, 120), rng.integers(0, 6, 120).astype(float)
    time = rng.permutation(times(60, 2))
    fast = bootstrap_auc(time, label, score, block=5, seed=4, n_resamples=60)
    slow = bootstrap_interval(
        time, lambda weight: weighted_auc(label, score, weight), block=5, seed=4, n_resamples=60
    )
    np.testing.assert_allclose(fast, slow, rtol=1e-12)
    assert fast.value == pytest.approx(roc_auc_score(label, score))


def test_fast_mean_equals_the_slow_oracle():
    rng = np.random.default_rng(1)
    time, value = times(50, 3)[10:], rng.standard_normal(140)
    fast = bootstrap_mean(time, value, block=8, seed=4, n_resamples=80)
    slow = bootstrap_interval(time, lambda w: w @ value / w.sum(), block=8, seed=4, n_resamples=80)
    np.testing.assert_allclose(fast, slow, rtol=1e-10)


def test_rows_of_one_time_are_drawn_together():
    """Doubling every row says nothing new, so the interval must not narrow."""
    value = np.random.default_rng(2).standard_normal(300)
    once = bootstrap_mean(times(300), value, block=10, seed=0)
    twice = bootstrap_mean(times(300, 2), np.repeat(value, 2), block=10, seed=0)
    np.testing.assert_allclose(once, twice, rtol=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3)), min_size=2, max_size=40))
def test_auc_equals_sklearn(rows):
    label, score = np.array(rows).T
    if label.min() == label.max():
        assert np.isnan(roc_auc(label, score))
    else:
        assert roc_auc(label, score) == pytest.approx(roc_auc_score(label, score))
        assert roc_auc(label, -score) == pytest.approx(1 - roc_auc(label, score))


def test_log_loss_equals_sklearn_and_stays_finite():
    label, probability = [0, 1, 1, 0], [0.2, 0.9, 0.4, 0.01]
    assert log_loss(label, probability) == pytest.approx(sklearn_log_loss(label, probability))
    assert np.isfinite(row_log_loss([1, 0], [0.0, 1.0])).all()


def test_one_sided_bound_fails_in_about_one_of_a_hundred_noise_series():
    """Heavy-tailed noise under an overlapping position, 10 and 30 blocks; 600 series each."""
    rng = np.random.default_rng(7)
    for n_times, at_most in ((960, 14), (2880, 14)):
        n_false = 0
        for seed in range(600):
            entry = rng.choice([-1.0, 0.0, 1.0], n_times + 3)
            position = np.convolve(entry, np.full(4, 0.25), "valid")
            series = (position - position.mean()) * rng.standard_t(4, n_times)
            starts = block_starts(n_times, block=96, seed=seed, n_resamples=400)
            sums = np.concatenate([[0.0], np.cumsum(np.tile(series, 2))])
            means = (sums[starts + 96] - sums[starts]).sum(axis=1) / n_times
            bounds = bootstrap_bounds(series.mean(), means, n_blocks=n_times / 96, sided=1)
            n_false += bounds.low > 0
        assert n_false <= at_most


def test_two_sided_interval_covers_an_autocorrelated_mean():
    rng = np.random.default_rng(3)
    n_covered = 0
    for seed in range(200):
        noise = np.convolve(rng.standard_normal(1009), np.ones(10), "valid")
        interval = bootstrap_mean(times(1000), noise, block=50, seed=seed, level=0.95, n_resamples=300)
        n_covered += not interval.excludes(0.0)
    assert n_covered >= 180


def test_fewer_than_two_blocks_say_nothing():
    interval = bootstrap_mean(times(100), np.ones(100), block=96, seed=0)
    assert interval.value == 1.0
    assert np.isnan([interval.low, interval.high]).all()
    assert not interval.excludes(0.0)
    series = pd.Series(np.ones(100), index=times(100))
    assert np.isnan(timing_statistics(series, block=96, seed=0).lower)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: block_starts(10, block=0, seed=0),
        lambda: roc_auc([0, 2], [0.1, 0.2]),
        lambda: roc_auc([0, 1], [0.1, np.nan]),
        lambda: roc_auc([0, 1], [0.1]),
        lambda: row_log_loss([0, 1], [0.5, 2.0]),
        lambda: bootstrap_mean(times(3), [0.0, np.nan, 1.0], block=1, seed=0),
    ],
)
def test_refusals(refused):
    with pytest.raises(InputError):
        refused()

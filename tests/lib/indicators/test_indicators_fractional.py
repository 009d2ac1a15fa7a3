"""Fractional differences beside their plain definition, and the order that a test of stationarity picks."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import binom

from topoquant.lib.errors import InputError
from topoquant.lib.indicators import (
    augmented_dickey_fuller,
    fractional_difference,
    indicators,
    smallest_stationary_d,
)
from topoquant.lib.indicators.fractional import WIDE, fractional_weights
from topoquant.lib.indicators.fractional_kernel import BLOCK, weighted_sum


def by_definition(x, d, threshold):
    """The sum as it is written, a row at a time."""
    weights = [1.0]
    while abs(-weights[-1] / len(weights) * (d - len(weights) + 1)) >= threshold:
        weights.append(-weights[-1] / len(weights) * (d - len(weights) + 1))
    width = len(weights)
    past = np.array(weights[::-1])
    result = np.full(len(x), np.nan)
    for t in range(width - 1, len(x)):
        result[t] = past @ x[t - width + 1 : t + 1]
    return result, width


def walk(n, seed=0):
    return 11 + np.cumsum(np.random.default_rng(seed).normal(0, 0.01, n))


@pytest.mark.parametrize(("threshold", "width"), [(1e-3, 55), (1e-4, 282), (1e-5, 1458)])
def test_equal_to_the_plain_definition(threshold, width):
    # Several blocks of the transform, more than it takes at once, and a rest.
    x = walk(70_000)
    expected, found = by_definition(x, 0.4, threshold)
    assert len(fractional_weights(0.4, threshold)) == found == width
    np.testing.assert_allclose(
        fractional_difference(x, d=0.4, threshold=threshold), expected, rtol=0, atol=1e-12
    )


def test_weights_are_the_binomial_series():
    for d in (0.1, 0.5, 1.0, 1.7):
        weights = fractional_weights(d, 1e-4)
        k = np.arange(len(weights))
        np.testing.assert_allclose(weights, (-1.0) ** k * binom(d, k), rtol=1e-9)


def test_whole_orders_are_ordinary_differences():
    x = walk(50)
    np.testing.assert_allclose(fractional_difference(x, d=1, threshold=0.1)[1:], np.diff(x), atol=1e-13)
    np.testing.assert_allclose(fractional_difference(x, d=2, threshold=0.1)[2:], np.diff(x, 2), atol=1e-13)


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6)), st.floats(0.05, 1.9))
def test_both_ways_agree(x, d):
    weights = fractional_weights(d, 1e-4)
    scale = max(1.0, np.abs(x).max())
    direct, either = weighted_sum(x, weights), fractional_difference(x, d=d, threshold=1e-4)
    np.testing.assert_allclose(either, direct, rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("threshold", [1e-3, 1e-4])
def test_an_unknown_value_stays_in_its_windows(threshold):
    x = walk(1200)
    x[[0, 700]] = np.nan, np.inf
    width = len(fractional_weights(0.4, threshold))
    assert (width >= WIDE) == (threshold == 1e-4)
    result = fractional_difference(x, d=0.4, threshold=threshold)
    expected = np.zeros(1200, dtype=bool)
    expected[:width] = expected[700 : 700 + width] = True
    np.testing.assert_array_equal(~np.isfinite(result), expected)
    known = fractional_difference(walk(1200), d=0.4, threshold=threshold)
    np.testing.assert_allclose(result[~expected], known[~expected], atol=1e-12)


def test_a_series_shorter_than_the_window_has_no_value():
    assert np.isnan(fractional_difference(walk(100), d=0.4, threshold=1e-4)).all()


def test_columns_are_sums_of_their_own_whatever_comes_later(market, options):
    bars = market[0]
    one = indicators(bars, options("fractional"), interval="1h")
    wild = bars.copy()
    wild.loc[500:, ["open", "high", "low", "close"]] *= 1e12
    other = indicators(wild, options("fractional"), interval="1h")
    pd.testing.assert_frame_equal(one.iloc[:500], other.iloc[:500], check_exact=True)
    expected = fractional_difference(np.log(bars["close"]), d=0.4, threshold=1e-3)
    np.testing.assert_allclose(one["fractional_0.4"], expected, atol=1e-12)


def test_kernel_has_no_seam_between_blocks():
    x, weights = walk(3 * BLOCK), fractional_weights(0.4, 1e-3)
    whole, part = weighted_sum(x, weights), weighted_sum(x[11:], weights)
    np.testing.assert_array_equal(whole[11 + 54 :], part[54:])


@pytest.mark.parametrize(
    ("x", "d", "threshold", "message"),
    [(np.ones((2, 2)), 0.4, 0.1, r"x must be one series"), (np.ones(9), 0.0, 0.1, r"d must be in \(0, 2\]"),
     (np.ones(9), 0.4, 0.0, r"threshold must be in \[1e-07, 1\), got 0\.0")],
)  # fmt: skip
def test_bad_arguments_are_refused(x, d, threshold, message):
    with pytest.raises(InputError, match=message):
        fractional_difference(x, d=d, threshold=threshold)


def test_dickey_fuller_by_regression():
    x, maxlag = walk(500, seed=3), 2
    change = np.diff(x)
    rows = len(change) - maxlag
    design = np.column_stack(
        [
            x[maxlag:-1],
            *(change[maxlag - lag : len(change) - lag] for lag in range(1, maxlag + 1)),
            np.ones(rows),
        ]
    )
    answer = change[maxlag:]
    slope, *_ = np.linalg.lstsq(design, answer, rcond=None)
    residual = answer - design @ slope
    variance = residual @ residual / (rows - design.shape[1]) * np.linalg.inv(design.T @ design)[0, 0]
    statistic, p_value = augmented_dickey_fuller(x, maxlag=maxlag)
    assert statistic == pytest.approx(slope[0] / np.sqrt(variance))
    # MacKinnon's 5 % point without end is -2.8615.
    assert (p_value < 0.05) == (statistic < -2.8615)


def columns_of_walk(x, grid, threshold=1e-3):
    return pd.DataFrame({d: fractional_difference(x, d=d, threshold=threshold) for d in grid})


def test_the_smallest_order_that_passes_is_chosen():
    grid = (0.1, 0.3, 0.5, 0.7, 1.0)
    columns = columns_of_walk(walk(3000, seed=1), grid)
    chosen = smallest_stationary_d(columns, grid=grid, maxlag=1, level=0.05)
    complete = columns.dropna()
    passes = [augmented_dickey_fuller(complete[d], maxlag=1)[1] <= 0.05 for d in grid]
    assert 0.1 < chosen < 1.0
    assert chosen == grid[passes.index(True)]
    noise = columns_of_walk(np.diff(walk(3000)), grid)
    assert smallest_stationary_d(noise, grid=grid, maxlag=1, level=0.05) == 0.1


def test_the_largest_order_is_left_where_none_passes():
    x = np.cumsum(walk(800))
    assert smallest_stationary_d(columns_of_walk(x, (0.1, 0.2)), grid=(0.1, 0.2), maxlag=1, level=0.01) == 0.2


@pytest.mark.parametrize(
    ("grid", "level", "message"),
    [((0.1,), 0.05, "grid must be 2 ascending orders"), ((0.2, 0.1), 0.05, "grid must be 2 ascending orders"),
     ((0.1, 0.2), 1.0, r"level must be in \(0, 1\)")],
)  # fmt: skip
def test_a_choice_that_does_not_fit_is_refused(grid, level, message):
    with pytest.raises(InputError, match=message):
        smallest_stationary_d(columns_of_walk(walk(300), (0.1, 0.2)), grid=grid, maxlag=1, level=level)


@pytest.mark.parametrize("x", [np.ones(100), np.arange(5.0), np.append(walk(99), np.nan)])
def test_what_cannot_be_tested_is_refused(x):
    with pytest.raises(InputError, match=r"x must be one series of 12 or more finite values that move"):
        augmented_dickey_fuller(x, maxlag=1)


def test_statsmodels_is_loaded_by_those_who_ask_alone():
    code = "import sys, topoquant.lib.indicators; sys.exit('statsmodels' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

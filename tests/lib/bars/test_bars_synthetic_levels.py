import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from scipy.stats import binom, chi2, kstest

from topoquant.lib.bars import bayes_trigger_score, synthetic_bars
from topoquant.lib.bars.synthetic.ceilings import ranking_auc
from topoquant.lib.bars.synthetic.chains import plain_expect_next
from topoquant.lib.bars.synthetic.drawing import Clock
from topoquant.lib.bars.synthetic.kinds import KINDS
from topoquant.lib.bars.synthetic.levels import (
    LEVELS,
    Levels,
    bar_spread,
    draw_levels,
    filter_levels,
    joint_spread,
    level_chain,
    smallest_volatility,
)
from topoquant.lib.bars.synthetic.ohlcv import prices_from_steps
from topoquant.lib.bars.synthetic.touching import touch_levels

SMALL = Levels(daily_volatility=0.03, n_switches=2, flip=0.1)


@pytest.fixture(scope="module")
def market():
    return synthetic_bars("volatility", n_bars=20_000, seed=3)


def draw_bars(n_bars, rng, noise=None):
    steps = rng.standard_normal(n_bars) if noise is None else noise
    return prices_from_steps(0.01 * steps[:, None], np.full(n_bars, 0.01), rng)


def test_levels_are_a_discrete_log_ar1():
    chain = level_chain(LEVELS)
    np.testing.assert_allclose(chain.transition.sum(axis=1), 1)
    np.testing.assert_allclose(chain.initial @ chain.transition, chain.initial)
    level = np.arange(LEVELS.n_switches + 1)
    mean, variance = binom.stats(LEVELS.n_switches, 0.5)
    for lag in (1, 10):
        ahead = np.linalg.matrix_power(chain.transition, lag) @ level
        covariance = chain.initial @ (level * ahead) - mean**2
        assert covariance / variance == pytest.approx((1 - 2 * LEVELS.flip) ** lag)


def test_a_days_variance_is_the_one_asked_for():
    mean_variance = level_chain(LEVELS).initial @ LEVELS.variance
    assert smallest_volatility(LEVELS, 1.0) ** 2 * mean_variance == pytest.approx(0.03**2)


def test_what_a_bar_says_of_its_variance_is_chi_squared():
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((2, 20_000))
    prices = [draw_bars(20_000, rng, noise) for noise in (first, 0.6 * first + 0.8 * second)]
    one, both = joint_spread(prices[:1], 0.0) / 1e-4, joint_spread(prices, 0.6) / 1e-4
    assert kstest(one, chi2(5).cdf).pvalue > 0.01
    assert kstest(both, chi2(10).cdf).pvalue > 0.01
    # Whatever the close is, the wicks say the same.
    close = np.log(prices[0]["close"] / prices[0]["open"]).abs()
    assert abs(np.corrcoef(close, bar_spread(prices[0]))[0, 1]) < 0.03


@given(st.lists(st.floats(0, 60), min_size=1, max_size=30))
@settings(deadline=None)
def test_the_filter_is_bayes_rule_with_chi_squared_bars(spread):
    seen = np.array(spread)
    likelihood = chi2(5).pdf(np.maximum(seen, 1e-12)[:, None] / SMALL.variance) / SMALL.variance
    expected = plain_expect_next(level_chain(SMALL), likelihood, np.eye(3))
    np.testing.assert_allclose(filter_levels(SMALL, np.maximum(seen, 1e-12), 5), expected, atol=1e-9)


def test_the_filter_knows_no_later_bar():
    spread = np.random.default_rng(0).chisquare(5, 60)
    changed = np.append(spread[:40], np.full(20, 500.0))
    assert (filter_levels(LEVELS, spread, 5)[:41] == filter_levels(LEVELS, changed, 5)[:41]).all()


def test_probabilities_are_the_shares_of_the_hidden_levels():
    clock = Clock(n_bars=20_000, bar_days=1 / 96, first_hour=0.0)
    drawn = draw_levels(LEVELS, clock, [np.random.default_rng(5)], 0.0)[0]
    # The drawing begins with the switches, which can be drawn again.
    rng = np.random.default_rng(5)
    flips = np.where(rng.random((clock.n_bars, LEVELS.n_switches)) < LEVELS.flip, -1, 1)
    flips[0] = rng.choice([-1, 1], LEVELS.n_switches)
    level = (np.cumprod(flips, axis=0) > 0).sum(axis=1)[1:]
    for k in range(LEVELS.n_switches + 1):
        said = drawn.truth[f"level_{k}"].to_numpy()[:-1]
        rows = pd.DataFrame({"said": said, "seen": level == k}).groupby(pd.cut(said, [0, 0.2, 0.5, 1]))
        mean = rows.mean()[rows.size() > 400]
        np.testing.assert_allclose(mean["seen"], mean["said"], atol=0.05)


def test_the_trigger_has_a_base_rate_of_ten_percent():
    unit = smallest_volatility(LEVELS, 1.0) / LEVELS.daily_volatility
    touch = touch_levels(LEVELS, KINDS["volatility"].trigger / unit, 4)
    assert level_chain(LEVELS).initial @ touch == pytest.approx(0.10, abs=1e-4)


def test_a_touch_sums_over_all_paths_of_levels():
    chain, barrier = level_chain(SMALL), 3.0
    expected = np.zeros(3)
    for path in np.ndindex(3, 3, 3):
        chance = chain.transition[path[0], path[1]] * chain.transition[path[1], path[2]]
        total = SMALL.variance[list(path)].sum()
        expected[path[0]] += chance * 2 * ndtr(-barrier / np.sqrt(total))
    np.testing.assert_allclose(touch_levels(SMALL, barrier, 3), expected)


def test_direction_is_worth_nothing_and_the_trigger_is_all_volatility(market):
    moves = np.log(market.bars["close"] / market.bars["open"]).to_numpy()
    assert (market.truth["drift"] == 0).all()
    assert abs(np.corrcoef(moves[1:], market.score[:-1])[0, 1]) < 0.02
    assert market.ceiling > 0.75
    by_volatility = ranking_auc(market.truth["volatility"].to_numpy(), market.label)
    assert by_volatility == pytest.approx(market.ceiling, abs=0.005)


def test_up_and_down_are_alike_and_missing_truth_stays_missing(market):
    truth = market.truth[100:200].astype({"level_0": float})
    up = bayes_trigger_score(truth, threshold=0.01, horizon=4)
    down = bayes_trigger_score(truth, threshold=1 - 1 / 1.01, horizon=4, side="down")
    np.testing.assert_allclose(up, down)
    truth.loc[150, ["volatility", "level_0"]] = np.nan
    again = bayes_trigger_score(truth, threshold=0.01, horizon=4)
    assert np.isnan(again[50])
    np.testing.assert_allclose(np.delete(again, 50), np.delete(up, 50))

"""Rules: markets that are plainly one of them, the order, and nothing of the future."""

import numpy as np
import pytest
from pydantic import ValidationError

from topoquant.lib.bars import synthetic_bars
from topoquant.lib.regimes import RULES, classify_regime, rule_measures
from topoquant.lib.regimes.rules import MEASURES
from topoquant.lib.validity import check_prefix_invariance

from .conftest import INTERVAL, bars_of

N = 600


def draw(kind):
    """Log-returns of a market that does one thing only."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 0.001, N)
    if kind == "trending":
        return noise + 0.0008
    if kind == "mean_reverting":
        return np.diff(noise, prepend=0.0)
    if kind == "volatile":
        return noise * np.where(np.arange(N) % 48 < 6, 6.0, 1.0)
    return noise


def shares(kind, options):
    bars = bars_of(np.exp(np.cumsum(draw(kind))))
    return classify_regime(bars, options)["rule"].dropna().value_counts(normalize=True)


@pytest.mark.parametrize(("kind", "least"), [("trending", 0.8), ("mean_reverting", 0.85), ("ranging", 0.4)])
def test_a_market_that_is_plainly_one_of_them(kind, least, rules):
    found = shares(kind, rules())
    assert found.idxmax() == kind
    assert found[kind] >= least


def test_the_start_of_a_stretch_that_shakes_is_volatile(rules):
    bars = bars_of(np.exp(np.cumsum(draw("volatile"))))
    named = classify_regime(bars, rules())["rule"].to_numpy(dtype=object)
    shaking = (np.arange(N) % 48 == 5) & (np.arange(N) > 48)
    assert (named[shaking] == "volatile").mean() > 0.9
    assert (named[(np.arange(N) % 48 == 40) & (np.arange(N) > 48)] == "volatile").mean() < 0.1


def test_the_first_rule_that_holds_gives_the_name(rules):
    """A market that both runs and shakes."""
    shakes = np.where(np.arange(120) % 2, -0.01, 0.03)
    close = np.exp(np.cumsum(np.where(np.arange(120) < 90, 0.0005, shakes)))
    wide = {"trend_variance_ratio": 0.0, "momentum_to_noise": 1.0}
    names = [
        classify_regime(bars_of(close), rules(order=order, **wide))["rule"].iloc[95]
        for order in (("volatile", "trending"), ("trending", "volatile"), (), ("mean_reverting",))
    ]
    assert names == ["volatile", "trending", "ranging", "ranging"]


def test_measures_by_hand(rules):
    """Returns of +.02 and -.01 in turn: those of two bars are .01."""
    returns = np.tile([0.02, -0.01], 30)
    options = rules(period=10, fast_period=2, variance_horizon=2)
    table = rule_measures(bars_of(np.exp(np.cumsum(returns))), options, interval=INTERVAL)
    last = table[list(MEASURES)].iloc[-1]
    expected = [1.0, 0.05 / np.sqrt(0.0025), 10 * 0.0001 / (2 * 0.0025), -1.0]
    np.testing.assert_allclose(last.iloc[:4], expected, atol=1e-9)
    assert table[list(MEASURES)].iloc[:12].isna().all(axis=None)
    assert table[list(MEASURES)].iloc[12:].notna().all(axis=None)


def test_a_market_that_stands_still_is_ranging(rules):
    named = classify_regime(bars_of(np.ones(60)), rules())["rule"]
    assert named.dropna().unique().tolist() == ["ranging"]


def test_no_rule_changes_when_the_future_is_cut_off(rules):
    bars = synthetic_bars("noise", n_bars=300, seed=2).bars.drop(index=range(150, 155)).reset_index(drop=True)

    def compute(some):
        named = classify_regime(some, rules(), interval=INTERVAL)
        measured = rule_measures(some, rules(), interval=INTERVAL)
        codes = named["rule"].map({name: i for i, name in enumerate(RULES)})
        return measured.assign(rule=codes.astype(float))

    check = check_prefix_invariance(compute, bars, range(30, 290, 9), interval=INTERVAL, rtol=0.0)
    assert check.status == "ok", check.finding


@pytest.mark.parametrize(
    "wrong", [{"order": ["trending", "trending"]}, {"fast_period": 24}, {"variance_horizon": 30}]
)
def test_rules_asked_twice_and_windows_that_do_not_fit_are_refused(rules, wrong):
    with pytest.raises(ValidationError, match=r"at most once|must be below period"):
        rules(**wrong)

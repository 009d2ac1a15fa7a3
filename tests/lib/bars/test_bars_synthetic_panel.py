import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from topoquant.lib.bars import MARKETS, bayes_trigger_score, synthetic_bars, synthetic_panel, validate_bars
from topoquant.lib.bars.synthetic.ceilings import ranking_auc
from topoquant.lib.bars.synthetic.drawing import correlated_normals
from topoquant.lib.bars.synthetic.levels import joint_spread
from topoquant.lib.bars.synthetic.ohlcv import prices_from_steps
from topoquant.lib.bars.synthetic.orbit import ORBIT
from topoquant.lib.errors import InputError


def make(kind="regime", symbols=("A", "B", "C"), n_bars=2_000, seed=4, correlation=0.5, **others):
    return synthetic_panel(
        kind, symbols=list(symbols), n_bars=n_bars, seed=seed, correlation=correlation, **others
    )


def moves(market):
    return np.log(market.bars["close"] / market.bars["open"]).to_numpy()


@pytest.mark.parametrize("kind", MARKETS)
def test_one_symbol_is_the_market_of_synthetic_bars(kind):
    alone = synthetic_bars(kind, n_bars=300, seed=4, symbol="A")
    (panel,) = make(kind, symbols=["A"], n_bars=300, correlation=0.7)
    pd.testing.assert_frame_equal(panel.bars, alone.bars, check_exact=True)
    pd.testing.assert_frame_equal(panel.truth, alone.truth, check_exact=True)
    assert (panel.score == alone.score).all()


@pytest.mark.parametrize("kind", MARKETS)
def test_the_first_symbol_is_the_same_whoever_is_beside_it(kind):
    alone, beside = make(kind, symbols=["A"], n_bars=300), make(kind, n_bars=300)
    prices = ["open", "high", "low", "close"]
    pd.testing.assert_frame_equal(beside[0].bars[prices], alone[0].bars[prices], check_exact=True)
    assert [market.bars["symbol"].unique().tolist() for market in beside] == [["A"], ["B"], ["C"]]
    for market in beside:
        assert len(validate_bars(market.bars, "15m").bars) == 300


@pytest.mark.parametrize(
    ("kind", "shared"), [("noise", 0.0), ("regime", 0.09 / 1.09), ("orbit", 0.81), ("volatility", 0.0)]
)
def test_noise_correlates_as_asked(kind, shared):
    # What is hidden adds a correlation of 1 to its share of the variance.
    panel = make(kind, n_bars=20_000, correlation=0.6)
    scaled = [moves(market)[1:] / market.truth["volatility"][:-1] for market in panel]
    if kind == "orbit":
        scaled = [moves(market) for market in panel]
    found = np.corrcoef(scaled)[np.triu_indices(3, 1)]
    assert found == pytest.approx(np.full(3, shared + 0.6 * (1 - shared)), abs=0.03)


def test_volatility_of_noise_is_each_symbols_own():
    first, second = make("noise", symbols=["A", "B"], correlation=0.0)
    assert not np.allclose(first.truth["volatility"], second.truth["volatility"])


def test_several_symbols_say_more_of_the_state_than_one():
    panel = make(n_bars=20_000, correlation=0.0)
    alone = synthetic_bars("regime", n_bars=20_000, seed=4)
    assert panel[0].ceiling > alone.ceiling + 0.01
    # The state is common: it leans each symbol the same way.
    np.testing.assert_allclose(panel[0].score, panel[1].score, atol=1e-12)


def test_a_joint_score_is_the_rate_of_its_label():
    panel = make("volatility", symbols=["A", "B"], n_bars=20_000, correlation=0.3)
    for market in panel:
        rows = pd.DataFrame({"score": market.score, "label": market.label}).dropna()
        mean = rows.groupby(pd.qcut(rows["score"], 4)).mean()
        np.testing.assert_allclose(mean["label"], mean["score"], atol=0.03)
    assert (
        ranking_auc(panel[0].score, panel[0].label)
        > synthetic_bars("volatility", n_bars=20_000, seed=4).ceiling
    )


@given(st.integers(2, 4), st.floats(0, 0.95), st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_the_mean_of_equally_correlated_returns_says_all_of_their_sign(n_symbols, correlation, seed):
    spread = np.sqrt(1 - ORBIT.swing**2)
    seen = np.random.default_rng(seed).normal(size=n_symbols)
    covariance = spread**2 * ((1 - correlation) * np.eye(n_symbols) + correlation)
    up, down = (
        multivariate_normal(np.full(n_symbols, sign * ORBIT.swing), covariance).logpdf(seen)
        for sign in (1, -1)
    )
    mean_variance = spread**2 * (1 + (n_symbols - 1) * correlation) / n_symbols
    assert 2 * ORBIT.swing * seen.mean() / mean_variance == pytest.approx(up - down)


def test_orbit_evidence_is_the_joint_one():
    panel = make("orbit", symbols=["A", "B"], n_bars=50, correlation=0.4)
    unit = ORBIT.daily_volatility / np.sqrt(96)
    mean = (moves(panel[0]) + moves(panel[1])) / (2 * unit)
    variance = (1 - ORBIT.swing**2) * 1.4 / 2
    np.testing.assert_allclose(panel[1].truth["evidence"], 2 * ORBIT.swing * mean / variance)
    stacked = pd.concat([market.truth for market in panel])
    each = [bayes_trigger_score(market.truth, threshold=0.007, horizon=4) for market in panel]
    both = bayes_trigger_score(stacked, threshold=0.007, horizon=4)
    np.testing.assert_allclose(both, np.concatenate(each), atol=1e-12)


@given(st.integers(1, 4), st.floats(0, 0.95))
@settings(max_examples=20, deadline=None)
def test_the_joint_spread_is_the_quadratic_form(n_symbols, correlation):
    rng = np.random.default_rng(0)
    prices = [prices_from_steps(rng.normal(size=(5, 1)), np.zeros(5), rng) for _ in range(n_symbols)]
    closes = np.stack([np.log(own["close"] / own["open"]) for own in prices])
    shape = (1 - correlation) * np.eye(n_symbols) + correlation
    expected = np.einsum("it,ij,jt->t", closes, np.linalg.inv(shape), closes)
    np.testing.assert_allclose(joint_spread(prices, correlation), expected, rtol=1e-6)


def test_correlated_normals_have_unit_variance_and_the_correlation():
    rngs = [np.random.default_rng(seed) for seed in range(4)]
    found = np.cov(correlated_normals((50_000,), rngs, 0.3))
    np.testing.assert_allclose(found, 0.7 * np.eye(4) + 0.3, atol=0.02)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"symbols": []}, "symbols must be different names, at least one"),
        ({"symbols": ["A", "A"]}, "symbols must be different names"),
        ({"correlation": 1.0}, r"correlation must be in \[0, 1\)"),
        ({"correlation": -0.1}, r"correlation must be in \[0, 1\)"),
        ({"kind": "trend"}, "kind must be one of"),
    ],
)
def test_a_panel_that_cannot_be_made_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        make(**change)

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from topoquant.lib.bars import (
    MARKETS,
    bayes_direction_score,
    bayes_trigger_score,
    synthetic_bars,
    validate_bars,
)
from topoquant.lib.bars.synthetic.ceilings import ranking_auc
from topoquant.lib.bars.synthetic.processes import filter_state, garch_volatility
from topoquant.lib.errors import InputError

HORIZON = 4


@pytest.fixture(scope="module")
def regime():
    return synthetic_bars("regime", n_bars=20_000, seed=7, interval="15m")


def next_returns(bars):
    return np.log(bars["close"] / bars["open"]).to_numpy()[1:]


def up_reach(bars):
    opens, highs = bars["open"].to_numpy(), bars["high"].to_numpy()
    rows = np.arange(len(bars) - HORIZON)
    return np.max([highs[rows + k] for k in range(1, HORIZON + 1)], axis=0) / opens[rows + 1] - 1


@pytest.mark.parametrize("kind", MARKETS)
@pytest.mark.parametrize("interval", ["1m", "1d"])
def test_bars_keep_the_contract(kind, interval):
    market = synthetic_bars(kind, n_bars=500, seed=1, interval=interval)
    report = validate_bars(market.bars, interval)
    assert len(report.bars) == len(market.truth) == len(market.score) == 500
    assert report.to_dict()["absent_columns"] == []
    assert (market.bars["open"][1:].to_numpy() == market.bars["close"][:-1].to_numpy()).all()
    assert (market.truth["time"][:-1].to_numpy() == market.bars["open_time"][1:].to_numpy()).all()
    assert np.isnan(market.label[-1])
    assert (market.label[:-1] == (next_returns(market.bars) > 0)).all()


def test_the_same_seed_gives_the_same_market():
    first, second, third = (
        synthetic_bars("regime", n_bars=100, seed=seed, interval="15m").bars for seed in (5, 5, 6)
    )
    pd.testing.assert_frame_equal(first, second)
    assert not np.allclose(first["close"], third["close"])


def test_truth_has_the_moments_of_the_next_return(regime):
    moves = next_returns(regime.bars)
    drift = regime.truth["drift"].to_numpy()[:-1]
    shocks = (moves - drift) / regime.truth["volatility"].to_numpy()[:-1]
    assert abs(shocks.mean()) < 3 / np.sqrt(len(shocks))
    assert shocks.std() == pytest.approx(1, abs=0.02)
    slope = (moves * drift).sum() / (drift**2).sum()
    assert slope == pytest.approx(1, abs=0.25)


def test_truth_of_the_next_bar_does_not_know_it(regime):
    # Longer markets draw other numbers, so the future is changed by hand: in the filter's input.
    shocks = np.random.default_rng(0).standard_normal(50)
    changed = np.append(shocks[:30], np.full(20, 9.0))
    assert (filter_state(shocks, 0.3, 40)[:31] == filter_state(changed, 0.3, 40)[:31]).all()
    assert (garch_volatility(shocks, 0.1, 0.8)[:31] == garch_volatility(changed, 0.1, 0.8)[:31]).all()


def test_filter_agrees_with_bayes_rule_step_by_step():
    shocks, drift, duration = np.random.default_rng(1).standard_normal(200), 0.4, 25.0
    up, expected = 0.5, [0.0]
    for shock in shocks:
        odds_up, odds_down = up * norm.pdf(shock - drift), (1 - up) * norm.pdf(shock + drift)
        up = odds_up / (odds_up + odds_down)
        up = up * (1 - 1 / duration) + (1 - up) / duration
        expected.append(2 * up - 1)
    np.testing.assert_allclose(filter_state(shocks, drift, duration), expected, atol=1e-12)


def test_regime_direction_can_be_found_and_noise_cannot(regime):
    assert 0.57 < regime.ceiling < 0.60
    noise = synthetic_bars("noise", n_bars=2_000, seed=7, interval="15m")
    assert noise.ceiling == 0.5
    assert (noise.truth["drift"] == 0).all()


def test_regime_trigger_ceiling_is_more_than_volatility(regime):
    reach, truth = up_reach(regime.bars), regime.truth[:-HORIZON]
    threshold = float(np.quantile(reach, 1 - 0.109))
    label = (reach >= threshold).astype(float)
    full = ranking_auc(bayes_trigger_score(truth, threshold=threshold, horizon=HORIZON), label)
    blind_score = bayes_trigger_score(truth.assign(drift=0.0), threshold=threshold, horizon=HORIZON)
    assert 0.62 < full < 0.72
    assert full > ranking_auc(blind_score, label) + 0.04


def test_noise_volatility_can_be_predicted():
    noise = synthetic_bars("noise", n_bars=10_000, seed=2, interval="15m")
    size = np.abs(next_returns(noise.bars))
    assert np.corrcoef(size, noise.truth["volatility"][:-1])[0, 1] > 0.25


def test_trigger_score_is_the_share_of_driftless_and_drifting_paths():
    rng, n_steps = np.random.default_rng(0), 400
    for drift in (0.0, 0.001, -0.001):
        steps = drift * HORIZON / n_steps + 0.002 * np.sqrt(HORIZON / n_steps) * rng.standard_normal(
            (4000, n_steps)
        )
        reached = (np.cumsum(steps, axis=1).max(axis=1) >= np.log1p(0.003)).mean()
        truth = pd.DataFrame({"drift": [drift], "volatility": [0.002]})
        score = bayes_trigger_score(truth, threshold=0.003, horizon=HORIZON)[0]
        # Paths watched at 400 instants miss a little of the maximum.
        assert reached == pytest.approx(score, abs=0.035)


@given(st.floats(-0.01, 0.01), st.floats(1e-4, 0.02), st.floats(1e-3, 0.1), st.integers(1, 50))
def test_trigger_score_is_a_probability_that_moves_the_right_way(drift, volatility, threshold, horizon):
    truth = pd.DataFrame({"drift": [drift, drift + 0.001], "volatility": volatility})
    score = bayes_trigger_score(truth, threshold=threshold, horizon=horizon)
    assert ((score >= 0) & (score <= 1)).all()
    assert score[1] >= score[0] - 1e-12
    harder = bayes_trigger_score(truth, threshold=threshold * 1.1, horizon=horizon)
    assert (harder <= score + 1e-12).all()


def test_trigger_score_down_mirrors_up():
    truth = pd.DataFrame({"drift": [0.001], "volatility": [0.002]})
    up = bayes_trigger_score(truth, threshold=0.01, horizon=4)
    down = bayes_trigger_score(truth.assign(drift=-0.001), threshold=1 - 1 / 1.01, horizon=4, side="down")
    assert down == pytest.approx(up)


def test_direction_score_by_hand():
    truth = pd.DataFrame({"drift": [-0.002, np.nan], "volatility": [0.002, 0.002]})
    np.testing.assert_allclose(bayes_direction_score(truth), [norm.cdf(-1), np.nan])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=2, max_size=30))
def test_ranking_auc_counts_pairs(rows):
    score, label = np.array(rows, dtype=float).T
    wins = [(a > b) + 0.5 * (a == b) for a in score[label == 1] for b in score[label == 0]]
    expected = np.mean(wins) if wins else np.nan
    np.testing.assert_allclose(ranking_auc(score, label), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "trend"}, "kind must be one of noise, regime"),
        ({"n_bars": 1}, "n_bars must be at least 2"),
        ({"interval": "1M"}, "interval must be"),
        ({"interval": "1w", "n_bars": 20_000}, "ask for fewer"),
    ],
)
def test_a_market_that_cannot_be_made_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        synthetic_bars(**({"kind": "noise", "n_bars": 10, "seed": 1, "interval": "15m"} | change))


@pytest.mark.parametrize(
    "change", [{"threshold": 0.0}, {"threshold": 1.5, "side": "down"}, {"horizon": 0}, {"side": "both"}]
)
def test_a_trigger_that_makes_no_sense_is_refused(change):
    truth = pd.DataFrame({"drift": [0.0], "volatility": [0.01]})
    with pytest.raises(InputError):
        bayes_trigger_score(truth, **({"threshold": 0.01, "horizon": 4} | change))

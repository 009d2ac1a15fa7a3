"""Surrogates keep all but direction; injections plant what they say."""

from multiprocessing.pool import ThreadPool

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from topoquant.lib.errors import InputError
from topoquant.lib.validity import injected, measure_power, roc_auc, sign_flipped

PRICES = ["open", "high", "low", "close"]


def make_bars(n=3000, seed=0, symbols=("A", "B")):
    rng = np.random.default_rng(seed)
    parts = []
    for symbol in symbols:
        volatility = 0.01 * np.exp(0.5 * np.sin(np.arange(n) / 100))
        close = np.exp(np.cumsum(volatility * rng.standard_normal(n)))
        open_ = np.append(1.0, close[:-1]) * np.exp(0.001 * rng.standard_normal(n))
        spread = np.exp(np.abs(0.005 * rng.standard_normal((2, n))))
        parts.append(
            pd.DataFrame(
                {
                    "symbol": symbol,
                    "open_time": pd.date_range("2024-01-01", periods=n, freq="15min", tz="UTC"),
                    "open": open_,
                    "high": np.maximum(open_, close) * spread[0],
                    "low": np.minimum(open_, close) / spread[1],
                    "close": close,
                    "volume": rng.random(n) + 1,
                    "taker_buy_volume": rng.random(n),
                    "quote_volume": close,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def log_returns(bars):
    return np.log(bars["close"]).groupby(bars["symbol"]).diff().dropna().to_numpy()


def test_flipping_keeps_size_range_and_volume_and_turns_signs():
    bars = make_bars()
    flipped = sign_flipped(bars, seed=1)
    np.testing.assert_allclose(np.abs(log_returns(flipped)), np.abs(log_returns(bars)), atol=1e-12)
    np.testing.assert_allclose(flipped["high"] / flipped["low"], bars["high"] / bars["low"])
    assert (flipped["volume"] == bars["volume"]).all()
    assert (flipped["high"] >= flipped[PRICES].max(axis=1) - 1e-12).all()
    assert (flipped["low"] <= flipped[PRICES].min(axis=1) + 1e-12).all()
    turned = np.sign(log_returns(flipped)) != np.sign(log_returns(bars))
    assert 0.45 < turned.mean() < 0.55
    assert (turned.reshape(2, -1)[0] == turned.reshape(2, -1)[1]).all()


def test_a_bar_that_keeps_its_sign_is_scaled_and_one_that_loses_it_is_mirrored():
    bars = make_bars(symbols=("A",))
    flipped = sign_flipped(bars, seed=1)
    before, after = (np.log(table[PRICES].to_numpy()) for table in (bars, flipped))
    moves, found = before[1:] - before[:-1, 3:], after[1:] - after[:-1, 3:]
    kept = np.isclose(moves[:, 3], found[:, 3], atol=1e-12)
    np.testing.assert_allclose(found[kept], moves[kept], atol=1e-12)
    np.testing.assert_allclose(found[~kept], -moves[~kept][:, [0, 2, 1, 3]], atol=1e-12)
    bought = flipped["taker_buy_volume"].to_numpy()[1:]
    sold = (bars["volume"] - bars["taker_buy_volume"]).to_numpy()[1:]
    np.testing.assert_allclose(bought[~kept], sold[~kept])
    np.testing.assert_allclose(flipped["quote_volume"], flipped["close"])


def test_flipping_removes_a_trend_that_anyone_could_trade():
    bars = make_bars(symbols=("A",))
    trend = np.exp(np.cumsum(0.003 * np.sign(np.sin(np.arange(len(bars)) / 40))))
    bars[PRICES] = bars[PRICES].mul(trend, axis=0)

    def momentum_auc(table):
        move = np.log(table["close"]).diff()
        past, ahead = move.rolling(40).sum().to_numpy()[40:-1], move.to_numpy()[41:]
        return roc_auc(ahead > 0, past)

    assert momentum_auc(bars) > 0.54
    assert abs(np.mean([momentum_auc(sign_flipped(bars, seed)) for seed in range(10)]) - 0.5) < 0.01


def test_oracle_grows_with_the_strength_and_stays_below_who_knows_the_state():
    bars = make_bars()
    aucs = [injected(bars, strength, seed=3, horizon=4).auc for strength in (0.0, 0.1, 0.3, 0.6)]
    assert aucs[0] == pytest.approx(0.5, abs=0.02)
    assert aucs == sorted(aucs)
    assert aucs[-1] < norm.cdf(2 * 0.6 * np.sqrt(4) / np.sqrt(2)) + 0.02


def test_injection_without_strength_is_the_surrogate():
    bars = make_bars(500)
    np.testing.assert_allclose(injected(bars, 0.0, 5, horizon=4).bars[PRICES], sign_flipped(bars, 5)[PRICES])
    moved = injected(bars, 0.5, 5, horizon=4).bars
    assert (moved["high"] >= moved[PRICES].max(axis=1) - 1e-12).all()
    assert (moved["low"] <= moved[PRICES].min(axis=1) + 1e-12).all()


def find_momentum(bars, seed):
    """Find an edge where the EWMA of the last returns ranks the next one."""
    move = np.log(bars["close"]).groupby(bars["symbol"]).diff().fillna(0.0)
    past = move.ewm(span=40).mean()
    ahead = move.shift(-1).fillna(0.0)
    auc = roc_auc(ahead > 0, past)
    return auc > 0.53, auc


def test_power_counts_what_is_found():
    settings = {"n_surrogates": 6, "n_injections": 3, "strengths": [0.02, 0.5], "seed": 0, "horizon": 4}
    bars = make_bars(2000)
    seen = []

    class Listener:
        def __enter__(self):
            return seen.append

        def __exit__(self, *args):
            return None

    found = measure_power(bars, find_momentum, progress=lambda total, unit: Listener(), **settings)
    assert found["surrogates"] == {"n": 6, "n_edge": 0}
    strong, weak = found["injections"]
    assert (strong["n"], strong["n_found"], weak["n_found"]) == (3, 3, 0)
    assert strong["auc"] > weak["auc"]
    assert sum(seen) == 12
    with ThreadPool(2) as pool:
        assert measure_power(bars, find_momentum, map=pool.imap, **settings) == found


def test_refusals():
    with pytest.raises(InputError):
        injected(make_bars(50), -1.0, 0, horizon=4)
    with pytest.raises(InputError):
        injected(make_bars(50), 1.0, 0, horizon=0)

"""The grid against one simulation per setting, and what it counts as tried."""

import numpy as np
import pandas as pd
import pytest

from tests.lib.backtest.test_backtest_engine import bars_of, walk_bars
from topoquant.lib.backtest import BacktestOptions, simulate, simulate_grid
from topoquant.lib.errors import InputError

SAME = ("n_trades", "net_return", "sharpe", "sharpe_annual", "sortino", "max_drawdown", "win_rate",
        "profit_factor", "T")  # fmt: skip


def options_of(**changed):
    return BacktestOptions(**{"fee": 0.0005, "slippage": 0.0002, "size": 0.8} | changed)


@pytest.mark.parametrize(
    "changed",
    [{}, {"trailing": 0.03}, {"funding": 0.0005, "max_exposure": 0.5}, {"atr_period": 5, "trailing": 3.0},
     {"atr_period": 5}, {"fee": 0.0, "slippage": 0.0, "size": 12.0}, {"side": "short", "size": 0.3},
     {"sizing": "volatility", "target_volatility": 0.5, "volatility_half_life": 10, "min_trades": 20},
     {"size": 3.0}],
)  # fmt: skip
def test_every_setting_is_what_simulate_gives(changed):
    bars, score = walk_bars(400, 4), np.random.default_rng(0).random(400)
    score[:40:7] = np.nan
    kept = np.random.default_rng(1).random(400) > 0.05
    bars, score = bars[kept].reset_index(drop=True), score[kept]
    in_ranges = 60.0 if "atr_period" in changed else 1.0
    grid = simulate_grid(
        bars, score, options_of(**changed), thresholds=[(0.7, None), (0.8, 0.2), (None, 0.1)],
        stops=[None, 0.02 * in_ranges], take_profits=[None, 0.04 * in_ranges], holdings=[1, 6],
        interval="15m",
    )  # fmt: skip
    assert grid.n_trials == len(grid.settings) == 24
    for row in grid.settings.to_dict("records"):
        signal = np.where(score >= row["upper"], 1.0, np.where(score <= row["lower"], -1.0, 0.0))
        stop, take = (None if np.isnan(row[name]) else row[name] for name in ("stop", "take_profit"))
        options = options_of(**changed, stop=stop, take_profit=take, holding=row["holding"])
        metrics = simulate(bars, signal, options, interval="15m").metrics
        assert metrics["status"] == row["status"]
        expected = [metrics[name] for name in SAME]
        np.testing.assert_allclose([row[name] for name in SAME], expected, rtol=1e-9, atol=1e-11)
    assert grid.trial_variance == pytest.approx(grid.settings["sharpe"].var())


def test_threads_share_settings_and_change_nothing():
    bars, score = walk_bars(300, 5), np.random.default_rng(3).random(300)
    settings = {"thresholds": [(q, None) for q in (0.5, 0.7, 0.9)], "stops": [0.01, 0.02], "holdings": [3, 5]}
    one, two = (simulate_grid(bars, score, options_of(), **settings, n_jobs=n).settings for n in (1, 2))
    pd.testing.assert_frame_equal(one, two)


def test_a_score_that_never_signals_trades_nothing():
    bars = bars_of([(10, 10, 10, 10)] * 5)
    grid = simulate_grid(bars, np.full(5, np.nan), options_of(), thresholds=[(0.5, 0.1)], holdings=[2])
    row = grid.settings.iloc[0]
    assert (row["n_trades"], row["net_return"], row["max_drawdown"]) == (0, 0.0, 0.0)
    assert np.isnan(row["sharpe"])
    assert (grid.n_trials, grid.trial_variance) == (1, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thresholds": []}, "one value or more"),
        ({"holdings": [0]}, "holdings must be at least 1"),
        ({"stops": [1.5]}, "a stop below 1"),
        ({"take_profits": [-0.1]}, "above 0"),
        ({"thresholds": [(0.4, 0.6)]}, "swap them"),
    ],
)
def test_simulate_grid_refuses(change, message):
    bars = bars_of([(10, 10, 10, 10)] * 5)
    settings = {"thresholds": [(0.5, None)], "holdings": [1]} | change
    with pytest.raises(InputError, match=message):
        simulate_grid(bars, np.zeros(5), options_of(), **settings)
    with pytest.raises(InputError, match="use simulate"):
        simulate_grid(bars, np.zeros(5), options_of(n_positions=2), thresholds=[(0.5, None)], holdings=[1])

"""Metrics against numbers worked by hand and against scipy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.lib.backtest.test_backtest_engine import walk_bars
from topoquant.lib.backtest import BacktestOptions, pool_equity, simulate, trade_signals
from topoquant.lib.backtest.metrics import performance
from topoquant.lib.backtest.path_metrics import annual_growth, bar_returns, longest_run, return_moments
from topoquant.lib.backtest.trade_metrics import break_even_cost, trade_metrics
from topoquant.lib.errors import InputError


def trades_of(net, gross=None):
    gross = net if gross is None else gross
    time = pd.date_range("2024-01-01", periods=len(net), freq="h", tz="UTC")
    capital = np.cumprod(np.append(1.0, 1.0 + np.asarray(net)))[:-1]
    return pd.DataFrame({
        "side": "long", "size": 1.0, "entry_price": 100.0, "exit_price": 100 * (1 + np.asarray(gross)),
        "gross": gross, "cost": np.subtract(gross, net), "net": net, "pnl": np.multiply(net, capital),
        "entry_time": time, "exit_time": time + pd.Timedelta("1h"), "reason": "time",
    })  # fmt: skip


def test_moments_equal_scipy():
    returns = np.random.default_rng(0).standard_t(4, 500) * 0.01
    moments = return_moments(returns, pd.Timedelta("15min"))
    assert moments["skew"] == pytest.approx(stats.skew(returns))
    assert moments["kurt"] == pytest.approx(stats.kurtosis(returns, fisher=False))
    assert moments["sharpe"] == pytest.approx(returns.mean() / returns.std(ddof=1))
    assert moments["sharpe_annual"] == pytest.approx(moments["sharpe"] * np.sqrt(365.25 * 96))
    assert moments["T"] == 500


def test_path_metrics_by_hand():
    assert longest_run(np.array([False, True, True, False, True])) == 2
    assert longest_run(np.zeros(3, bool)) == 0
    assert annual_growth(0.0, pd.Timedelta(days=365.25)) == -1.0
    assert np.isnan(annual_growth(1.5, pd.Timedelta(days=6)))
    assert annual_growth(1e7, pd.Timedelta(days=8)) == np.inf
    assert bar_returns(np.array([1.0, 0.5, 0.0, 0.0])).tolist() == [-0.5, -1.0]
    assert np.isnan(return_moments(np.zeros(5), pd.Timedelta("1h"))["sharpe"])


def test_performance_by_hand():
    time = pd.date_range("2024-01-01", periods=5, freq="365.25D", tz="UTC")
    path = np.array([1.0, 1.2, 0.9, 1.08, 1.44])
    equity = pd.DataFrame({
        "time": time, "equity": path, "gross_equity": path, "position": [0, 1, 0, 1, 0.0],
        "exposure": [0, 0.9, 0.4, 0.0, 0.0],
        "drawdown": 1 - path / np.maximum.accumulate(path), "hold": 1.1,
    })  # fmt: skip
    metrics = performance(trades_of([0.2, -0.1, 0.3]), equity, interval="1d")
    assert metrics["net_return"] == pytest.approx(0.44)
    assert metrics["cagr"] == pytest.approx(1.44**0.25 - 1)
    assert metrics["max_drawdown"] == pytest.approx(0.25)
    assert metrics["calmar"] == pytest.approx((1.44**0.25 - 1) / 0.25)
    assert (metrics["drawdown_bars"], metrics["exposure"], metrics["ruined"]) == (2, 0.6, False)
    # In money: .2 and 1.08 times .3 gained, 1.2 times .1 lost.
    assert metrics["profit_factor"] == pytest.approx((0.2 + 0.324) / 0.12)
    assert metrics["turnover"] == pytest.approx(2.2 + 1.9 + 2.3)


def test_symbols_side_by_side_are_summed_up_together():
    """One is long and one short throughout: what they hold does not cancel, their drawdowns do not add up."""
    one = walk_bars(300, 1).assign(symbol="A")
    bars = pd.concat([one, walk_bars(300, 2).assign(symbol="B")], ignore_index=True)
    keys = bars[["symbol"]].assign(time=bars["open_time"] + pd.Timedelta("15min"))
    signals = keys.assign(signal=np.where(bars["symbol"] == "A", 1.0, -1.0))
    options = BacktestOptions(fee=0.001, slippage=0.0, holding=3, min_trades=2)
    traded = trade_signals(bars, signals, options, interval="15m", seed=0)
    assert traded.metrics["exposure"] > 0.98
    as_set = traded.metrics["by_cost"][1]
    for name in ("net_return", "sharpe_annual", "max_drawdown", "expectancy", "win_rate"):
        assert as_set[name] == pytest.approx(traded.metrics[name], rel=1e-12), name
    free = pool_equity(traded.equity)["gross_equity"]
    assert traded.metrics["by_cost"][0]["max_drawdown"] == pytest.approx((1 - free / free.cummax()).max())
    both = np.tile([1.0, -1.0], 150)
    several = simulate(one, both, BacktestOptions(fee=0.0, slippage=0.0, holding=4, n_positions=4))
    assert several.metrics["exposure"] > 0.98


def test_metrics_without_trades_are_nan():
    summary = trade_metrics(trades_of(np.zeros(0)))
    assert summary["n_trades"] == 0
    assert all(np.isnan(summary[name]) for name in ("win_rate", "win_low", "expectancy", "break_even_cost"))


def test_three_wins_of_three_are_no_win_rate():
    few = trade_metrics(trades_of([0.1, 0.2, 0.1]), min_trades=30)
    assert few["status"] == "too_little_data"
    assert all(np.isnan(few[name]) for name in ("win_rate", "win_low", "profit_factor", "expectancy"))
    assert few["n_trades"] == 3
    enough = trade_metrics(trades_of([0.1, 0.2, 0.1]), min_trades=3)
    assert (enough["status"], enough["win_rate"]) == ("ok", 1.0)


def test_overlapping_trades_have_no_break_even_cost():
    trades = trades_of([0.1, 0.2])
    assert trade_metrics(trades)["break_even_cost"] > 0
    overlapping = trades.assign(exit_time=trades["exit_time"] + pd.Timedelta("2h"))
    assert np.isnan(trade_metrics(overlapping)["break_even_cost"])


@given(st.lists(st.floats(-0.2, 0.4), min_size=1, max_size=20))
def test_break_even_cost_ends_at_nothing_gained(gross):
    gains = np.array(gross)
    cost = break_even_cost(gains, 2 + gains)
    if np.log1p(gains).sum() > 0:
        assert np.prod(1 + gains - cost * (2 + gains)) == pytest.approx(1.0)
    else:
        assert cost == 0.0


def test_break_even_cost_refuses_other_trades():
    with pytest.raises(InputError, match="pass the same trades"):
        break_even_cost([0.1], [2.0, 2.0])

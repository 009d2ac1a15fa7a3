"""Sizes, distances, holdings and accounts: by hand, against their definition, and what they must not know."""

import numpy as np
import pandas as pd
import pytest

from tests.lib.backtest.test_backtest_engine import bars_of, options_of, walk_bars
from topoquant.lib.backtest import (
    BacktestOptions,
    Exits,
    account_errors,
    drawdown_table,
    misplaced_fills,
    position_sizes,
    random_entries,
    simulate,
    trade_signals,
)
from topoquant.lib.backtest.accounts import TOLERANCE
from topoquant.lib.backtest.levels import average_range, distances, time_limits
from topoquant.lib.backtest.sizing import expected_volatility
from topoquant.lib.errors import InputError
from topoquant.lib.labeling.widths import average_true_range_width

VOLATILITY = {"sizing": "volatility", "target_volatility": 0.2, "volatility_half_life": 20}


def free(**changed):
    return BacktestOptions(**{"fee": 0.0, "slippage": 0.0} | changed)


def test_average_range_is_the_one_labels_use():
    bars = walk_bars(120, 0).drop(index=range(50, 53)).reset_index(drop=True)
    expected = average_true_range_width(bars, period=14, interval="15m")
    np.testing.assert_allclose(average_range(bars, 14, interval="15m"), expected)


def test_an_atr_stop_is_that_many_ranges_from_the_fill():
    bars = walk_bars(200, 1)
    options = free(stop=1.5, take_profit=2.0, atr_period=14, holding=8)
    trades = simulate(bars, np.ones(200), options, interval="15m").trades
    width = pd.Series(
        average_range(bars, 14, interval="15m"), index=bars["open_time"] + pd.Timedelta("15min")
    )
    stopped = trades[(trades["reason"] == "stop") & (trades["exit_price"] < trades["entry_price"])]
    inside = stopped[~stopped["exit_time"].isin(bars["open_time"])]
    away = 1 - stopped["exit_price"] / stopped["entry_price"]
    assert (away.to_numpy() >= 1.5 * width[stopped["signal_time"]].to_numpy() - 1e-12).all()
    assert len(stopped) > 10
    assert len(inside) <= len(stopped)
    assert trades["signal_time"].min() > bars["open_time"].iloc[13]


def test_distances_of_entries_come_before_those_of_the_options():
    bars = walk_bars(40, 2)
    own = np.linspace(0.01, 0.1, 40)
    levels = distances(bars, free(stop=0.5, take_profit=0.3), Exits(stop=own), interval="15m")
    np.testing.assert_allclose(levels[:, 0], own)
    assert (levels[:, 1] == 0.3).all()
    assert np.isinf(levels[:, 2]).all()
    with pytest.raises(InputError, match="stop must be in"):
        distances(bars, free(), Exits(stop=np.full(40, 1.0)), interval="15m")
    with pytest.raises(InputError, match="of shape"):
        distances(bars, free(), Exits(take_profit=[0.1]), interval="15m")
    with pytest.raises(InputError, match="holding must be at least 1"):
        time_limits(bars, own, free(), Exits(holding=np.zeros(40, int)), interval="15m")


def test_without_a_holding_a_trade_lasts_until_the_signal_is_another():
    bars = bars_of([(10.0 + i,) * 4 for i in range(8)])
    trades = simulate(bars, [1, 1, 0, -1, -1, 1, 1, 1], free(), interval="15m").trades
    opened = bars["open_time"]
    assert trades["entry_time"].tolist() == [opened[1], opened[4], opened[6]]
    assert trades["exit_time"].tolist()[:2] == [opened[3], opened[6]]
    assert trades["side"].tolist() == ["long", "short", "long"]
    assert trades["reason"].tolist() == ["time", "time", "end"]


def test_waiting_for_another_signal_tells_nothing_before_it_comes():
    bars = walk_bars(100, 3)
    signal = np.sign(np.random.default_rng(0).normal(size=100))
    other = signal.copy()
    other[60:] *= -1
    one, two = (simulate(bars, s, free(stop=0.02), interval="15m").equity for s in (signal, other))
    pd.testing.assert_frame_equal(one.iloc[:61], two.iloc[:61])


def test_volatility_sizing_holds_volatility_and_looks_back_only():
    bars = walk_bars(3_000, 4)
    sizes = position_sizes(bars, np.ones(3_000), free(**VOLATILITY), interval="15m")
    returns = np.diff(np.log(bars["close"].to_numpy()))
    held = (sizes[:-1] * returns)[100:].std() * np.sqrt(365.25 * 96)
    assert held == pytest.approx(0.2, rel=0.1)
    assert (sizes[:20] == 0).all()
    changed = bars.copy()
    changed.loc[1_500:, "close"] *= 2
    again = position_sizes(changed, np.ones(3_000), free(**VOLATILITY), interval="15m")
    np.testing.assert_array_equal(sizes[:1_500], again[:1_500])
    gap = bars.drop(index=range(500, 600)).reset_index(drop=True)
    assert np.isfinite(expected_volatility(gap, 20, interval="15m")[21:]).all()


def test_probability_sizing_grows_with_certainty_and_needs_a_rate():
    bars = walk_bars(5, 5)
    p = [0.1, 0.2, 0.3, 0.5, 0.9]
    options = free(sizing="probability", size=2.0)
    sizes = position_sizes(bars, np.ones(5), options, interval="15m", probability=p, base_rate=0.1)
    assert sizes[0] == 0
    assert (np.diff(sizes) > 0).all()
    assert sizes[-1] < 2.0
    with pytest.raises(InputError, match="pass both"):
        position_sizes(bars, np.ones(5), options, interval="15m", probability=p)
    with pytest.raises(InputError, match="not logits"):
        position_sizes(bars, np.ones(5), options, interval="15m", probability=[2.0] * 5, base_rate=0.1)


def test_funding_is_paid_by_longs_and_received_by_shorts_for_every_bar_held():
    bars = bars_of([(10, 10, 10, 10)] * 8)
    for side, sign in ((1, 1), (-1, -1)):
        trades = simulate(bars, [side, *[0] * 7], free(funding=0.001, holding=3), interval="15m").trades
        assert trades["funding"].tolist() == pytest.approx([sign * 0.003])
        assert trades["net"].tolist() == pytest.approx([-sign * 0.003])


def test_exposure_never_passes_its_limit_and_several_positions_overlap():
    bars = walk_bars(500, 6)
    options = free(n_positions=4, size=0.5, max_exposure=1.2, holding=6)
    result = simulate(bars, np.ones(500), options, interval="15m")
    opened = result.trades["size"]
    assert result.equity["position"].max() > 1.0
    assert opened.max() == 0.5
    assert (opened < 0.5).any()
    assert result.equity["exposure"].max() < 1.3
    assert result.metrics["net_return"] == pytest.approx(result.trades["pnl"].sum())


def test_broken_accounts_are_found():
    bars = walk_bars(200, 7)
    result = simulate(bars, np.ones(200), options_of(), interval="15m")
    good = account_errors(result.trades, result.equity)
    assert all(error <= TOLERANCE for error in good.values())
    assert misplaced_fills(result.trades, bars, interval="15m") == 0
    early = result.trades.assign(entry_time=result.trades["entry_time"] - pd.Timedelta("30min"))
    assert account_errors(early, result.equity)["early fills"] == len(early)
    assert misplaced_fills(early, bars, interval="15m") == len(early)
    richer = result.trades.assign(pnl=result.trades["pnl"] + 0.001)
    assert account_errors(richer, result.equity)["equity"] > TOLERANCE
    unpaid = result.trades.assign(fee=0.0)
    assert account_errors(unpaid, result.equity)["gross less costs"] > TOLERANCE


def test_ranges_are_warm_where_trading_begins():
    bars = walk_bars(300, 8)
    rows = pd.DataFrame({"symbol": "BTCUSDT", "time": bars["open_time"].iloc[200:260], "signal": 1.0})
    options = free(stop=2.0, atr_period=50, holding=5, **VOLATILITY, n_random=20)
    traded = trade_signals(bars, rows, options, interval="15m", seed=0)
    assert traded.trades["signal_time"].min() == rows["time"].min()
    assert traded.metrics["random_low"] <= traded.metrics["random_high"]


def test_random_entries_of_several_positions_are_those_of_the_book():
    bars = walk_bars(120, 9)
    options = free(n_positions=3, holding=10, size=0.3)
    drawn = random_entries(bars, 20, options, 5, 0, interval="15m", n_short=5)
    assert drawn.n_entries == 20
    assert len(set(drawn.net_returns.tolist())) == 5
    with pytest.raises(InputError, match="when they end"):
        random_entries(bars, 3, free(), 5, 0, interval="15m", n_short=0)


def test_drawdowns_cover_every_bar_below_a_peak():
    equity = simulate(walk_bars(400, 10), np.ones(400), options_of(), interval="15m").equity
    table = drawdown_table(equity)
    assert table["n_bars"].sum() == (equity["drawdown"] > 0).sum()
    assert table["depth"].iloc[0] == pytest.approx(equity["drawdown"].max())
    assert drawdown_table(equity.assign(equity=1.0)).empty


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"stop": 1.5}, "set atr_period"),
        ({"trailing": 2.0}, "set atr_period"),
        ({"sizing": "volatility"}, "target_volatility"),
        ({"target_volatility": 0.2}, "target_volatility"),
        ({"n_positions": 0}, "n_positions"),
    ],
)
def test_options_refuse_what_has_no_meaning(changed, message):
    with pytest.raises(ValueError, match=message):
        free(**changed)
    assert free(stop=1.5, atr_period=14).stop == 1.5

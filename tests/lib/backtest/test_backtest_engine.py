"""The engine against hand-worked trades, and what it must never know."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.backtest import BacktestOptions, simulate
from topoquant.lib.errors import InputError

STEP = pd.Timedelta("15min")


def options_of(**changed):
    base = {
        "fee": 0.001, "slippage": 0.0005, "holding": 2, "side": "both", "size": 1.0,
        "stop": None, "take_profit": None, "n_random": 10,
    }  # fmt: skip
    return BacktestOptions(**base | changed)


def bars_of(rows, kept=None):
    opens, highs, lows, closes = np.array(rows, float).T
    time = pd.date_range("2024-01-01", periods=len(rows), freq=STEP, tz="UTC", unit="ns")
    frame = pd.DataFrame({
        "symbol": "BTCUSDT", "open_time": time, "open": opens, "high": highs, "low": lows, "close": closes,
        "volume": 1.0,
    })  # fmt: skip
    return frame if kept is None else frame[np.asarray(kept)].reset_index(drop=True)


def walk_bars(n, seed):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    opens = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0, 0.002, n))
    wick = 1 + np.abs(rng.normal(0, 0.005, (2, n)))
    return bars_of(
        np.c_[opens, np.maximum(opens, close) * wick[0], np.minimum(opens, close) / wick[1], close]
    )


def test_fill_is_the_next_open_and_exit_the_open_after_holding():
    bars = bars_of([(10 + i, 10.5 + i, 9.5 + i, 10.2 + i) for i in range(6)])
    trades = simulate(bars, [0, 1, 0, 0, 0, 0], options_of(), interval="15m").trades
    assert trades[["entry_price", "exit_price", "reason"]].to_numpy().tolist() == [[12.0, 14.0, "time"]]
    assert trades["entry_time"].iloc[0] == trades["signal_time"].iloc[0] == bars["open_time"].iloc[2]
    assert trades["gross"].iloc[0] == pytest.approx(14 / 12 - 1)
    assert trades["cost"].iloc[0] == pytest.approx(0.0015 * (1 + 14 / 12))


def test_stop_counts_first_and_gaps_fill_at_the_open():
    bars = bars_of(
        [(10, 10, 10, 10), (10, 12, 8, 10), (10, 10, 10, 10), (10, 10, 10, 10), (7, 7, 7, 7), (7, 7, 7, 7)]
    )
    options = options_of(stop=0.2, take_profit=0.2, holding=3)
    trades = simulate(bars, [1, 1, 0, 0, 0, 0], options, interval="15m").trades
    assert trades[["entry_price", "exit_price", "reason"]].to_numpy().tolist() == [
        [10.0, 8.0, "stop"],
        [10.0, 7.0, "stop"],
    ]


def test_a_gap_onto_a_level_fills_at_the_open_and_frees_the_next_bar_only():
    prices = [8, 8, 8, 7, 7, 10, 10, 10]
    bars = bars_of([(p, p, p, p) for p in prices])
    options = options_of(stop=0.125, take_profit=0.25, holding=5)
    trades = simulate(bars, [1, 0, 1, 1, 0, 0, 0, 0], options, interval="15m").trades
    # The signal of bar 2 came while the position was held; that of bar 3 after the stop.
    assert trades["reason"].tolist() == ["stop", "take_profit"]
    opened = bars["open_time"]
    assert trades["entry_time"].tolist() == [opened[1], opened[4]]
    assert trades["exit_time"].tolist() == [opened[3], opened[5]]


def test_a_gap_carries_the_position_to_the_next_open():
    rows = [(10, 10, 10, 10)] * 3 + [(11, 11, 11, 11)] * 3 + [(13, 13, 13, 13)] * 2
    bars = bars_of(rows, [True, True, True, False, False, False, True, True])
    trades = simulate(bars, [1, 0, 0, 0, 0], options_of(holding=2), interval="15m").trades
    assert trades["exit_price"].tolist() == [13.0]
    assert trades["exit_time"].iloc[0] == bars["open_time"].iloc[3]


def test_ruin_is_reported_and_ends_trading():
    bars = bars_of([(10, 10, 10, 10), (10, 25, 10, 20), (20, 20, 20, 20), (20, 20, 20, 20)])
    result = simulate(bars, [-1, -1, -1, 0], options_of(), interval="15m")
    assert result.trades["reason"].tolist() == ["ruin"]
    assert result.trades["net"].iloc[0] == pytest.approx(-1.0, abs=1e-12)
    assert result.metrics["ruined"] is True
    assert result.equity["equity"].iloc[1:].eq(0.0).all()


@settings(max_examples=15, deadline=None)
@given(cut=st.integers(10, 80), seed=st.integers(0, 99))
def test_equity_before_a_bar_does_not_depend_on_later_bars(cut, seed):
    bars = walk_bars(100, seed)
    signal = np.sign(np.random.default_rng(seed + 1).normal(size=100))
    changed = bars.copy()
    changed.loc[cut:, ["open", "high", "low", "close"]] *= 3.0
    options = options_of(stop=0.02, take_profit=0.03)
    one, other = (simulate(b, signal, options, interval="15m").equity for b in (bars, changed))
    pd.testing.assert_frame_equal(one.iloc[:cut], other.iloc[:cut])


def test_the_sign_of_the_closed_bar_earns_nothing_on_a_random_walk():
    rng = np.random.default_rng(3)
    n = 40_000
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.002, n)))
    opens = np.concatenate(([100.0], close[:-1]))
    bars = bars_of(np.c_[opens, np.maximum(opens, close), np.minimum(opens, close), close])
    options = options_of(fee=0.0, slippage=0.0, holding=1)
    gross = simulate(bars, np.sign(close - opens), options, interval="15m").trades["gross"]
    assert len(gross) > n * 0.99
    assert abs(gross.mean() / gross.std() * len(gross) ** 0.5) < 3
    # What filling inside the signal's own bar would have shown.
    leaked = np.abs(close / opens - 1)
    assert leaked.mean() / leaked.std() * n**0.5 > 100


def test_many_bars_and_many_trades_keep_the_accounts():
    result = simulate(
        walk_bars(300_000, 0), np.tile([1, 0, 0, -1, 0], 60_000), options_of(size=0.01), interval="15m"
    )
    assert len(result.trades) == pytest.approx(120_000, rel=0.01)
    np.testing.assert_allclose(
        result.trades["gross"] - result.trades["cost"], result.trades["net"], atol=1e-15
    )


def test_costs_only_ever_lower_the_result():
    result = simulate(walk_bars(500, 1), np.ones(500), options_of(), interval="15m")
    by_cost = [row["net_return"] for row in result.metrics["by_cost"]]
    assert by_cost[0] > by_cost[1] > by_cost[2]
    assert by_cost[0] == pytest.approx(result.metrics["gross_return"])
    assert by_cost[1] == pytest.approx(result.metrics["net_return"])


def test_no_signal_gives_no_trades_and_a_flat_path():
    bars = walk_bars(50, 2)
    result = simulate(bars, np.zeros(50), options_of(), interval="15m")
    assert result.trades.empty
    assert result.equity["equity"].eq(1.0).all()
    hold = bars["close"].iloc[-1] / bars["open"].iloc[1]
    assert result.equity["hold"].iloc[-1] == pytest.approx(hold - 0.0015 * (1 + hold))


@pytest.mark.parametrize(
    ("change", "signal", "message"),
    [
        ({}, [0.0, 1.0], "signal must be of shape"),
        ({}, [0.0, np.nan, 0.0], "write 0 where there is no prediction"),
        ({"symbol": ["A", "A", "B"]}, [0, 0, 0], "once per symbol"),
        ({"close": [10.0, 0.0, 10.0]}, [0, 0, 0], "prices must be"),
        ({"open": [10.0, np.nan, 10.0]}, [0, 0, 0], "prices must be"),
        ({"open_time": pd.to_datetime(["2024-01-02"] * 3, utc=True)}, [0, 0, 0], "sort the bars"),
    ],
)
def test_simulate_refuses(change, signal, message):
    bars = bars_of([(10, 10, 10, 10)] * 3).assign(**change)
    with pytest.raises(InputError, match=message):
        simulate(bars, signal, options_of(), interval="15m")


@pytest.mark.parametrize(
    "change",
    [{"holding": 0}, {"stop": 1.0}, {"fee": -0.1}, {"overlapping": True}, {"side": "up"}, {"trailing": 1.5}],
)
def test_options_refuse(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        options_of(**change)

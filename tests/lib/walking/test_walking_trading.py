"""The account of a walk: levels of every window, both ends of a direction, exits of the label."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lib.walking.test_walking_windows import STUDY, market, walk
from topoquant.lib.backtest import CostOptions, trade_predictions, trading_options
from topoquant.lib.errors import InputError
from topoquant.lib.labeling import DirectionOptions, TripleBarrierOptions
from topoquant.lib.walking import trade_windows, walk_signals

COSTS = CostOptions(fee=0.0004, slippage=0.0001, n_random=10)
TRADE = {"interval": "1h", "seed": 0, "base_rate": 0.5}


def rows_of(bars: pd.DataFrame, first: int = 100) -> pd.DataFrame:
    """Test rows of one window, with probabilities at random."""
    time = bars["open_time"].iloc[first:-2] + pd.Timedelta("1h")
    p = np.random.default_rng(1).uniform(0.2, 0.8, len(time))
    return pd.DataFrame({"symbol": "SYN", "time": time, "p_label": p, "threshold": 0.7, "lower": 0.35})


@given(st.lists(st.tuples(*[st.sampled_from([0.2, 0.4, 0.5, 0.6, np.nan])] * 3), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_row_beyond_one_level_is_a_signal_and_beyond_both_or_without_levels_is_none(rows):
    table = pd.DataFrame(rows, columns=["p_label", "threshold", "lower"]).fillna({"p_label": 0.5})
    table = table.assign(symbol="SYN", time=pd.date_range("2024", periods=len(table), freq="h", tz="UTC"))
    signals = {side: walk_signals(table, side)["signal"] for side in ("direction", "up", "down", "both")}
    for place, one in enumerate(table.itertuples()):
        up, down = one.p_label >= one.threshold, one.p_label <= one.lower
        expected = 0.0 if up and down else 1.0 if up else -1.0 if down else 0.0
        found = tuple(signals[side][place] for side in signals)
        assert found == (expected, float(up), -float(up), 0.0)


def test_one_window_is_traded_as_a_study_with_both_levels():
    bars, _ = market()
    rows, label = rows_of(bars), DirectionOptions(horizon=4)
    walked = trade_windows(bars, rows, label, COSTS, **TRADE)
    options = trading_options(COSTS, holding=4, side="direction")
    study = trade_predictions(bars, rows, options, upper=0.7, lower=0.35, interval="1h", seed=0)
    pd.testing.assert_frame_equal(walked.trades, study.trades)
    pd.testing.assert_frame_equal(walked.equity, study.equity)
    assert walked.metrics == study.metrics
    assert min(walked.metrics["n_long"], walked.metrics["n_short"]) > 20


def test_every_window_has_its_own_levels():
    bars, _ = market()
    rows = rows_of(bars)
    second = rows.index >= rows.index[len(rows) // 2]
    rows.loc[second, ["threshold", "lower"]] = [0.9, 0.25]
    trades = trade_windows(bars, rows, DirectionOptions(horizon=2), COSTS, **TRADE).trades
    late = trades["signal_time"] >= rows.loc[second, "time"].min()
    assert set(trades.loc[late, "side"]) == {"short"}
    assert set(trades.loc[~late, "side"]) == {"long", "short"}
    traded = trades.merge(rows, left_on="signal_time", right_on="time")
    assert (traded.loc[late.to_numpy(), "p_label"] <= 0.25).all()


def test_barriers_of_the_label_end_trades_and_probabilities_size_them():
    bars, _ = market()
    rows = rows_of(bars)
    label = TripleBarrierOptions(horizon=24, upper=1.5, lower=1.5, side="up", width="atr", period=14)
    trades = trade_windows(bars, rows, label, COSTS, **TRADE).trades
    assert {"stop", "take_profit"} <= set(trades["reason"])
    sized = CostOptions(fee=0.0, slippage=0.0, sizing="probability")
    sizes = trade_windows(bars, rows, DirectionOptions(horizon=2), sized, **TRADE).trades["size"]
    assert sizes.nunique() == len(sizes) > 20
    with pytest.raises(InputError, match="base_rate"):
        trade_windows(bars, rows, DirectionOptions(horizon=2), sized, **TRADE | {"base_rate": 0.0})


def test_a_direction_that_is_known_is_traded_on_both_sides_and_earns_on_both():
    bars, features = market(strength=0.9)
    walked = walk(bars, features)
    assert walked.predictions["lower"].notna().all()
    assert (walked.windows["lower"] < walked.windows["threshold"]).all()
    assert (walked.windows["lower_precision"] > 0.6).all()
    traded = trade_windows(bars, walked.predictions, STUDY.label, COSTS, **TRADE)
    earned = traded.trades.groupby("side")["gross"].agg(["size", "mean"])
    assert (earned["size"] >= 20).all()
    assert (earned["mean"] > 0).all()
    signalled = walked.predictions.set_index("time")["p_label"]
    shorts = traded.trades.loc[traded.trades["side"] == "short", "signal_time"]
    lower = walked.predictions.set_index("time")["lower"]
    assert (signalled[shorts] <= lower[shorts]).all()

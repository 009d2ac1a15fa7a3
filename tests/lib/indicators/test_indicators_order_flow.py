"""Order flow: what takers bought and sold, as volumes and as channels; absent where nobody knows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.bars import synthetic_bars
from topoquant.lib.errors import InputError
from topoquant.lib.indicators import CHANNEL_SETS, IndicatorOptions, indicators, order_flow
from topoquant.lib.indicators.order_flow import FLOW_COLUMNS

FLOW = CHANNEL_SETS["flow"]


def make_options(*sets, volume_period=4):
    return IndicatorOptions(
        sets=sets, rsi_period=2, macd_fast=2, macd_slow=3, macd_signal=2, band_period=2, band_width=2.0,
        atr_period=2, momentum_period=1, volume_period=volume_period,
    )  # fmt: skip


def make_bars(volume, bought):
    """Bars at one price, 15 minutes apart."""
    open_time = pd.date_range("2024-01-01", periods=len(volume), freq="15min", tz="UTC").as_unit("ns")
    prices = {"open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0}
    return pd.DataFrame(
        {"symbol": "A", "open_time": open_time, **prices, "volume": volume, "taker_buy_volume": bought}
    )


# Volumes and shares from a grid that holds no trade, all bought and all sold.
flows = st.lists(st.tuples(st.sampled_from([0.0, 1.0, 4.0]), st.sampled_from([0.0, 0.25, 1.0])), min_size=6)


def test_volumes_by_hand():
    bars = make_bars([10.0, 4.0, 0.0, 6.0], [7.0, 1.0, 0.0, 6.0])
    table = order_flow(bars)
    assert table.columns.tolist() == ["symbol", "time", *FLOW_COLUMNS]
    assert table["sell_volume"].tolist() == [3.0, 3.0, 0.0, 0.0]
    assert table["delta"].tolist() == [4.0, -2.0, 0.0, 6.0]
    assert table["cumulative_delta"].tolist() == [4.0, 2.0, 2.0, 8.0]
    assert table["time"].tolist() == (bars["open_time"] + pd.Timedelta("15min")).tolist()


def test_channels_by_hand():
    bars = make_bars([10.0, 4.0, 0.0, 6.0], [7.0, 1.0, 0.0, 6.0])
    row = indicators(bars, make_options("flow"), interval="15m").iloc[-1]
    assert row["buy_share"] == 1.0
    assert row["delta_ratio"] == pytest.approx(6 / 5)
    assert row["cumulative_delta_share"] == pytest.approx(8 / 20)


@settings(max_examples=50, deadline=None)
@given(flows)
def test_what_is_bought_and_what_is_sold_make_up_the_volume(pairs):
    volume, share = np.array(pairs).T
    bars = make_bars(volume, volume * share)
    table = order_flow(bars)
    np.testing.assert_array_equal(table["buy_volume"] + table["sell_volume"], volume)
    assert table["cumulative_delta"].iloc[-1] == pytest.approx(2 * (volume * share).sum() - volume.sum())
    channels = indicators(bars, make_options("flow"), interval="15m").iloc[3:]
    assert channels["buy_share"].between(0, 1).all()
    assert channels["cumulative_delta_share"].between(-1 - 1e-12, 1 + 1e-12).all()


@settings(max_examples=25, deadline=None)
@given(flows, st.data())
def test_nothing_depends_on_later_bars(pairs, data):
    volume, share = np.array(pairs).T
    bars = make_bars(volume, volume * share)
    n = data.draw(st.integers(2, len(bars)))
    later = bars.assign(volume=np.where(bars.index < n, bars["volume"], 99.0))
    for function in (order_flow, lambda some: indicators(some, make_options("flow"), interval="15m")):
        expected = function(bars).iloc[:n]
        pd.testing.assert_frame_equal(function(bars.iloc[:n]), expected)
        pd.testing.assert_frame_equal(function(later).iloc[:n], expected)


def test_no_sum_crosses_a_gap():
    bars = make_bars([1.0] * 8, [1.0] * 8).drop(index=3).reset_index(drop=True)
    assert order_flow(bars)["cumulative_delta"].tolist() == [1, 2, 3, 1, 2, 3, 4]
    channels = indicators(bars, make_options("flow"), interval="15m")
    assert channels[FLOW[2]].isna().tolist() == [True] * 6 + [False]


def test_the_unit_of_volume_does_not_matter_to_channels():
    bars = synthetic_bars("noise", n_bars=60, seed=1, interval="15m").bars
    small = bars.assign(volume=bars["volume"] * 2.0**-20)
    small["taker_buy_volume"] *= 2.0**-20
    one, other = (indicators(some, make_options("flow"), interval="15m") for some in (bars, small))
    pd.testing.assert_frame_equal(one, other, rtol=1e-12)


def test_without_takers_the_columns_are_absent_and_it_is_said():
    bars = make_bars([1.0, 2.0], 0.0).drop(columns="taker_buy_volume")
    table = order_flow(bars)
    assert table.columns.tolist() == ["symbol", "time"]
    assert len(table) == 2
    assert "no taker_buy_volume" in table.attrs["notes"][0]


def test_a_table_without_takers_is_that_of_the_other_sets():
    bars = synthetic_bars("noise", n_bars=60, seed=1, interval="15m").bars.drop(columns="taker_buy_volume")
    asked, given_ = (
        indicators(bars, make_options(*sets, volume_period=20), interval="15m")
        for sets in (("price", "flow"), ("price",))
    )
    pd.testing.assert_frame_equal(asked, given_)
    assert asked["close_return"].first_valid_index() == 1
    with pytest.raises(InputError, match=r"sets must be at least one.*flow without taker_buy_volume"):
        indicators(bars, make_options("flow"), interval="15m")


def test_an_unknown_taker_volume_stays_unknown():
    bars = make_bars([1.0] * 12, [0.5] * 12)
    bars.loc[5, "taker_buy_volume"] = np.nan
    table, channels = order_flow(bars), indicators(bars, make_options("flow"), interval="15m")
    assert table["delta"].isna().tolist() == [i == 5 for i in range(12)]
    assert table["cumulative_delta"].isna().tolist() == [i >= 5 for i in range(12)]
    assert channels[FLOW[2]].iloc[3:].isna().tolist() == [5 <= i <= 8 for i in range(3, 12)]


@pytest.mark.parametrize("bought", [-1.0, 2.1])
def test_takers_cannot_buy_less_than_nothing_or_more_than_was_traded(bought):
    bars = make_bars([2.0, 2.0, 2.0], [1.0, bought, 1.0])
    for function in (order_flow, lambda some: indicators(some, make_options("flow"), interval="15m")):
        with pytest.raises(InputError, match=r"taker_buy_volume must be in \[0, 2\], the volume of its bar"):
            function(bars)

"""Without an interval, functions of bars read it off the stamps and give the same."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.backtest import BacktestOptions, simulate
from topoquant.lib.bars import synthetic_bars
from topoquant.lib.indicators import IndicatorOptions, indicators
from topoquant.lib.labeling import label_trigger
from topoquant.lib.topology import TdaOptions, tda_features
from topoquant.lib.validity import check_prefix_invariance

INDICATORS = IndicatorOptions(
    sets=("price", "volume", "technical"), rsi_period=14, macd_fast=12, macd_slow=26, macd_signal=9,
    band_period=20, band_width=2.0, atr_period=14, momentum_period=10, volume_period=20,
)  # fmt: skip
TDA = TdaOptions(
    windows=(20,),
    dimension=2,
    delay=1,
    series=("log_price",),
    n_bins=5,
    n_layers=1,
    grid_max=1.0,
    sublevel=True,
    sublevel_max=4.0,
    backend="sliding",
    n_jobs=1,
)
COSTS = BacktestOptions(
    fee=0.001, slippage=0.0, holding=3, side="both", size=1.0, stop=None, take_profit=None, n_random=2
)


def trade(bars, **given):
    return simulate(bars, np.resize([1, 0, -1, 0], len(bars)), COSTS, **given).equity


def label(bars, **given):
    return label_trigger(bars, threshold=0.004, horizon=4, side="up", **given)


def describe(bars, **given):
    return indicators(bars, INDICATORS, **given)


def shape(bars, **given):
    return pd.DataFrame(tda_features(bars, TDA, **given).values)


@pytest.fixture(scope="module")
def bars():
    whole = synthetic_bars("regime", n_bars=120, seed=1, interval="5m").bars
    return whole.drop(index=[50, 51]).reset_index(drop=True)


@pytest.mark.parametrize("function", [trade, label, describe, shape])
def test_the_stamps_show_the_interval(bars, function):
    pd.testing.assert_frame_equal(function(bars), function(bars, interval="5m"))


def test_prefix_check_reads_the_interval(bars):
    found = check_prefix_invariance(describe, bars, [60, 90])
    assert found == check_prefix_invariance(describe, bars, [60, 90], interval="5m")
    assert found.status == "ok"
    assert found.numbers["n_compared"] == 2

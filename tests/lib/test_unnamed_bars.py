"""Functions of one symbol's bars work on bars that name none, and say the same but for the name."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.backtest import BacktestOptions, entry_signal, simulate
from topoquant.lib.bars import synthetic_bars
from topoquant.lib.labeling import label_trigger
from topoquant.lib.topology import TdaOptions, tda_features
from topoquant.lib.validity import check_prefix_invariance

TDA = TdaOptions(windows=[24], dimension=3, delay=1, series=["log_price"], n_bins=5, n_layers=1, grid_max=1.0,
                 sublevel=True, sublevel_max=4.0, backend="sliding", n_jobs=1)  # fmt: skip
COSTS = BacktestOptions(fee=0.0005, slippage=0.0, holding=4, side="both", size=1.0, stop=0.01,
                        take_profit=None, n_random=2)  # fmt: skip


def _signal(bars: pd.DataFrame) -> np.ndarray:
    return np.resize([0.0, 1.0, 0.0, 0.0, -1.0], len(bars))


FUNCTIONS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "label_trigger": lambda bars: label_trigger(bars, threshold=0.004, horizon=4, side="up"),
    "tda_features": lambda bars: tda_features(bars, TDA).index,
    "trades": lambda bars: simulate(bars, _signal(bars), COSTS).trades,
    "equity": lambda bars: simulate(bars, _signal(bars), COSTS).equity,
}


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    return synthetic_bars("regime", n_bars=120, seed=3, interval="15m").bars


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_name_of_the_symbol_is_the_only_difference(bars: pd.DataFrame, name: str):
    named, unnamed = FUNCTIONS[name](bars), FUNCTIONS[name](bars.drop(columns="symbol"))
    assert named.columns[0] == "symbol"
    assert len(named) > 0
    pd.testing.assert_frame_equal(named.drop(columns="symbol"), unnamed)


def test_predictions_belong_to_unnamed_bars(bars: pd.DataFrame):
    time = bars["open_time"].iloc[[3, 5]] + pd.Timedelta("15min")
    predictions = pd.DataFrame({"time": time, "p_label": [0.9, 0.1]})
    unnamed = bars.drop(columns="symbol")
    signal = entry_signal(unnamed, predictions, interval="15m", side="both", upper=0.6, lower=0.4)
    assert np.flatnonzero(signal).tolist() == [3, 5]


def test_prefix_invariance_is_checked_without_a_name(bars: pd.DataFrame):
    def closes(part: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"time": part["open_time"] + pd.Timedelta("15min"), "x": part["close"]})

    def peeking(part: pd.DataFrame) -> pd.DataFrame:
        return closes(part).assign(x=part["close"].iloc[::-1].cummax())

    unnamed = bars.drop(columns="symbol").assign(close=np.arange(1.0, len(bars) + 1))
    assert check_prefix_invariance(closes, unnamed, [50, 80]).status == "ok"
    assert check_prefix_invariance(peeking, unnamed, [50, 80]).status == "leak"

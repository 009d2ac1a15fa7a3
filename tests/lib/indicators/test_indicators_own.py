"""Features of the user's own stand beside the channels, and are audited like them."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import decision_time
from topoquant.lib.errors import InputError
from topoquant.lib.indicators import IndicatorOptions, indicators
from topoquant.lib.validity import check_prefix_invariance

MODULE = """
import pandas as pd

from topoquant.lib.bars import decision_time, infer_interval
from topoquant.lib.options import options


@options
class Window:
    window: int


def place(bars, options: Window):
    low, high = bars["low"].rolling(options.window).min(), bars["high"].rolling(options.window).max()
    rows = pd.DataFrame({
        "time": decision_time(bars, infer_interval(bars)), "in_range": (bars["close"] - low) / (high - low),
        "rising": bars["close"] > bars["open"],
    })
    return rows[options.window - 1 :]


def centred(bars):
    mean = bars["close"].rolling(3, center=True, min_periods=1).mean()
    return pd.DataFrame({"time": decision_time(bars, infer_interval(bars)), "mean": mean})


def spoil(bars):
    bars["close"] = 1.0
    return pd.DataFrame({"time": decision_time(bars, infer_interval(bars)), "one": 1.0})


def nothing(bars):
    return bars[["close"]]


def text(bars):
    return pd.DataFrame({"time": decision_time(bars, infer_interval(bars)), "name": "a"})


def late(bars):
    return pd.DataFrame({"time": bars["open_time"] - pd.Timedelta("9h"), "one": 1.0})


def twice(bars):
    return pd.concat([spoil(bars), spoil(bars)])


def naive(bars):
    return pd.DataFrame({"time": bars["open_time"].dt.tz_localize(None), "one": 1.0})
"""
PERIODS = {
    "rsi_period": 5, "macd_fast": 3, "macd_slow": 6, "macd_signal": 3, "band_period": 5, "band_width": 2.0,
    "atr_period": 5, "momentum_period": 3, "volume_period": 5,
}  # fmt: skip


@pytest.fixture
def bars() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 60)))
    open_ = np.append(100.0, close[:-1])
    return pd.DataFrame({
        "symbol": "SYN", "open_time": pd.date_range("2024-01-01", periods=60, freq="h", tz="UTC"),
        "open": open_, "high": np.maximum(open_, close) * 1.001, "low": np.minimum(open_, close) * 0.999,
        "close": close, "volume": rng.uniform(1, 2, 60),
    })  # fmt: skip


@pytest.fixture
def module(own_module) -> str:
    return own_module(MODULE)


def chosen(*functions: dict) -> IndicatorOptions:
    return IndicatorOptions(sets=("price",), **PERIODS, functions=functions)


def test_columns_of_own_functions_follow_the_channels(bars, module):
    ours = indicators(bars, IndicatorOptions(sets=("price",), **PERIODS))
    table = indicators(bars, chosen({"function": f"{module}:place", "options": {"window": 10}}))
    pd.testing.assert_frame_equal(table[ours.columns], ours)
    assert table.columns.tolist()[len(ours.columns) :] == ["place_in_range", "place_rising"]
    assert (table.dtypes[-2:] == "float64").all()
    assert table["place_in_range"].isna().sum() == 9
    assert table["place_in_range"].dropna().between(0, 1).all()
    assert (table["time"] == decision_time(bars, "1h")).all()


def test_an_own_function_cannot_change_the_bars_of_others(bars, module):
    before = bars.copy()
    indicators(bars, chosen({"function": f"{module}:spoil"}))
    pd.testing.assert_frame_equal(bars, before)


def test_the_check_of_all_features_runs_on_own_ones(bars, module):
    honest = chosen({"function": f"{module}:place", "options": {"window": 10}})
    leaking = chosen({"function": f"{module}:centred"})
    cuts = [30, 40]
    assert check_prefix_invariance(partial(indicators, options=honest), bars, cuts).status == "ok"
    found = check_prefix_invariance(partial(indicators, options=leaking), bars, cuts)
    assert (found.status, found.numbers["columns"]) == ("leak", ["centred_mean"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", "must be a table .+ with a column time, got columns close"),
        ("text", "columns of what .+ must be time and numbers, got name"),
        ("late", "time of what .+ must be the decision time of a bar"),
        ("twice", "time of what .+ must be there once"),
        ("naive", "time of what .+ must be a UTC time"),
    ],
)
def test_what_is_no_table_of_features_is_refused(bars, module, name, said):
    with pytest.raises(InputError, match=said):
        indicators(bars, chosen({"function": f"{module}:{name}"}))


def test_a_column_that_is_there_already_is_refused(bars, module):
    same = {"function": f"{module}:spoil"}
    with pytest.raises(InputError, match="must be new to the table, got spoil_one"):
        indicators(bars, chosen(same, same))


def test_options_of_own_functions_are_checked_at_once(module):
    with pytest.raises(ValueError, match=f"options.window of {module}:place must be a valid integer"):
        chosen({"function": f"{module}:place", "options": {"window": "x"}})

"""Complexity of bars: finer bars without peeking, gaps, columns that always have a value."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import resample_bars, synthetic_bars
from topoquant.lib.complexity import (
    coarse_symbols,
    complexity_features,
    complexity_interval,
    complexity_names,
    complexity_of_symbols,
    rolling_complexity,
)
from topoquant.lib.errors import InputError
from topoquant.lib.validity import check_prefix_invariance

WINDOW = 12
ALL_SERIES = ["log_return", "log_price", "log_range"]


@pytest.fixture(scope="module")
def minutes():
    """Bars of a minute, five of them missing."""
    bars = synthetic_bars("noise", n_bars=600, seed=3, interval="1m").bars
    return bars.drop(index=range(310, 315)).reset_index(drop=True)


@pytest.fixture(scope="module")
def quarters(minutes):
    return resample_bars(minutes, "15m")


@pytest.mark.parametrize("interval", [None, "5m", "15m"])
def test_no_column_changes_when_the_future_is_cut_off(minutes, quarters, interval, small):
    """Of every series and measure, on every interval: finer bars from `time` on change nothing."""
    options = small(series=ALL_SERIES, windows=[8, WINDOW], interval=interval)

    def compute(some):
        time = some["open_time"].max() + pd.Timedelta("15min")
        known = minutes.loc[minutes["open_time"] < time]
        return complexity_features(some, options, interval="15m", finer=known)

    whole = complexity_features(quarters, options, interval="15m", finer=minutes)
    assert whole.columns.tolist()[2:] == complexity_names(options)
    cuts = range(0, len(quarters), 3)
    check = check_prefix_invariance(compute, quarters, cuts, interval="15m", rtol=0.0)
    assert check.status == "ok", check.finding
    pd.testing.assert_frame_equal(compute(quarters), whole)
    # What comes later can be anything.
    time = quarters["open_time"].iloc[29] + pd.Timedelta("15min")
    garbage = minutes.copy()
    garbage.loc[garbage["open_time"] >= time, ["open", "high", "low", "close"]] *= 7
    other = complexity_features(quarters, options, interval="15m", finer=garbage)
    pd.testing.assert_frame_equal(other.iloc[:30], whole.iloc[:30])


def test_a_decision_without_its_finer_bar_is_empty(minutes, quarters, small):
    time = quarters["open_time"].iloc[9] + pd.Timedelta("15min")
    holed = minutes[minutes["open_time"] != time - pd.Timedelta("1min")].reset_index(drop=True)
    table = complexity_features(quarters, small(), interval="15m", finer=holed)
    assert table.iloc[9, 2:].isna().all()
    assert table.iloc[20, 2:].notna().all()


def test_finer_bars_that_fill_no_bar_of_the_interval_leave_every_row_empty(minutes, quarters, small):
    table = complexity_features(quarters, small(interval="5m"), interval="15m", finer=minutes.iloc[1:4])
    assert len(table) == len(quarters)
    assert table.iloc[:, 2:].isna().all(axis=None)


def test_a_row_is_that_of_the_last_finer_bars(minutes, quarters, small):
    options = small(series=["log_price"], interval="5m", sample_tolerance=1.5)
    table = complexity_features(quarters, options, interval="15m", finer=minutes)
    fives = resample_bars(minutes, "5m")
    row = 15
    last = fives.index[fives["open_time"] == table["time"].iloc[row] - pd.Timedelta("5min")][0]
    closes = np.log(fives["close"].to_numpy()[last - WINDOW + 1 : last + 1])
    expected = rolling_complexity(closes, options).iloc[-1].to_numpy()
    np.testing.assert_allclose(table.iloc[row, 2:].to_numpy(float), expected, rtol=1e-9)


def test_no_window_crosses_a_gap(minutes, quarters, small):
    options = small(series=["log_return"])
    table = complexity_features(quarters, options, interval="15m", finer=minutes)
    has_value = table.iloc[:, 2:].notna().all(axis=1)
    after = minutes["open_time"].iloc[310]
    # 12 returns are 13 bars: the first decisions that have them, at the beginning and after the gap.
    first = table.loc[has_value, "time"].iloc[0]
    assert first >= minutes["open_time"].iloc[0] + pd.Timedelta("13min")
    assert (table["time"][~has_value & (table["time"] > first)] <= after + pd.Timedelta("15min")).all()
    assert not has_value[(table["time"] > after) & (table["time"] < after + pd.Timedelta("13min"))].any()
    own = complexity_features(quarters, options, interval="15m")
    run = table["time"].diff().ne(pd.Timedelta("15min")).cumsum()
    assert (own.iloc[:, 2:].notna().all(axis=1) == (run.groupby(run).cumcount() >= WINDOW)).all()


def test_without_finer_bars_the_bars_themselves_are_taken(quarters, small):
    options = small(interval="5m")
    own = complexity_features(quarters, options, interval="15m")
    pd.testing.assert_frame_equal(
        complexity_features(quarters, options, interval="15m", finer=quarters.iloc[:0]), own
    )
    assert complexity_interval(options, "15m", "15m") == "15m"
    unnamed = complexity_features(quarters.drop(columns="symbol"), options, interval="15m")
    pd.testing.assert_frame_equal(unnamed, own.drop(columns="symbol"))


def test_symbols_have_their_own_finer_bars(minutes, quarters, small):
    options = small(interval="5m")
    both = pd.concat([quarters.assign(symbol="A"), quarters.assign(symbol="B")], ignore_index=True)
    finer = minutes.assign(symbol="A")
    table = complexity_of_symbols(both, finer, options, interval="15m")
    with_finer = complexity_features(quarters, options, interval="15m", finer=minutes)
    without = complexity_features(quarters, options, interval="15m")
    values = complexity_names(options)
    pd.testing.assert_frame_equal(table.loc[table["symbol"] == "A", values], with_finer[values])
    np.testing.assert_array_equal(table.loc[table["symbol"] == "B", values], without[values])
    assert coarse_symbols(both, finer, options, interval="15m") == {"B": "15m"}
    assert coarse_symbols(both, finer, small(), interval="15m") == {}


def test_a_market_that_stands_still_has_values_all_the_same(small):
    bars = pd.DataFrame({
        "open_time": pd.date_range("2024", periods=40, freq="15min", tz="UTC"),
        "close": np.r_[np.full(25, 5.0), 5.0 + np.arange(15) ** 2],
    })  # fmt: skip
    options = small(series=["log_price"], sample_tolerance=1e-6)
    table = complexity_features(bars, options, interval="15m").iloc[:, 1:]
    assert table.iloc[: WINDOW - 1].isna().all(axis=None)
    assert np.isfinite(table.iloc[WINDOW - 1 :]).all(axis=None)
    still = table.iloc[20].to_numpy()
    np.testing.assert_array_equal(still, [0.0, 0.0, 0.0, 2.0, 1.0, 0.5])
    # Nothing is as near as a millionth of a deviation: the largest of 10 templates.
    assert table["complexity_log_price_sample_12"].iloc[-1] == pytest.approx(np.log(45))


def test_refusals(minutes, quarters, small):
    with pytest.raises(InputError, match=r"features_complexity.interval must be 15m or a whole part.*got 4m"):
        complexity_features(quarters, small(interval="4m"), interval="15m", finer=minutes)
    bad = quarters.copy()
    bad.loc[3, "close"] = np.nan
    with pytest.raises(InputError, match=r"bars.close must be finite and > 0, got nan at 2024"):
        complexity_features(bad, small(), interval="15m")
    two = pd.concat([quarters, quarters.assign(symbol="B")])
    with pytest.raises(InputError, match="bars must be of one symbol"):
        complexity_features(two, small(), interval="15m")


def test_real_minutes(real_data, small):
    """Every row of the last days of real minutes has a value in every column."""
    path = real_data / "btcusdt_spot_1m_2026-03_2026-05.parquet"
    bars = pd.read_parquet(path).tail(3_000).rename(columns={"timestamp": "open_time"}).assign(symbol="BTC")
    options = small(series=ALL_SERIES, windows=[96], box_sizes=[4, 6, 8, 12, 16, 24], higuchi_lags=10)
    quarters = resample_bars(bars.reset_index(drop=True), "15m")
    table = complexity_features(quarters, options, interval="15m", finer=bars.reset_index(drop=True))
    assert np.isfinite(table.iloc[7:, 2:]).all(axis=None)
    mean = table.iloc[7:, 2:].mean()
    assert 1.8 < mean["complexity_log_return_higuchi_96"] < 2.1
    assert 1.3 < mean["complexity_log_price_higuchi_96"] < 1.7
    assert 0.3 < mean["complexity_log_return_detrended_96"] < 0.8

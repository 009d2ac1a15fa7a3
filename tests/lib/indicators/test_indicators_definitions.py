"""Columns beside TA-Lib, pandas, scipy and their plain definitions; published tables."""

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from topoquant.lib.indicators import CHANNEL_SETS, SETS, indicators
from topoquant.lib.indicators.rolling_kernel import (
    BLOCK,
    cumulative_zscore,
    rolling_correlation,
    rolling_mean_std,
    rolling_skew_kurtosis,
    rolling_sum,
)

INTERVAL = "1h"
# Prices that repeat, rise and fall on a grid: windows without movement are among them.
GRID = arrays(np.float64, st.integers(12, 40), elements=st.sampled_from([1.0, 1.5, 2.0, 4.0]))


@pytest.fixture(scope="module")
def bars(market):
    return market[0]


@pytest.fixture(scope="module")
def table(bars, options):
    return indicators(bars, options(*SETS[:-3]), interval=INTERVAL)


def agree(table, expected):
    for name, values in expected.items():
        theirs = np.asarray(values, dtype=np.float64)
        known = table[name].notna().to_numpy() & np.isfinite(theirs)
        # TA-Lib's stochastic begins two rows after it could.
        assert known.sum() >= table[name].notna().sum() - 2 > 100, name
        np.testing.assert_allclose(table[name][known], theirs[known], rtol=1e-7, atol=1e-9, err_msg=name)


def test_prices_by_pandas(bars, table):
    close, high, low, opens = (bars[name] for name in ("close", "high", "low", "open"))
    log_return = np.log(close).diff()
    agree(
        table,
        {
            "return_7": close.pct_change(7),
            "log_return_30": np.log(close).diff(30),
            "scaled_momentum_14": np.log(close).diff(14) / (log_return.rolling(30).std(ddof=0) * 14**0.5),
            "acceleration_5": np.log(close).diff(5).diff(5),
            "range_spread": np.log(high / low),
            "body_share": (close - opens) / (high - low),
            "upper_shadow": (high - np.maximum(opens, close)) / close,
            "typical_price_spread": 3 * close / (high + low + close) - 1,
            "gap": np.log(opens / close.shift()),
            "gap_size_20": np.log(opens / close.shift()).abs().rolling(20).mean(),
            "high_distance_14": np.log(close / high.rolling(14).max()),
            "low_distance_60": np.log(close / low.rolling(60).min()),
        },
    )


def test_averages_and_oscillators_by_talib(bars, table):
    close, high, low = (bars[name].to_numpy() for name in ("close", "high", "low"))
    line, signal, histogram = talib.MACD(close, 12, 26, 9)
    slow_k, slow_d = talib.STOCH(high, low, close, 14, 3, 0, 3, 0)
    agree(
        table,
        {
            "sma_ratio_20": close / talib.SMA(close, 20) - 1,
            "ema_ratio_200": close / talib.EMA(close, 200) - 1,
            "sma_cross_50_200": talib.SMA(close, 50) / talib.SMA(close, 200) - 1,
            "ema_cross_5_20": talib.EMA(close, 5) / talib.EMA(close, 20) - 1,
            "sma_slope_20": talib.SMA(close, 20) / pd.Series(talib.SMA(close, 20)).shift(5) - 1,
            "macd_line": line / close,
            "macd_signal": signal / close,
            "macd_histogram": histogram / close,
            "rsi_21": talib.RSI(close, 21) / 100,
            "stochastic_k_14": slow_k / 100,
            "stochastic_d_14": slow_d / 100,
            "williams_r_14": talib.WILLR(high, low, close, 14) / 100,
            "roc_12": talib.ROC(close, 12) / 100,
            "cci_20": talib.CCI(high, low, close, 20) / 100,
            "adx_14": talib.ADX(high, low, close, 14) / 100,
            "minus_di_14": talib.MINUS_DI(high, low, close, 14) / 100,
            "aroon_oscillator_25": talib.AROONOSC(high, low, 25) / 100,
            "ultimate_oscillator": talib.ULTOSC(high, low, close, 7, 14, 28) / 100,
            "trix_15": talib.TRIX(close, 15) / 100,
        },
    )


def test_volatility_by_pandas_and_talib(bars, table):
    close, high, low, opens = (bars[name] for name in ("close", "high", "low", "open"))
    mean, std = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
    width, body = np.log(high / low), np.log(close / opens)
    atr = pd.Series(talib.ATR(*(one.to_numpy() for one in (high, low, close)), 10))
    ema = pd.Series(talib.EMA(close.to_numpy(), 20))
    satchell = np.log(high / close) * np.log(high / opens) + np.log(low / close) * np.log(low / opens)
    gap = np.log(opens / close.shift())
    k = 0.34 / (1.34 + 11 / 9)
    zhang = gap.rolling(10).var() + k * body.rolling(10).var() + (1 - k) * satchell.rolling(10).mean()
    agree(
        table,
        {
            "volatility_20": np.log(close).diff().rolling(20).std(ddof=0),
            "bollinger_width_20": 4 * std / mean,
            "percent_b_20": (close - (mean - 2 * std)) / (4 * std),
            "true_range": np.maximum(high, close.shift()) / close - np.minimum(low, close.shift()) / close,
            "atr_14": talib.NATR(high.to_numpy(), low.to_numpy(), close.to_numpy(), 14) / 100,
            "keltner_width_20": 4 * atr / ema,
            "keltner_position_20": (close - (ema - 2 * atr)) / (4 * atr),
            "parkinson_10": np.sqrt((width**2).rolling(10).mean() / (4 * np.log(2))),
            "garman_klass_30": np.sqrt((0.5 * width**2 - (2 * np.log(2) - 1) * body**2).rolling(30).mean()),
            "rogers_satchell_20": np.sqrt(satchell.rolling(20).mean()),
            "yang_zhang_10": np.sqrt(zhang),
        },
    )


def test_volume_by_pandas_and_talib(bars, table):
    close, volume = bars["close"], bars["volume"]
    delta = 2 * bars["taker_buy_volume"] - volume
    obv = pd.Series(talib.OBV(close.to_numpy(), volume.to_numpy()))
    place = (2 * close - bars["high"] - bars["low"]) / (bars["high"] - bars["low"])
    trend = (volume * close.pct_change()).fillna(0).cumsum()
    cvd = delta.cumsum()
    fast, slow = volume.rolling(5).mean(), volume.rolling(20).mean()
    above = close > bars["high"].rolling(20).max().shift()
    below = close < bars["low"].rolling(20).min().shift()
    agree(
        table,
        {
            "volume_ratio_20": np.log1p(volume / slow),
            "volume_cross_5_20": (fast - slow) / (fast + slow),
            "volume_zscore_50": (volume - volume.rolling(50).mean()) / volume.rolling(50).std(ddof=0),
            "obv_change_10": obv.diff(10) / volume.rolling(10).sum(),
            "obv_zscore_50": (obv - obv.rolling(50).mean()) / obv.rolling(50).std(ddof=0),
            "vpt_change_20": trend.diff(20) / volume.rolling(20).sum(),
            "chaikin_money_flow_21": (place * volume).rolling(21).sum() / volume.rolling(21).sum(),
            "volume_breakout_20": volume > volume.rolling(20).max().shift(),
            "price_volume_breakout_20": (above * 1.0 - below) * (volume > 1.5 * slow.shift()),
            "price_volume_correlation_20": np.log(close).diff().rolling(20).corr(volume),
            "taker_delta": delta / volume,
            "cvd_change_5": delta.rolling(5).sum() / volume.rolling(5).sum(),
            "cvd_zscore_50": (cvd - cvd.rolling(50).mean()) / cvd.rolling(50).std(ddof=0),
        },
    )
    assert set(table["price_volume_breakout_20"].dropna()) == {-1.0, 0.0, 1.0}


def by_window(function, values, period):
    """One value per window, NaN before the first."""
    windows = np.lib.stride_tricks.sliding_window_view(values, period)
    return np.append(np.full(period - 1, np.nan), function(windows, axis=1))


def last_zscore(windows, axis):
    return stats.zscore(windows, axis=axis)[:, -1]


def test_statistics_by_scipy_and_pandas(bars, table):
    log_close = np.log(bars["close"])
    change = log_close.diff()
    windows, wide = change.rolling(60), log_close.diff(5).rolling(60).var(ddof=0)
    agree(
        table,
        {
            "skewness_60": by_window(stats.skew, change, 60),
            "kurtosis_60": by_window(stats.kurtosis, change, 60),
            "close_zscore_100": by_window(last_zscore, log_close, 100),
            "return_zscore_20": by_window(last_zscore, change, 20),
            "autocorrelation_5_60": windows.corr(change.shift(5)),
            "absolute_autocorrelation_1_60": change.abs().rolling(60).corr(change.abs().shift()),
            "variance_ratio_5_60": wide / (5 * windows.var(ddof=0)),
        },
    )


def test_clock_by_pandas(table):
    time = table["time"]
    fractions = {
        "hour_minute": time.dt.minute / 60,
        "hour": (time.dt.hour + time.dt.minute / 60) / 24,
        "weekday": time.dt.weekday / 7,
        "week": (time.dt.weekday + time.dt.hour / 24) / 7,
        "month_day": (time.dt.day - 1) / time.dt.days_in_month,
        "month": (time.dt.month - 1) / 12,
        "year_day": (time.dt.dayofyear - 1) / 366,
    }
    for name, fraction in fractions.items():
        np.testing.assert_allclose(table[f"{name}_sin"], np.sin(2 * np.pi * fraction), atol=1e-12)
        np.testing.assert_allclose(table[f"{name}_cos"], np.cos(2 * np.pi * fraction), atol=1e-12)


def test_flags_by_their_columns(bars, table):
    expected = {
        "above_sma_200": table["sma_ratio_200"] > 0,
        "golden_cross_50_200": table["sma_cross_50_200"] > 0,
        "trending_14": table["adx_14"] > 0.25,
        "high_volatility_20_100": np.log(bars["close"]).diff().rolling(20).std(ddof=0)
        > np.log(bars["close"]).diff().rolling(100).std(ddof=0),
    }
    agree(table, expected)
    for name in (*expected, "squeeze_20"):
        assert set(table[name].dropna()) == {0.0, 1.0}, name


def test_wilders_table(options):
    # The worked example of the StockCharts school: 14-bar RSI of these closes, from the 15th on.
    close = np.array(
        [44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931,
         46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521,
         45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314]
    )  # fmt: skip
    published = [70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99,
                 41.46, 41.87, 45.46, 37.30, 33.08, 37.77]  # fmt: skip
    opens = pd.date_range("2024-01-01", periods=len(close), freq="h", tz="UTC")
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    bars = pd.DataFrame({"open_time": opens, **prices, "volume": 1.0})
    short = {"macd_fast": 2, "macd_slow": 3, "macd_signal": 2, "band_period": 2, "atr_period": 2}
    rsi = indicators(bars, options("technical", **short, momentum_period=1), interval=INTERVAL)["rsi"]
    np.testing.assert_allclose(rsi[14:], np.array(published) / 100, atol=5.1e-5)


@settings(max_examples=60, deadline=None)
@given(GRID, st.integers(2, 9))
def test_kernels_by_windows(values, period):
    windows = np.lib.stride_tricks.sliding_window_view(values, period)
    other = np.cumsum(values[::-1])
    others = np.lib.stride_tricks.sliding_window_view(other, period)
    still = np.ptp(windows, axis=1) == 0
    skewness, kurtosis = rolling_skew_kurtosis(values, period)
    with np.errstate(all="ignore"):
        moved = windows - windows.mean(axis=1, keepdims=True)
        second, third, fourth = ((moved**power).mean(axis=1) for power in (2, 3, 4))
        near = {"rtol": 1e-9, "atol": 1e-9}
        np.testing.assert_allclose(skewness[period - 1 :], np.where(still, 0, third / second**1.5), **near)
        np.testing.assert_allclose(kurtosis[period - 1 :], np.where(still, 0, fourth / second**2 - 3), **near)
        correlation = [np.corrcoef(x, y)[0, 1] for x, y in zip(windows, others, strict=True)]
        expected = np.where(still, 0, correlation)
        np.testing.assert_allclose(rolling_correlation(values, other, period)[period - 1 :], expected, **near)
    levels = np.lib.stride_tricks.sliding_window_view(other, period)
    steps = np.diff(other, prepend=np.nan)
    score = (levels[:, -1] - levels.mean(axis=1)) / levels.std(axis=1)
    np.testing.assert_allclose(cumulative_zscore(steps, period)[period - 1 :], score, **near)
    np.testing.assert_allclose(rolling_sum(values, period)[period - 1 :], windows.sum(axis=1), **near)


def test_blocks_of_rows_meet_without_a_seam():
    values = np.random.default_rng(0).normal(size=3 * BLOCK)
    for shift in (0, 1, 17):
        for whole, part in zip(
            rolling_mean_std(values, 30), rolling_mean_std(values[shift:], 30), strict=True
        ):
            np.testing.assert_array_equal(whole[shift + 29 :], part[29:])


def test_an_unknown_value_leaves_the_window():
    values = np.arange(10.0) ** 2
    values[3] = np.nan
    for result in (
        rolling_sum(values, 3), *rolling_mean_std(values, 3), *rolling_skew_kurtosis(values, 3),
        rolling_correlation(values, np.arange(10.0), 3),
    ):  # fmt: skip
        assert np.flatnonzero(np.isnan(result)).tolist() == [0, 1, 3, 4, 5]


def test_channels_of_the_trigger_study_are_fourteen(bars, options):
    table = indicators(bars, options("channels"), interval=INTERVAL)
    names = [name for group in ("price", "volume", "technical") for name in CHANNEL_SETS[group]]
    assert table.columns.tolist() == ["symbol", "time", *names]
    assert len(names) == 14

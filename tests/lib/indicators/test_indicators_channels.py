import numpy as np
import pandas as pd
import pydantic
import pytest
import talib

from topoquant.lib.errors import InputError
from topoquant.lib.indicators import (
    CHANNEL_SETS,
    CHANNELS,
    BlindOptions,
    IndicatorOptions,
    blind_names,
    channel_names,
    indicators,
    sign_blind_features,
    warm_up,
)
from topoquant.lib.indicators.rolling_kernel import exponential_mean, rolling_mean_std, rolling_sum

BLIND = BlindOptions(half_lives=(2, 5, 10, 20, 50, 100, 200), volume_half_life=20, n_lags=5)


def make_options(**changes):
    values = {
        "sets": ("price", "volume", "technical"), "rsi_period": 14, "macd_fast": 12, "macd_slow": 26,
        "macd_signal": 9, "band_period": 20, "band_width": 2.0, "atr_period": 14, "momentum_period": 10,
        "volume_period": 20,
    }  # fmt: skip
    return IndicatorOptions(**(values | changes))


def make_bars(n=150, seed=0):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    opens = np.roll(close, 1) * np.exp(rng.normal(0, 0.001, n))
    high = np.maximum(opens, close) * np.exp(rng.exponential(0.005, n))
    low = np.minimum(opens, close) * np.exp(-rng.exponential(0.005, n))
    open_time = pd.date_range("2024-01-01", periods=n, freq="15min", tz="UTC").as_unit("ns")
    return pd.DataFrame(
        {"symbol": "SYN", "open_time": open_time, "open": opens, "high": high, "low": low, "close": close,
         "volume": rng.lognormal(3, 1, n)}
    )  # fmt: skip


def compute_channels(bars):
    return indicators(bars, make_options(), interval="15m")


def compute_blind(bars):
    return sign_blind_features(bars, BLIND, interval="15m")


BOTH = pytest.mark.parametrize(
    ("compute", "first"), [(compute_channels, 33), (compute_blind, 5)], ids=["channels", "blind"]
)


@BOTH
def test_one_row_per_bar_and_nan_in_warm_up_alone(compute, first):
    bars = make_bars()
    table = compute(bars)
    assert table["time"].tolist() == (bars["open_time"] + pd.Timedelta("15min")).tolist()
    assert table["time"].dtype == "datetime64[ns, UTC]"
    values = table.drop(columns=["symbol", "time"])
    assert (values.dtypes == np.float64).all()
    assert values.iloc[:first].isna().all(axis=None)
    assert np.isfinite(values.iloc[first:]).all(axis=None)


@BOTH
@pytest.mark.parametrize("t", [40, 77, 149])
def test_no_column_depends_on_later_bars(compute, first, t):
    bars = make_bars()
    whole, prefix = compute(bars), compute(bars.iloc[: t + 1])
    for column in whole:
        assert whole[column].iloc[: t + 1].equals(prefix[column]), column


@BOTH
def test_nothing_looks_across_a_gap(compute, first):
    bars = make_bars()
    broken = bars.drop(index=range(60, 63)).reset_index(drop=True)
    table = compute(broken)
    before, after = compute(bars.iloc[:60]), compute(bars.iloc[63:].reset_index(drop=True))
    pd.testing.assert_frame_equal(table, pd.concat([before, after], ignore_index=True))
    assert table.iloc[60 : 60 + first, 2:].isna().all(axis=None)
    assert table.iloc[60 + first, 2:].notna().all()


@BOTH
def test_bars_that_name_no_symbol_give_the_same_without_it(compute, first):
    bars = make_bars()
    unnamed = compute(bars.drop(columns="symbol"))
    pd.testing.assert_frame_equal(unnamed, compute(bars).drop(columns="symbol"))


@BOTH
def test_the_unit_of_price_does_not_matter(compute, first):
    bars = make_bars()
    cheap = bars.copy()
    cheap[["open", "high", "low", "close"]] *= 2.0**-30
    pd.testing.assert_frame_equal(compute(bars), compute(cheap), rtol=1e-9, atol=1e-12)


def test_the_unit_of_volume_does_not_matter_to_channels():
    bars = make_bars()
    small = bars.assign(volume=bars["volume"] * 2.0**-40)
    pd.testing.assert_frame_equal(compute_channels(bars), compute_channels(small), rtol=1e-9, atol=1e-12)


@BOTH
def test_flat_and_untraded_bars_give_finite_values(compute, first):
    bars = make_bars()
    bars.loc[:80, ["open", "high", "low", "close"]] = 0.3
    bars.loc[50:120, "volume"] = 0.0
    values = compute(bars).iloc[first:, 2:]
    assert np.isfinite(values).all(axis=None)


def test_flat_prices_are_neutral():
    bars = make_bars()
    bars[["open", "high", "low", "close"]] = 0.3
    row = compute_channels(bars).iloc[-1]
    assert row["rsi"] == row["percent_b"] == 0.5
    for name in ("close_return", "obv_change", "money_flow", "macd", "atr", "momentum"):
        assert row[name] == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("group", list(CHANNEL_SETS))
def test_a_set_alone_is_the_same_columns(group):
    options = make_options(sets=(group,))
    assert channel_names(options) == CHANNEL_SETS[group]
    bars = make_bars().assign(taker_buy_volume=0.25)
    bars["taker_buy_volume"] *= bars["volume"]
    part = indicators(bars, options, interval="15m")
    assert part[CHANNEL_SETS[group][0]].first_valid_index() == warm_up(options)
    whole = indicators(bars, make_options(sets=tuple(CHANNEL_SETS)), interval="15m")
    pd.testing.assert_frame_equal(part.iloc[33:], whole[part.columns].iloc[33:])
    assert whole.columns.tolist()[2:16] == list(CHANNELS)


@pytest.mark.parametrize(
    "changes",
    [{}, {"rsi_period": 60}, {"macd_fast": 50}, {"band_period": 70}, {"atr_period": 61},
     {"momentum_period": 62}, {"volume_period": 63}, {"rsi_period": 2, "macd_signal": 2}],
)  # fmt: skip
def test_warm_up_is_the_first_row_without_nan(changes):
    options = make_options(**changes)
    values = indicators(make_bars(), options, interval="15m").drop(columns=["symbol", "time"])
    assert values.notna().all(axis=1).idxmax() == warm_up(options)


def test_price_channels_by_definition():
    bars, table = make_bars(), compute_channels(make_bars())
    for name in ("open", "high", "low", "close"):
        expected = np.log(bars[name] / bars["close"].shift())
        np.testing.assert_allclose(table[f"{name}_return"][33:], expected[33:], atol=1e-12)
    expected = np.log(bars["close"]).diff(10)
    np.testing.assert_allclose(table["momentum"][33:], expected[33:], atol=1e-12)


def test_volume_channels_by_definition():
    bars, table = make_bars(), compute_channels(make_bars())
    volume, close = bars["volume"], bars["close"]
    rolling = volume.rolling(20)
    mean, total = rolling.mean(), rolling.sum()
    place = (2 * close - bars["high"] - bars["low"]) / (bars["high"] - bars["low"])
    obv = pd.Series(talib.OBV(close.to_numpy(), volume.to_numpy()))
    expected = {
        "volume_ratio": np.log(1 + volume / mean),
        "volume_change": np.log((volume + mean) / (volume.shift() + mean)),
        "volume_zscore": (volume - mean) / rolling.std(ddof=0),
        "obv_change": obv.diff(20) / total,
        "money_flow": (place * volume).rolling(20).sum() / total,
    }
    for name, values in expected.items():
        np.testing.assert_allclose(table[name][33:], values[33:], rtol=1e-8, atol=1e-10, err_msg=name)


def test_technical_channels_by_definition():
    bars, table = make_bars(), compute_channels(make_bars())
    high, low, close = (bars[name].to_numpy() for name in ("high", "low", "close"))
    log_close = np.log(bars["close"])
    middle, deviation = log_close.rolling(20).mean(), log_close.rolling(20).std(ddof=0)
    expected = {
        "rsi": talib.RSI(close, 14) / 100,
        "macd": talib.MACD(close, 12, 26, 9)[2] / close,
        "atr": talib.ATR(high, low, close, 14) / close,
        "percent_b": ((log_close - (middle - 2 * deviation)) / (4 * deviation)).to_numpy(),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(table[name][33:], values[33:], rtol=1e-8, atol=1e-10, err_msg=name)


def test_rsi_of_wilders_averages():
    # The worked example of the StockCharts school: 14-bar RSI of 15 closes and the two after.
    close = [44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826,
             45.8931, 46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328]  # fmt: skip
    bars = make_bars(len(close)).assign(close=close, open=close, high=close, low=close)
    short = {"macd_fast": 2, "macd_slow": 3, "macd_signal": 2, "band_period": 2, "atr_period": 2}
    table = indicators(bars, make_options(sets=("technical",), **short), interval="15m")
    np.testing.assert_allclose(table["rsi"][14:], [0.7053, 0.6632, 0.6655], atol=5e-5)


def test_rolling_moments_keep_their_digits():
    values = 1e8 + np.array([0.0, 1.0, 2.0, 1.0, 0.0, 0.0, 0.0])
    mean, std = rolling_mean_std(values, 3)
    np.testing.assert_allclose(std[2:], [np.sqrt(2 / 3), np.sqrt(2 / 9), np.sqrt(2 / 3), np.sqrt(2 / 9), 0])
    np.testing.assert_allclose(mean[2:], 1e8 + np.array([1, 4 / 3, 1, 1 / 3, 0]), rtol=1e-15)
    assert rolling_sum(np.arange(4.0), 2)[1:].tolist() == [1, 3, 5]


@pytest.mark.parametrize("half_life", [2, 20])
def test_exponential_mean_is_that_of_pandas(half_life):
    values = np.random.default_rng(0).normal(size=100)
    expected = pd.Series(values).ewm(halflife=half_life).mean()
    np.testing.assert_allclose(exponential_mean(values, half_life), expected, atol=1e-12)


def test_blind_columns_by_definition():
    bars, table = make_bars(), compute_blind(make_bars())
    assert tuple(table.columns[2:]) == blind_names(BLIND)
    squared = np.log(bars["high"] / bars["low"]) ** 2
    size = np.log(bars["close"]).diff().abs()
    average = bars["volume"].ewm(halflife=20).mean()
    expected = {
        "log_range_20": np.log(squared.ewm(halflife=20).mean()),
        "abs_return_1": size,
        "abs_return_5": size.shift(4),
        "log_volume": np.log(1 + bars["volume"]),
        "log_volume_ratio": np.log((bars["volume"] + average) / (2 * average)),
        "hour_sin": np.sin(2 * np.pi * (table["time"].dt.hour + table["time"].dt.minute / 60) / 24),
        "weekday_cos": np.cos(2 * np.pi * table["time"].dt.weekday / 7),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(table[name][5:], values[5:], atol=1e-12, err_msg=name)


def test_a_mirrored_market_has_the_same_blind_features():
    bars = make_bars()
    mirrored = bars.assign(
        open=1 / bars["open"], high=1 / bars["low"], low=1 / bars["high"], close=1 / bars["close"]
    )
    pd.testing.assert_frame_equal(compute_blind(bars), compute_blind(mirrored), rtol=0, atol=1e-12)


@BOTH
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [("close", np.nan, "close"), ("low", 0.0, "low"), ("volume", -1.0, "volume"), ("symbol", "B", "symbol")],
)
def test_bad_bars_are_refused(compute, first, column, value, message):
    bars = make_bars()
    bars.loc[7, column] = value
    with pytest.raises(InputError, match=message):
        compute(bars)


def test_bad_options_are_refused():
    with pytest.raises(pydantic.ValidationError, match="sets"):
        make_options(sets=("everything",))
    with pytest.raises(pydantic.ValidationError, match="rsi_periods"):
        make_options(rsi_periods=14)
    with pytest.raises(pydantic.ValidationError, match="half_lives"):
        BlindOptions(half_lives=(), volume_half_life=20, n_lags=5)

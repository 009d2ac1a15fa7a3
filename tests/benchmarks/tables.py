"""Tabular features beside the same columns in pandas."""

import numpy as np
import pandas as pd

from tests.benchmarks.measuring import Row, compare, some_bars
from topoquant.lib.indicators import (
    CHANNELS,
    BlindOptions,
    IndicatorOptions,
    blind_names,
    indicators,
    sign_blind_features,
)

INTERVAL = "15m"
# Recursive averages begin differently; after this many bars nothing is left of how.
FORGOTTEN = 600


def indicator_table(*, quick: bool) -> Row:
    bars = some_bars(800 if quick else 100_000)
    options = IndicatorOptions(
        sets=("price", "volume", "technical"), rsi_period=14, macd_fast=12, macd_slow=26, macd_signal=9,
        band_period=20, band_width=2.0, atr_period=14, momentum_period=10, volume_period=20,
    )  # fmt: skip
    ours, theirs = indicators(bars, options, interval=INTERVAL), _pandas_indicators(bars)
    np.testing.assert_allclose(
        ours[list(CHANNELS)].to_numpy()[FORGOTTEN:], theirs[list(CHANNELS)].to_numpy()[FORGOTTEN:], atol=1e-6
    )
    return compare(
        f"indicators, {len(CHANNELS)} columns", "cells",
        ours=(lambda: indicators(bars, options, interval=INTERVAL), len(bars) * len(CHANNELS)),
        peer=(lambda: _pandas_indicators(bars), len(bars) * len(CHANNELS)),
        compared="the same columns by pandas rolling, ewm and shift", repeats=1 if quick else 5,
    )  # fmt: skip


def blind_table(*, quick: bool) -> Row:
    bars = some_bars(800 if quick else 100_000)
    options = BlindOptions(half_lives=(2, 5, 10, 20, 50, 100, 200), volume_half_life=20, n_lags=5)
    names = list(blind_names(options))
    ours, theirs = sign_blind_features(bars, options, interval=INTERVAL), _pandas_blind(bars, options)
    np.testing.assert_allclose(ours[names].to_numpy()[5:], theirs[names].to_numpy()[5:], atol=1e-9)
    return compare(
        f"sign_blind_features, {len(names)} columns", "cells",
        ours=(lambda: sign_blind_features(bars, options, interval=INTERVAL), len(bars) * len(names)),
        peer=(lambda: _pandas_blind(bars, options), len(bars) * len(names)),
        compared="the same columns by pandas ewm and shift", repeats=1 if quick else 5,
    )  # fmt: skip


def _pandas_indicators(bars: pd.DataFrame) -> pd.DataFrame:
    close, volume = bars["close"], bars["volume"]
    columns = {
        f"{name}_return": np.log(bars[name] / close.shift()) for name in ("open", "high", "low", "close")
    }
    mean, std, traded = volume.rolling(20).mean(), volume.rolling(20).std(ddof=0), volume.rolling(20).sum()
    columns["volume_ratio"] = np.log1p(volume / mean)
    columns["volume_change"] = np.log((volume + mean) / (volume.shift() + mean))
    columns["volume_zscore"] = (volume - mean) / std
    columns["obv_change"] = (np.sign(close.diff()) * volume).rolling(20).sum() / traded
    width = bars["high"] - bars["low"]
    place = ((2 * close - bars["low"] - bars["high"]) / width).where(width > 0, 0.0)
    columns["money_flow"] = (place * volume).rolling(20).sum() / traded
    return pd.DataFrame(columns | _pandas_oscillators(bars))


def _pandas_oscillators(bars: pd.DataFrame) -> dict[str, pd.Series]:
    close, log_close = bars["close"], np.log(bars["close"])
    change = close.diff()
    rise = change.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    fall = (-change).clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    line = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    mean, std = log_close.rolling(20).mean(), log_close.rolling(20).std(ddof=0)
    ranges = [bars["high"] - bars["low"], bars["high"] - close.shift(), close.shift() - bars["low"]]
    true_range = pd.concat(ranges, axis=1).max(axis=1)
    return {
        "rsi": rise / (rise + fall),
        "macd": (line - line.ewm(span=9, adjust=False).mean()) / close,
        "percent_b": 0.5 + (log_close - mean) / (4 * std),
        "atr": true_range.ewm(alpha=1 / 14, adjust=False).mean() / close,
        "momentum": log_close.diff(10),
    }


def _pandas_blind(bars: pd.DataFrame, options: BlindOptions) -> pd.DataFrame:
    squared = np.log(bars["high"] / bars["low"]) ** 2
    size = np.log(bars["close"]).diff().abs()
    mean = bars["volume"].ewm(halflife=options.volume_half_life).mean()
    time = bars["open_time"] + pd.Timedelta("15min")
    hour = 2 * np.pi * (time.dt.hour + time.dt.minute / 60) / 24
    weekday = 2 * np.pi * time.dt.weekday / 7
    ranges = {
        f"log_range_{half_life:g}": np.log(squared.ewm(halflife=half_life).mean().clip(lower=1e-16))
        for half_life in options.half_lives
    }
    lags = {f"abs_return_{lag}": size.shift(lag - 1) for lag in range(1, options.n_lags + 1)}
    rest = {
        "log_volume": np.log1p(bars["volume"]),
        "log_volume_ratio": np.log((bars["volume"] + mean) / (2 * mean)),
        "hour_sin": np.sin(hour), "hour_cos": np.cos(hour),
        "weekday_sin": np.sin(weekday), "weekday_cos": np.cos(weekday),
    }  # fmt: skip
    return pd.DataFrame(ranges | lags | rest)

"""Columns that say which state the market is in, 0 or 1, by rules of the field known at the time."""

from collections.abc import Callable

import numpy as np
import talib
from numpy.typing import NDArray

from topoquant.lib.indicators.recursions import span_warm_up, wilder_warm_up
from topoquant.lib.indicators.rolling_kernel import rolling_mean_std
from topoquant.lib.indicators.table import Arrays, Indicator

FAST, SLOW = 50, 200
VOLATILITY_PERIODS = (20, 100)
ADX_PERIOD, ADX_TREND = 14, 0.25
SQUEEZE_PERIOD, BAND_WIDTH, CHANNEL_WIDTH = 20, 2.0, 1.5
# Averages of equal prices differ by the rounding of the prices before; a tick is a larger fraction.
_ROUNDING = 1e-9

Rule = Callable[[Arrays], NDArray[np.bool_]]


def _flag(name: str, formula: str, warm_up: int, rule: Rule, *, recursive: bool = False) -> Indicator:
    return Indicator(
        name, f"1 where {formula}, else 0", warm_up, recursive,
        compute=lambda bars: rule(bars).astype(np.float64),
    )  # fmt: skip


def _above_average(bars: Arrays) -> NDArray[np.bool_]:
    return bars["close"] > talib.SMA(bars["close"], SLOW) * (1 + _ROUNDING)


def _golden_cross(bars: Arrays) -> NDArray[np.bool_]:
    return talib.SMA(bars["close"], FAST) > talib.SMA(bars["close"], SLOW) * (1 + _ROUNDING)


def _high_volatility(bars: Arrays) -> NDArray[np.bool_]:
    fast, slow = (rolling_mean_std(bars["log_return"], period)[1] for period in VOLATILITY_PERIODS)
    return fast > slow


def _trending(bars: Arrays) -> NDArray[np.bool_]:
    return talib.ADX(bars["high"], bars["low"], bars["close"], ADX_PERIOD) > 100 * ADX_TREND


def _squeeze(bars: Arrays) -> NDArray[np.bool_]:
    mean, std = rolling_mean_std(bars["close"], SQUEEZE_PERIOD)
    middle = talib.EMA(bars["close"], SQUEEZE_PERIOD)
    reach = CHANNEL_WIDTH * talib.ATR(bars["high"], bars["low"], bars["close"], SQUEEZE_PERIOD)
    return (mean + BAND_WIDTH * std < middle + reach) & (mean - BAND_WIDTH * std > middle - reach)


COLUMNS: tuple[Indicator, ...] = (
    _flag(f"above_sma_{SLOW}", f"close > SMA {SLOW}", SLOW - 1, _above_average),
    _flag(f"golden_cross_{FAST}_{SLOW}", f"SMA {FAST} > SMA {SLOW}", SLOW - 1, _golden_cross),
    _flag(
        "high_volatility_{}_{}".format(*VOLATILITY_PERIODS),
        "the standard deviation of {} log-returns > that of {}".format(*VOLATILITY_PERIODS),
        max(VOLATILITY_PERIODS), _high_volatility,
    ),
    _flag(
        f"trending_{ADX_PERIOD}", f"Wilder's ADX of {ADX_PERIOD} bars > {ADX_TREND:g}",
        2 * wilder_warm_up(ADX_PERIOD), _trending, recursive=True,
    ),
    _flag(
        f"squeeze_{SQUEEZE_PERIOD}",
        f"the Bollinger band ({SQUEEZE_PERIOD} bars, {BAND_WIDTH:g} standard deviations) lies inside the"
        f" Keltner channel ({SQUEEZE_PERIOD} bars, {CHANNEL_WIDTH:g} ATR)",
        max(span_warm_up(SQUEEZE_PERIOD), wilder_warm_up(SQUEEZE_PERIOD)), _squeeze, recursive=True,
    ),
)  # fmt: skip

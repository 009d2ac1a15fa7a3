"""Columns of oscillators: who is ahead of late, as fractions."""

import numpy as np
import talib

from topoquant.lib.indicators.recursions import span_warm_up, wilder_warm_up
from topoquant.lib.indicators.rolling_kernel import rolling_sum
from topoquant.lib.indicators.table import Arrays, Indicator, Values, previous, ratio

RSI_PERIODS = (7, 14, 21)
ROC_PERIODS = (9, 12, 25)
RANGE_PERIOD = 14
SMOOTHING = 3
CCI_PERIOD = 20
DIRECTIONAL_PERIOD = 14
AROON_PERIOD = 25
ULTIMATE = ((7, 4), (14, 2), (28, 1))
TRIX_PERIOD = 15


def relative_strength(close: Values, period: int) -> Values:
    """Wilder's relative strength index in [0, 1], .5 before any move."""
    rsi = talib.RSI(close, period) / 100
    # TA-Lib calls a price that has never moved oversold (0).
    rsi[np.maximum.accumulate(close) == np.minimum.accumulate(close)] = 0.5
    return rsi


def _rsi(period: int) -> Indicator:
    return Indicator(
        f"rsi_{period}", f"Wilder's relative strength index of {period} bars, in [0, 1]",
        wilder_warm_up(period), recursive=True,
        compute=lambda bars: relative_strength(bars["close"], period),
    )  # fmt: skip


def _roc(period: int) -> Indicator:
    return Indicator(
        f"roc_{period}", f"rate of change over {period} bars: close / close then - 1", period,
        compute=lambda bars: talib.ROCP(bars["close"], period),
    )  # fmt: skip


def _place_in_range(bars: Arrays) -> Values:
    """Fast %K: where the close stands in the range of the last bars, .5 without a range."""
    # TA-Lib's own says 0 for a market that stands still.
    low, high = talib.MIN(bars["low"], RANGE_PERIOD), talib.MAX(bars["high"], RANGE_PERIOD)
    return ratio(bars["close"] - low, high - low, 0.5)


def _stochastic_k(bars: Arrays) -> Values:
    return rolling_sum(_place_in_range(bars), SMOOTHING) / SMOOTHING


def _stochastic_rsi(bars: Arrays) -> Values:
    rsi = relative_strength(bars["close"], RANGE_PERIOD)
    low, high = talib.MIN(rsi, RANGE_PERIOD), talib.MAX(rsi, RANGE_PERIOD)
    return ratio(rsi - low, high - low, 0.5)


def _cci(bars: Arrays) -> Values:
    typical = talib.TYPPRICE(bars["high"], bars["low"], bars["close"])
    cci = talib.CCI(bars["high"], bars["low"], bars["close"], CCI_PERIOD) / 100
    # A price that stands still deviates by rounding alone.
    cci[talib.MAX(typical, CCI_PERIOD) == talib.MIN(typical, CCI_PERIOD)] = 0.0
    return cci


def _directional(name: str, formula: str, warm_up: int) -> Indicator:
    function = getattr(talib, name.upper())
    return Indicator(
        f"{name}_{DIRECTIONAL_PERIOD}", formula, warm_up, recursive=True,
        compute=lambda bars: function(bars["high"], bars["low"], bars["close"], DIRECTIONAL_PERIOD) / 100,
    )  # fmt: skip


def _ultimate(bars: Arrays) -> Values:
    """Weighted buying pressure; TA-Lib's running sums leave rounding where nothing moves."""
    before = previous(bars["close"])
    low, high = np.minimum(bars["low"], before), np.maximum(bars["high"], before)
    pressure, reach = bars["close"] - low, high - low
    parts = [
        weight * ratio(rolling_sum(pressure, period), rolling_sum(reach, period), 0.5)
        for period, weight in ULTIMATE
    ]
    return sum(parts[1:], parts[0]) / sum(weight for _, weight in ULTIMATE)


COLUMNS: tuple[Indicator, ...] = (
    *map(_rsi, RSI_PERIODS),
    Indicator(
        f"stochastic_k_{RANGE_PERIOD}",
        f"mean of {SMOOTHING} of (close - lowest low) / (highest high - lowest low) of {RANGE_PERIOD} bars,"
        " .5 without a range",
        RANGE_PERIOD + SMOOTHING - 2, compute=_stochastic_k,
    ),
    Indicator(
        f"stochastic_d_{RANGE_PERIOD}", f"mean of {SMOOTHING} of stochastic_k_{RANGE_PERIOD}",
        RANGE_PERIOD + 2 * SMOOTHING - 3,
        compute=lambda bars: rolling_sum(_stochastic_k(bars), SMOOTHING) / SMOOTHING,
    ),
    Indicator(
        f"stochastic_rsi_{RANGE_PERIOD}",
        f"place of rsi_{RANGE_PERIOD} in its own range of {RANGE_PERIOD} bars, .5 without a range",
        wilder_warm_up(RANGE_PERIOD) + RANGE_PERIOD - 1, recursive=True, compute=_stochastic_rsi,
    ),
    Indicator(
        f"williams_r_{RANGE_PERIOD}",
        f"(close - highest high) / (highest high - lowest low) of {RANGE_PERIOD} bars, in [-1, 0]",
        RANGE_PERIOD - 1, compute=lambda bars: _place_in_range(bars) - 1,
    ),
    *map(_roc, ROC_PERIODS),
    Indicator(
        f"cci_{CCI_PERIOD}", f"commodity channel index of {CCI_PERIOD} bars / 100, 0 without movement",
        CCI_PERIOD - 1, compute=_cci,
    ),
    _directional(
        "adx", "Wilder's average directional index, in [0, 1]", 2 * wilder_warm_up(DIRECTIONAL_PERIOD)
    ),
    _directional("plus_di", "Wilder's +DI, in [0, 1]", wilder_warm_up(DIRECTIONAL_PERIOD)),
    _directional("minus_di", "Wilder's -DI, in [0, 1]", wilder_warm_up(DIRECTIONAL_PERIOD)),
    Indicator(
        f"aroon_oscillator_{AROON_PERIOD}",
        f"(bars since the lowest low - bars since the highest high) / {AROON_PERIOD}", AROON_PERIOD,
        compute=lambda bars: talib.AROONOSC(bars["high"], bars["low"], AROON_PERIOD) / 100,
    ),
    Indicator(
        "ultimate_oscillator",
        "buying pressure over true range of 7, 14 and 28 bars, weighted 4, 2, 1, in [0, 1]",
        max(period for period, _ in ULTIMATE), compute=_ultimate,
    ),
    Indicator(
        f"trix_{TRIX_PERIOD}", f"change of the triple EMA {TRIX_PERIOD} over one bar, as a fraction",
        3 * span_warm_up(TRIX_PERIOD), recursive=True,
        compute=lambda bars: talib.TRIX(bars["close"], TRIX_PERIOD) / 100,
    ),
)  # fmt: skip

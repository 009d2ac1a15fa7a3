"""Columns of moving averages: the close beside them, one beside another, their slope, MACD."""

import talib

from topoquant.lib.indicators.recursions import span_warm_up
from topoquant.lib.indicators.table import Arrays, Indicator, Values, previous

PERIODS = (5, 7, 10, 14, 20, 30, 50, 100, 200)
CROSSINGS = ((5, 20), (20, 50), (50, 200))
SLOPE_PERIODS = (20, 50)
SLOPE_LAG = 5
MACD = (12, 26, 9)


def _sma_ratio(period: int) -> Indicator:
    return Indicator(
        f"sma_ratio_{period}", f"close / SMA {period} - 1", period - 1,
        compute=lambda bars: bars["close"] / talib.SMA(bars["close"], period) - 1,
    )  # fmt: skip


def _ema_ratio(period: int) -> Indicator:
    return Indicator(
        f"ema_ratio_{period}", f"close / EMA {period} - 1", span_warm_up(period), recursive=True,
        compute=lambda bars: bars["close"] / talib.EMA(bars["close"], period) - 1,
    )  # fmt: skip


def _sma_cross(periods: tuple[int, int]) -> Indicator:
    fast, slow = periods
    return Indicator(
        f"sma_cross_{fast}_{slow}", f"SMA {fast} / SMA {slow} - 1", slow - 1,
        compute=lambda bars: talib.SMA(bars["close"], fast) / talib.SMA(bars["close"], slow) - 1,
    )  # fmt: skip


def _ema_cross(periods: tuple[int, int]) -> Indicator:
    fast, slow = periods
    return Indicator(
        f"ema_cross_{fast}_{slow}", f"EMA {fast} / EMA {slow} - 1", span_warm_up(slow), recursive=True,
        compute=lambda bars: talib.EMA(bars["close"], fast) / talib.EMA(bars["close"], slow) - 1,
    )  # fmt: skip


def _sma_slope(period: int) -> Indicator:
    def compute(bars: Arrays) -> Values:
        average = talib.SMA(bars["close"], period)
        return average / previous(average, SLOPE_LAG) - 1

    return Indicator(
        f"sma_slope_{period}", f"SMA {period} / SMA {period} of {SLOPE_LAG} bars ago - 1",
        period - 1 + SLOPE_LAG, compute=compute,
    )  # fmt: skip


def _macd(name: str, formula: str, output: int, warm_up: int) -> Indicator:
    return Indicator(
        name, formula, warm_up, recursive=True,
        compute=lambda bars: talib.MACD(bars["close"], *MACD)[output] / bars["close"],
    )  # fmt: skip


FAST, SLOW, SIGNAL = MACD
COLUMNS: tuple[Indicator, ...] = (
    *map(_sma_ratio, PERIODS),
    *map(_ema_ratio, PERIODS),
    *map(_sma_cross, CROSSINGS),
    *map(_ema_cross, CROSSINGS),
    *map(_sma_slope, SLOPE_PERIODS),
    _macd("macd_line", f"(EMA {FAST} - EMA {SLOW}) / close", 0, span_warm_up(SLOW)),
    _macd(
        "macd_signal", f"EMA {SIGNAL} of (EMA {FAST} - EMA {SLOW}), / close", 1, span_warm_up(SLOW + SIGNAL)
    ),
    _macd(
        "macd_histogram", "macd_line - macd_signal, before both are divided by the close", 2,
        span_warm_up(SLOW + SIGNAL),
    ),
)  # fmt: skip

"""Columns of prices alone: returns, momentum, spreads within a bar, gaps, distance to extremes."""

import numpy as np
import talib

from topoquant.lib.indicators.rolling_kernel import rolling_mean_std, rolling_sum
from topoquant.lib.indicators.table import Arrays, Indicator, Values, previous, ratio

HORIZONS = (1, 2, 3, 5, 7, 10, 14, 20, 30)
MOMENTUM_HORIZONS = (3, 7, 14, 30)
MOMENTUM_PERIOD = 30
EXTREME_PERIODS = (7, 14, 30, 60)
ACCELERATION_HORIZONS = (1, 5)
GAP_PERIOD = 20


def _simple_return(horizon: int) -> Indicator:
    return Indicator(
        f"return_{horizon}", f"close / close {horizon} bars ago - 1", horizon,
        compute=lambda bars: bars["close"] / previous(bars["close"], horizon) - 1,
    )  # fmt: skip


def _log_return(horizon: int) -> Indicator:
    return Indicator(
        f"log_return_{horizon}", f"log(close / close {horizon} bars ago)", horizon,
        compute=lambda bars: bars["log_close"] - previous(bars["log_close"], horizon),
    )  # fmt: skip


def _scaled_momentum(horizon: int) -> Indicator:
    def compute(bars: Arrays) -> Values:
        change = bars["log_close"] - previous(bars["log_close"], horizon)
        return ratio(change, rolling_mean_std(bars["log_return"], MOMENTUM_PERIOD)[1] * np.sqrt(horizon), 0.0)

    return Indicator(
        f"scaled_momentum_{horizon}",
        f"log_return_{horizon} / (standard deviation of {MOMENTUM_PERIOD} log-returns * sqrt({horizon})),"
        " 0 without movement",
        max(horizon, MOMENTUM_PERIOD), compute=compute,
    )  # fmt: skip


def _acceleration(horizon: int) -> Indicator:
    def compute(bars: Arrays) -> Values:
        change = bars["log_close"] - previous(bars["log_close"], horizon)
        return change - previous(change, horizon)

    name = f"log_return_{horizon}"
    return Indicator(
        f"acceleration_{horizon}", f"{name} - {name} {horizon} bars ago", 2 * horizon, compute=compute
    )


def _high_distance(period: int) -> Indicator:
    return Indicator(
        f"high_distance_{period}", f"log(close / highest high of {period} bars)", period - 1,
        compute=lambda bars: bars["log_close"] - np.log(talib.MAX(bars["high"], period)),
    )  # fmt: skip


def _low_distance(period: int) -> Indicator:
    return Indicator(
        f"low_distance_{period}", f"log(close / lowest low of {period} bars)", period - 1,
        compute=lambda bars: bars["log_close"] - np.log(talib.MIN(bars["low"], period)),
    )  # fmt: skip


def _gap(bars: Arrays) -> Values:
    """Log of the open over the close before."""
    return np.log(bars["open"]) - previous(bars["log_close"])


WITHIN_THE_BAR = (
    Indicator("range_spread", "log(high / low)", 0, compute=lambda bars: np.log(bars["high"] / bars["low"])),
    Indicator("body_spread", "log(close / open)", 0, compute=lambda b: np.log(b["close"] / b["open"])),
    Indicator(
        "body_share", "(close - open) / (high - low), 0 without a range", 0,
        compute=lambda bars: ratio(bars["close"] - bars["open"], bars["high"] - bars["low"], 0.0),
    ),
    Indicator(
        "upper_shadow", "(high - larger of open and close) / close", 0,
        compute=lambda bars: (bars["high"] - np.maximum(bars["open"], bars["close"])) / bars["close"],
    ),
    Indicator(
        "lower_shadow", "(smaller of open and close - low) / close", 0,
        compute=lambda bars: (np.minimum(bars["open"], bars["close"]) - bars["low"]) / bars["close"],
    ),
    Indicator(
        "close_location", "(close - low) / (high - low), .5 without a range", 0,
        compute=lambda bars: ratio(bars["close"] - bars["low"], bars["high"] - bars["low"], 0.5),
    ),
    Indicator(
        "typical_price_spread", "close / typical price (mean of high, low and close) - 1", 0,
        compute=lambda bars: bars["close"] / talib.TYPPRICE(bars["high"], bars["low"], bars["close"]) - 1,
    ),
)  # fmt: skip
GAPS = (
    Indicator("gap", "log(open / previous close)", 1, compute=_gap),
    Indicator(
        f"gap_size_{GAP_PERIOD}", f"mean absolute gap of {GAP_PERIOD} bars", GAP_PERIOD,
        compute=lambda bars: rolling_sum(np.abs(_gap(bars)), GAP_PERIOD) / GAP_PERIOD,
    ),
)  # fmt: skip
COLUMNS: tuple[Indicator, ...] = (
    *map(_simple_return, HORIZONS),
    *map(_log_return, HORIZONS),
    *map(_scaled_momentum, MOMENTUM_HORIZONS),
    *map(_acceleration, ACCELERATION_HORIZONS),
    *WITHIN_THE_BAR,
    *GAPS,
    *map(_high_distance, EXTREME_PERIODS),
    *map(_low_distance, EXTREME_PERIODS),
)

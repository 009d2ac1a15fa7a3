"""Columns of volume beside its own past and beside prices, and of who took it."""

import numpy as np
import talib

from topoquant.lib.indicators.order_flow import taker_delta
from topoquant.lib.indicators.rolling_kernel import (
    cumulative_zscore,
    rolling_correlation,
    rolling_mean_std,
    rolling_sum,
)
from topoquant.lib.indicators.table import Arrays, Indicator, Values, previous, ratio

RATIO_PERIODS = (5, 20, 50)
CROSSING = (5, 20)
ZSCORE_PERIOD = 50
OBV_PERIOD = 10
VPT_PERIOD = 20
MONEY_FLOW_PERIOD = 21
BREAKOUT_PERIOD = 20
BREAKOUT_VOLUME = 1.5
CORRELATION_PERIOD = 20
TAKER_PERIODS = (5, 20)


def on_balance_steps(bars: Arrays) -> Values:
    """Volume with the sign of the change of the close: the steps of on-balance volume."""
    return np.sign(bars["close"] - previous(bars["close"])) * bars["volume"]


def money_flow_steps(bars: Arrays) -> Values:
    """Volume times Chaikin's place: +1 for a close at the high, -1 at the low, 0 without a range."""
    high, low, close = bars["high"], bars["low"], bars["close"]
    return ratio((close - low) - (high - close), high - low, 0.0) * bars["volume"]


def _share(steps: Values, bars: Arrays, period: int) -> Values:
    """Sum of the steps over the volume traded, 0 without any."""
    return ratio(rolling_sum(steps, period), rolling_sum(bars["volume"], period), 0.0)


def _volume_ratio(period: int) -> Indicator:
    return Indicator(
        f"volume_ratio_{period}", f"log(1 + volume / its mean of {period} bars)", period - 1,
        compute=lambda bars: np.log1p(
            ratio(bars["volume"] * period, rolling_sum(bars["volume"], period), 0.0)
        ),
    )  # fmt: skip


def _volume_cross(bars: Arrays) -> Values:
    fast, slow = (rolling_sum(bars["volume"], period) / period for period in CROSSING)
    return ratio(fast - slow, fast + slow, 0.0)


def _volume_zscore(bars: Arrays) -> Values:
    mean, std = rolling_mean_std(bars["volume"], ZSCORE_PERIOD)
    return ratio(bars["volume"] - mean, std, 0.0)


def _volume_breakout(bars: Arrays) -> Values:
    most = previous(talib.MAX(bars["volume"], BREAKOUT_PERIOD))
    return (bars["volume"] > most).astype(np.float64)


def _price_volume_breakout(bars: Arrays) -> Values:
    mean = previous(rolling_sum(bars["volume"], BREAKOUT_PERIOD) / BREAKOUT_PERIOD)
    up = bars["close"] > previous(talib.MAX(bars["high"], BREAKOUT_PERIOD))
    down = bars["close"] < previous(talib.MIN(bars["low"], BREAKOUT_PERIOD))
    return (bars["volume"] > BREAKOUT_VOLUME * mean) * (up * 1.0 - down)


def _cvd_change(period: int) -> Indicator:
    return Indicator(
        f"cvd_change_{period}",
        f"change of cumulative volume delta over {period} bars / volume traded, in [-1, 1]", period - 1,
        compute=lambda bars: _share(taker_delta(bars), bars, period),
    )  # fmt: skip


COLUMNS: tuple[Indicator, ...] = (
    *map(_volume_ratio, RATIO_PERIODS),
    Indicator(
        "volume_cross_{}_{}".format(*CROSSING),
        "(f - s) / (f + s), f and s the mean volumes of {} and {} bars".format(*CROSSING),
        max(CROSSING) - 1, compute=_volume_cross,
    ),
    Indicator(
        f"volume_zscore_{ZSCORE_PERIOD}", f"(volume - mean) / standard deviation of {ZSCORE_PERIOD} bars",
        ZSCORE_PERIOD - 1, compute=_volume_zscore,
    ),
    Indicator(
        f"obv_change_{OBV_PERIOD}",
        f"change of on-balance volume over {OBV_PERIOD} bars / volume traded, in [-1, 1]", OBV_PERIOD,
        compute=lambda bars: _share(on_balance_steps(bars), bars, OBV_PERIOD),
    ),
    Indicator(
        f"obv_zscore_{ZSCORE_PERIOD}", f"z-score of on-balance volume among its {ZSCORE_PERIOD} last levels",
        ZSCORE_PERIOD - 1, compute=lambda bars: cumulative_zscore(on_balance_steps(bars), ZSCORE_PERIOD),
    ),
    Indicator(
        f"vpt_change_{VPT_PERIOD}",
        f"change of the volume-price trend (sum of volume * return_1) over {VPT_PERIOD} bars / volume traded",
        VPT_PERIOD,
        compute=lambda bars: _share(
            bars["volume"] * (bars["close"] / previous(bars["close"]) - 1), bars, VPT_PERIOD
        ),
    ),
    Indicator(
        f"chaikin_money_flow_{MONEY_FLOW_PERIOD}",
        f"sum of ((close - low) - (high - close)) / (high - low) * volume of {MONEY_FLOW_PERIOD} bars"
        " / volume traded",
        MONEY_FLOW_PERIOD - 1, compute=lambda bars: _share(money_flow_steps(bars), bars, MONEY_FLOW_PERIOD),
    ),
    Indicator(
        f"volume_breakout_{BREAKOUT_PERIOD}",
        f"1 where volume exceeds that of each of the {BREAKOUT_PERIOD} bars before, else 0",
        BREAKOUT_PERIOD, compute=_volume_breakout,
    ),
    Indicator(
        f"price_volume_breakout_{BREAKOUT_PERIOD}",
        f"1 for a close above the {BREAKOUT_PERIOD} highs before, -1 below the lows, where volume exceeds"
        f" {BREAKOUT_VOLUME:g} times its mean of those bars, else 0",
        BREAKOUT_PERIOD, compute=_price_volume_breakout,
    ),
    Indicator(
        f"price_volume_correlation_{CORRELATION_PERIOD}",
        f"correlation of log_return_1 and volume of {CORRELATION_PERIOD} bars",
        CORRELATION_PERIOD,
        compute=lambda bars: rolling_correlation(bars["log_return"], bars["volume"], CORRELATION_PERIOD),
    ),
)  # fmt: skip
TAKER_COLUMNS: tuple[Indicator, ...] = (
    Indicator(
        "taker_delta", "(bought by takers - sold by takers) / volume, in [-1, 1]", 0,
        compute=lambda bars: ratio(taker_delta(bars), bars["volume"], 0.0),
    ),
    *map(_cvd_change, TAKER_PERIODS),
    Indicator(
        f"cvd_zscore_{ZSCORE_PERIOD}",
        f"z-score of cumulative volume delta among its {ZSCORE_PERIOD} last levels", ZSCORE_PERIOD - 1,
        compute=lambda bars: cumulative_zscore(taker_delta(bars), ZSCORE_PERIOD),
    ),
)  # fmt: skip

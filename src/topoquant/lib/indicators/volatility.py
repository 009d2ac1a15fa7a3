"""Columns of how much the price moves: bands, true range, and estimators from ranges."""

import numpy as np
import talib

from topoquant.lib.indicators.recursions import span_warm_up, wilder_warm_up
from topoquant.lib.indicators.rolling_kernel import rolling_mean_std, rolling_sum
from topoquant.lib.indicators.table import Arrays, Indicator, Values, previous, ratio

STD_PERIODS = (5, 10, 20, 30, 60)
BAND_PERIODS = (10, 20, 50)
BAND_WIDTH = 2.0
ATR_PERIODS = (7, 14, 21)
RANGE_PERIODS = (10, 20, 30)
ROGERS_SATCHELL_PERIOD = 20
KELTNER_SPAN, KELTNER_ATR, KELTNER_WIDTH = 20, 10, 2.0
RATIO_PERIODS = (10, 60)
# A true range below this fraction of the price is what an average remembers of a market that stands still.
SMALLEST_RANGE = 1e-10


def _volatility(period: int) -> Indicator:
    return Indicator(
        f"volatility_{period}", f"standard deviation of {period} log-returns", period,
        compute=lambda bars: rolling_mean_std(bars["log_return"], period)[1],
    )  # fmt: skip


def _bollinger_width(period: int) -> Indicator:
    def compute(bars: Arrays) -> Values:
        mean, std = rolling_mean_std(bars["close"], period)
        return 2 * BAND_WIDTH * std / mean

    return Indicator(
        f"bollinger_width_{period}",
        f"(upper - lower) / middle; the band is SMA {period} +- {BAND_WIDTH:g} standard deviations",
        period - 1, compute=compute,
    )  # fmt: skip


def _percent_b(period: int) -> Indicator:
    def compute(bars: Arrays) -> Values:
        mean, std = rolling_mean_std(bars["close"], period)
        return 0.5 + ratio(bars["close"] - mean, 2 * BAND_WIDTH * std, 0.0)

    return Indicator(
        f"percent_b_{period}",
        f"(close - lower) / (upper - lower) of the band of {period} bars, .5 in one of no width",
        period - 1, compute=compute,
    )  # fmt: skip


def relative_atr(bars: Arrays, period: int) -> Values:
    """Wilder's average true range as a fraction of the close."""
    return talib.ATR(bars["high"], bars["low"], bars["close"], period) / bars["close"]


def _atr(period: int) -> Indicator:
    return Indicator(
        f"atr_{period}", f"Wilder's average true range of {period} bars / close", wilder_warm_up(period),
        recursive=True, compute=lambda bars: relative_atr(bars, period),
    )  # fmt: skip


def _keltner_position(bars: Arrays) -> Values:
    reach = 2 * KELTNER_WIDTH * relative_atr(bars, KELTNER_ATR)
    distance = 1 - talib.EMA(bars["close"], KELTNER_SPAN) / bars["close"]
    still = reach < SMALLEST_RANGE
    return np.where(still, 0.5, 0.5 + distance / np.where(still, 1.0, reach))


def _root_mean(squares: Values, period: int) -> Values:
    """Root of the mean of the last values, of which rounding may leave some below 0."""
    return np.sqrt(np.maximum(rolling_sum(squares, period) / period, 0.0))


def _parkinson(period: int) -> Indicator:
    def compute(bars: Arrays) -> Values:
        return _root_mean(np.log(bars["high"] / bars["low"]) ** 2 / (4 * np.log(2)), period)

    return Indicator(
        f"parkinson_{period}", f"sqrt(mean of log(high / low)^2 of {period} bars / (4 log 2))", period - 1,
        compute=compute,
    )  # fmt: skip


def _garman_klass(period: int) -> Indicator:
    def compute(bars: Arrays) -> Values:
        squared_range = np.log(bars["high"] / bars["low"]) ** 2
        squared_body = np.log(bars["close"] / bars["open"]) ** 2
        return _root_mean(0.5 * squared_range - (2 * np.log(2) - 1) * squared_body, period)

    return Indicator(
        f"garman_klass_{period}",
        f"sqrt(mean of .5 log(high / low)^2 - (2 log 2 - 1) log(close / open)^2 of {period} bars)",
        period - 1, compute=compute,
    )  # fmt: skip


def _rogers_satchell_squares(bars: Arrays) -> Values:
    """Variance of each bar by Rogers and Satchell, which a drift does not disturb."""
    opens, high, low, close = (np.log(bars[name]) for name in ("open", "high", "low", "close"))
    return (high - close) * (high - opens) + (low - close) * (low - opens)


def _yang_zhang(period: int) -> Indicator:
    def compute(bars: Arrays) -> Values:
        night = np.log(bars["open"]) - previous(bars["log_close"])
        day = np.log(bars["close"] / bars["open"])
        k = 0.34 / (1.34 + (period + 1) / (period - 1))
        inside = rolling_sum(_rogers_satchell_squares(bars), period) / period
        variance = _sample_variance(night, period) + k * _sample_variance(day, period) + (1 - k) * inside
        return np.sqrt(np.maximum(variance, 0.0))

    return Indicator(
        f"yang_zhang_{period}",
        f"sqrt(V(gap) + k V(body) + (1 - k) RS), V sample variances of {period} bars, RS the mean of"
        " Rogers and Satchell, k = .34 / (1.34 + (n + 1) / (n - 1))",
        period, compute=compute,
    )  # fmt: skip


def _sample_variance(values: Values, period: int) -> Values:
    return rolling_mean_std(values, period)[1] ** 2 * period / (period - 1)


def _volatility_ratio(bars: Arrays) -> Values:
    fast, slow = (rolling_mean_std(bars["log_return"], period)[1] for period in RATIO_PERIODS)
    return ratio(fast, slow, 1.0)


COLUMNS: tuple[Indicator, ...] = (
    *map(_volatility, STD_PERIODS),
    Indicator(
        "volatility_ratio_{}_{}".format(*RATIO_PERIODS),
        "volatility_{} / volatility_{}, 1 without movement".format(*RATIO_PERIODS),
        max(RATIO_PERIODS), compute=_volatility_ratio,
    ),
    *map(_bollinger_width, BAND_PERIODS),
    *map(_percent_b, BAND_PERIODS),
    Indicator(
        "true_range", "larger of high and previous close, less smaller of low and previous close, / close", 1,
        compute=lambda bars: talib.TRANGE(bars["high"], bars["low"], bars["close"]) / bars["close"],
    ),
    *map(_atr, ATR_PERIODS),
    Indicator(
        f"keltner_width_{KELTNER_SPAN}",
        f"(upper - lower) / EMA {KELTNER_SPAN}; the channel is EMA {KELTNER_SPAN} +- {KELTNER_WIDTH:g} ATR"
        f" {KELTNER_ATR}",
        max(span_warm_up(KELTNER_SPAN), wilder_warm_up(KELTNER_ATR)), recursive=True,
        compute=lambda bars: 2 * KELTNER_WIDTH * relative_atr(bars, KELTNER_ATR) * bars["close"]
        / talib.EMA(bars["close"], KELTNER_SPAN),
    ),
    Indicator(
        f"keltner_position_{KELTNER_SPAN}",
        "(close - lower) / (upper - lower) of the channel, .5 in one of no width",
        max(span_warm_up(KELTNER_SPAN), wilder_warm_up(KELTNER_ATR)), recursive=True,
        compute=_keltner_position,
    ),
    *map(_parkinson, RANGE_PERIODS),
    *map(_garman_klass, RANGE_PERIODS),
    Indicator(
        f"rogers_satchell_{ROGERS_SATCHELL_PERIOD}",
        f"sqrt(mean of log(h / c) log(h / o) + log(l / c) log(l / o) of {ROGERS_SATCHELL_PERIOD} bars)",
        ROGERS_SATCHELL_PERIOD - 1,
        compute=lambda bars: _root_mean(_rogers_satchell_squares(bars), ROGERS_SATCHELL_PERIOD),
    ),
    *map(_yang_zhang, RANGE_PERIODS),
)  # fmt: skip

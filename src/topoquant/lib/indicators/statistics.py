"""Columns of the shape of recent returns: higher moments, z-scores, dependence in time."""

import numpy as np

from topoquant.lib.indicators.rolling_kernel import (
    rolling_correlation,
    rolling_mean_std,
    rolling_skew_kurtosis,
)
from topoquant.lib.indicators.table import Arrays, Indicator, Values, previous, ratio

MOMENT_PERIODS = (30, 60)
CLOSE_PERIODS = (30, 100)
RETURN_PERIODS = (20, 60)
LAGS = (1, 5)
PERIOD = 60
VARIANCE_HORIZON = 5


def _skewness(period: int) -> Indicator:
    return Indicator(
        f"skewness_{period}", f"skewness of {period} log-returns, 0 without movement", period,
        compute=lambda bars: rolling_skew_kurtosis(bars["log_return"], period)[0],
    )  # fmt: skip


def _kurtosis(period: int) -> Indicator:
    return Indicator(
        f"kurtosis_{period}", f"excess kurtosis of {period} log-returns, 0 without movement", period,
        compute=lambda bars: rolling_skew_kurtosis(bars["log_return"], period)[1],
    )  # fmt: skip


def _zscore(values: Values, period: int) -> Values:
    mean, std = rolling_mean_std(values, period)
    return ratio(values - mean, std, 0.0)


def _close_zscore(period: int) -> Indicator:
    return Indicator(
        f"close_zscore_{period}", f"(log close - mean) / standard deviation of {period} bars", period - 1,
        compute=lambda bars: _zscore(bars["log_close"], period),
    )  # fmt: skip


def _return_zscore(period: int) -> Indicator:
    return Indicator(
        f"return_zscore_{period}", f"(log_return_1 - mean) / standard deviation of {period} bars", period,
        compute=lambda bars: _zscore(bars["log_return"], period),
    )  # fmt: skip


def _autocorrelation(lag: int) -> Indicator:
    return Indicator(
        f"autocorrelation_{lag}_{PERIOD}",
        f"correlation of {PERIOD} log-returns with those {lag} bars before", PERIOD + lag,
        compute=lambda b: rolling_correlation(b["log_return"], previous(b["log_return"], lag), PERIOD),
    )  # fmt: skip


def _clustering(bars: Arrays) -> Values:
    size = np.abs(bars["log_return"])
    return rolling_correlation(size, previous(size), PERIOD)


def _variance_ratio(bars: Arrays) -> Values:
    change = bars["log_close"] - previous(bars["log_close"], VARIANCE_HORIZON)
    long, short = (rolling_mean_std(values, PERIOD)[1] ** 2 for values in (change, bars["log_return"]))
    return ratio(long, VARIANCE_HORIZON * short, 1.0)


COLUMNS: tuple[Indicator, ...] = (
    *map(_skewness, MOMENT_PERIODS),
    *map(_kurtosis, MOMENT_PERIODS),
    *map(_close_zscore, CLOSE_PERIODS),
    *map(_return_zscore, RETURN_PERIODS),
    *map(_autocorrelation, LAGS),
    Indicator(
        f"absolute_autocorrelation_1_{PERIOD}",
        f"correlation of {PERIOD} absolute log-returns with those one bar before", PERIOD + 1,
        compute=_clustering,
    ),
    Indicator(
        f"variance_ratio_{VARIANCE_HORIZON}_{PERIOD}",
        f"variance of {PERIOD} log-returns over {VARIANCE_HORIZON} bars / ({VARIANCE_HORIZON} * that over"
        " one), 1 without movement",
        PERIOD + VARIANCE_HORIZON - 1, compute=_variance_ratio,
    ),
)  # fmt: skip

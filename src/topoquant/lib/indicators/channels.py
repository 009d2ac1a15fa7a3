"""The channels models look at: log-returns, volume, classical oscillators, order flow; all scale-free."""

from collections.abc import Collection

import numpy as np
import talib

from topoquant.lib.indicators.momentum import relative_strength
from topoquant.lib.indicators.options import IndicatorOptions
from topoquant.lib.indicators.order_flow import FLOW_CHANNELS, flow_channels
from topoquant.lib.indicators.rolling_kernel import rolling_mean_std, rolling_sum
from topoquant.lib.indicators.table import Arrays, Column, Columns, previous, ratio
from topoquant.lib.indicators.volatility import relative_atr
from topoquant.lib.indicators.volume import money_flow_steps, on_balance_steps

# Of each set its columns, in the order of the table, and what they are.
FORMULAS: dict[str, dict[str, str]] = {
    "price": {
        "open_return": "log(open / previous close)",
        "high_return": "log(high / previous close)",
        "low_return": "log(low / previous close)",
        "close_return": "log(close / previous close)",
    },
    "volume": {
        "volume_ratio": "log(1 + v / m), m the mean volume of `volume_period` bars",
        "volume_change": "log((v + m) / (previous v + m)), finite through bars without volume",
        "volume_zscore": "(v - m) / standard deviation, 0 where that is 0",
        "obv_change": "change of on-balance volume over `volume_period` bars / volume traded, in [-1, 1]",
        "money_flow": "Chaikin money flow of `volume_period` bars, in [-1, 1]",
    },
    "technical": {
        "rsi": "relative strength index of `rsi_period` bars in [0, 1], .5 before any move",
        "macd": "MACD histogram of `macd_fast`, `macd_slow`, `macd_signal` / close",
        "percent_b": "place of log close in its Bollinger band of `band_period` bars, .5 in one of no width",
        "atr": "Wilder's average true range of `atr_period` bars / close",
        "momentum": "log-return over `momentum_period` bars",
    },
    "flow": {
        "buy_share": "share of the bar's volume that takers bought, .5 without volume",
        "delta_ratio": "bought less sold by takers / mean volume of `volume_period` bars",
        "cumulative_delta_share": "bought less sold over `volume_period` bars / volume traded",
    },
}
CHANNEL_SETS: dict[str, tuple[str, ...]] = {group: tuple(names) for group, names in FORMULAS.items()}
# The fourteen of the trigger study, which all bars have.
CHANNELS: tuple[str, ...] = tuple(
    name for group, names in CHANNEL_SETS.items() if names != FLOW_CHANNELS for name in names
)
RECURSIVE = ("rsi", "macd", "atr")


def channel_columns(options: IndicatorOptions, sets: Collection[str]) -> dict[str, tuple[Column, ...]]:
    """Names, formulas and warm-up of the channels of the chosen sets.

    Parameters
    ----------
    options : IndicatorOptions
        Periods.
    sets : collection of str
        Sets of channels; others are passed over.

    Returns
    -------
    dict of str to tuple of Column
        In the order of the table. All share the longest warm-up among the chosen sets: models
        look at windows of whole rows.
    """
    chosen = [group for group in CHANNEL_SETS if group in sets]
    longest = max((_warm_up(group, options) for group in chosen), default=0)
    return {
        group: tuple(Column(name, text, longest, name in RECURSIVE) for name, text in FORMULAS[group].items())
        for group in chosen
    }


def channels(arrays: Arrays, options: IndicatorOptions, sets: Collection[str]) -> Columns:
    """Compute the channels of one run without a gap."""
    columns: Columns = {}
    if "price" in sets:
        columns |= _price(arrays)
    if "volume" in sets:
        columns |= _volume(arrays, options.volume_period)
    if "technical" in sets:
        columns |= _technical(arrays, options)
    if "flow" in sets:
        columns |= flow_channels(arrays, options.volume_period)
    return columns


def _warm_up(group: str, options: IndicatorOptions) -> int:
    """Rows of a run before the first complete one of a set by itself."""
    needed = {
        "price": 1,
        "volume": options.volume_period,
        "flow": options.volume_period - 1,
        "technical": max(
            options.rsi_period,
            options.macd_fast + options.macd_signal - 2,
            options.macd_slow + options.macd_signal - 2,
            options.band_period - 1,
            options.atr_period,
            options.momentum_period,
        ),
    }
    return needed[group]


def _price(arrays: Arrays) -> Columns:
    """Log of each price over the previous close."""
    before = np.log(previous(arrays["close"]))
    return {f"{name}_return": np.log(arrays[name]) - before for name in ("open", "high", "low", "close")}


def _volume(arrays: Arrays, period: int) -> Columns:
    """Volume against its own recent past, and on which side it fell."""
    volume = arrays["volume"]
    mean, std = rolling_mean_std(volume, period)
    traded = rolling_sum(volume, period)
    return {
        "volume_ratio": np.log1p(ratio(volume, mean, 0.0)),
        "volume_change": np.log(ratio(volume + mean, previous(volume) + mean, 1.0)),
        "volume_zscore": ratio(volume - mean, std, 0.0),
        "obv_change": ratio(rolling_sum(on_balance_steps(arrays), period), traded, 0.0),
        "money_flow": ratio(rolling_sum(money_flow_steps(arrays), period), traded, 0.0),
    }


def _technical(arrays: Arrays, options: IndicatorOptions) -> Columns:
    """Oscillators as fractions."""
    close, log_close = arrays["close"], arrays["log_close"]
    histogram = talib.MACD(close, options.macd_fast, options.macd_slow, options.macd_signal)[2]
    mean, std = rolling_mean_std(log_close, options.band_period)
    return {
        "rsi": relative_strength(close, options.rsi_period),
        "macd": histogram / close,
        "percent_b": 0.5 + ratio(log_close - mean, 2 * options.band_width * std, 0.0),
        "atr": relative_atr(arrays, options.atr_period),
        "momentum": log_close - previous(log_close, options.momentum_period),
    }

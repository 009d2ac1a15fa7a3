"""The fourteen channels of the trigger study: log-returns, volume, classical oscillators; all scale-free."""

import numpy as np
import pandas as pd
import talib
from numpy.typing import NDArray

from topoquant.lib.bars import infer_interval
from topoquant.lib.indicators.options import IndicatorOptions
from topoquant.lib.indicators.rolling_kernel import rolling_mean_std, rolling_sum
from topoquant.lib.indicators.table import Arrays, Columns, table_by_run

CHANNEL_SETS: dict[str, tuple[str, ...]] = {
    "price": ("open_return", "high_return", "low_return", "close_return"),
    "volume": ("volume_ratio", "volume_change", "volume_zscore", "obv_change", "money_flow"),
    "technical": ("rsi", "macd", "percent_b", "atr", "momentum"),
}
CHANNELS: tuple[str, ...] = tuple(name for names in CHANNEL_SETS.values() for name in names)


def channel_names(options: IndicatorOptions) -> tuple[str, ...]:
    """Names of the channels that `options.sets` asks for, in the order of the table.

    Parameters
    ----------
    options : IndicatorOptions
        The chosen sets.

    Returns
    -------
    tuple of str
        A part of `CHANNELS`, in its order.
    """
    chosen = {name for group in options.sets for name in CHANNEL_SETS[group]}
    return tuple(name for name in CHANNELS if name in chosen)


def warm_up(options: IndicatorOptions) -> int:
    """Bars at the start of a run of bars for which `indicators` gives NaN.

    Parameters
    ----------
    options : IndicatorOptions
        Chosen sets and their periods.

    Returns
    -------
    int
        The position, within a run without gaps, of the first row without NaN.
    """
    needed = {
        "price": 1,
        "volume": options.volume_period,
        "technical": max(
            options.rsi_period,
            options.macd_fast + options.macd_signal - 2,
            options.macd_slow + options.macd_signal - 2,
            options.band_period - 1,
            options.atr_period,
            options.momentum_period,
        ),
    }
    return max(needed[group] for group in options.sets)


def indicators(bars: pd.DataFrame, options: IndicatorOptions, *, interval: str | None = None) -> pd.DataFrame:
    """Compute the channels of every bar.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order.
    options : IndicatorOptions
        Sets and periods.
    interval : str, optional
        Length of a bar ("15m"); what the stamps show when absent.

    Returns
    -------
    DataFrame, shape (n_bars, 2 + n_channels)
        `symbol`, `time` (open_time + interval) and float64 columns. After the start and after
        every gap the first `warm_up(options)` rows are NaN in all columns; no other row is.

        ========================  ================================================================
        `open_return` .. `close_return`  log of the bar's price over the previous close
        `volume_ratio`            log(1 + v / m), m the mean volume of the last `volume_period` bars
        `volume_change`           log((v + m) / (previous v + m)), finite through bars without volume
        `volume_zscore`           (v - m) / standard deviation, 0 where that is 0
        `obv_change`              change of on-balance volume over the volume traded, in [-1, 1]
        `money_flow`              Chaikin money flow, in [-1, 1]
        `rsi`                     relative strength index in [0, 1], .5 before any move
        `macd`                    MACD histogram as a fraction of the close
        `percent_b`               place of log close in its Bollinger band, .5 in a band of no width
        `atr`                     Wilder's average true range as a fraction of the close
        `momentum`                log-return over `momentum_period` bars
        ========================  ================================================================

    Raises
    ------
    InputError
        For several symbols, a price that is not positive or a volume that is negative or NaN.

    Notes
    -----
    A row depends on bars up to and including its own, back to the last gap (`rsi`, `macd` and `atr`
    are recursive; the others see their period alone). `rsi`, `macd` and `atr` are TA-Lib's. Its
    rolling standard deviation is not used: it loses digits on price levels. Neither is its money
    flow index, which is 0 below a fixed amount of money and so depends on the unit of volume.

    References
    ----------
    Wilder, J. W. (1978). New Concepts in Technical Trading Systems.
    Bollinger, J. (2001). Bollinger on Bollinger Bands.

    Examples
    --------
    >>> options = IndicatorOptions(
    ...     sets=("price",), rsi_period=14, macd_fast=12, macd_slow=26, macd_signal=9, band_period=20,
    ...     band_width=2, atr_period=14, momentum_period=10, volume_period=20,
    ... )
    >>> price = np.array([100.0, 110.0])
    >>> bars = pd.DataFrame({
    ...     "symbol": "SYN", "open_time": pd.date_range("2024", periods=2, freq="15min", tz="UTC"),
    ...     "open": price, "high": price, "low": price, "close": price, "volume": 1.0,
    ... })
    >>> indicators(bars, options, interval="15m")["close_return"].round(4).tolist()
    [nan, 0.0953]
    """

    def compute(arrays: Arrays) -> Columns:
        columns: Columns = {}
        if "price" in options.sets:
            columns |= _price(arrays)
        if "volume" in options.sets:
            columns |= _volume(arrays, options.volume_period)
        if "technical" in options.sets:
            columns |= _technical(arrays, options)
        return columns

    interval = interval or infer_interval(bars)
    return table_by_run(
        bars, compute, channel_names(options), interval=interval, warm_up=warm_up(options)
    )  # fmt: skip


def _price(arrays: Arrays) -> Columns:
    """Log of each price over the previous close."""
    before = np.log(_previous(arrays["close"]))
    return {f"{name}_return": np.log(arrays[name]) - before for name in ("open", "high", "low", "close")}


def _volume(arrays: Arrays, period: int) -> Columns:
    """Volume against its own recent past, and on which side it fell."""
    volume, close, high, low = (arrays[name] for name in ("volume", "close", "high", "low"))
    mean, std = rolling_mean_std(volume, period)
    traded = rolling_sum(volume, period)
    signed = np.sign(close - _previous(close)) * volume
    # Chaikin: +1 for a close at the high, -1 at the low; a bar without range says nothing.
    place = _ratio((close - low) - (high - close), high - low, 0.0)
    return {
        "volume_ratio": np.log1p(_ratio(volume, mean, 0.0)),
        "volume_change": np.log(_ratio(volume + mean, _previous(volume) + mean, 1.0)),
        "volume_zscore": _ratio(volume - mean, std, 0.0),
        "obv_change": _ratio(rolling_sum(signed, period), traded, 0.0),
        "money_flow": _ratio(rolling_sum(place * volume, period), traded, 0.0),
    }


def _technical(arrays: Arrays, options: IndicatorOptions) -> Columns:
    """Oscillators as fractions."""
    close, log_close = arrays["close"], np.log(arrays["close"])
    rsi = talib.RSI(close, options.rsi_period) / 100
    # TA-Lib calls a price that has never moved oversold (0).
    rsi[np.maximum.accumulate(close) == np.minimum.accumulate(close)] = 0.5
    histogram = talib.MACD(close, options.macd_fast, options.macd_slow, options.macd_signal)[2]
    mean, std = rolling_mean_std(log_close, options.band_period)
    return {
        "rsi": rsi,
        "macd": histogram / close,
        "percent_b": 0.5 + _ratio(log_close - mean, 2 * options.band_width * std, 0.0),
        "atr": talib.ATR(arrays["high"], arrays["low"], close, options.atr_period) / close,
        "momentum": log_close - _previous(log_close, options.momentum_period),
    }


def _previous(values: NDArray[np.float64], lag: int = 1) -> NDArray[np.float64]:
    """Values `lag` bars ago, NaN before."""
    shifted = np.full(values.size, np.nan)
    shifted[lag:] = values[: values.size - lag]
    return shifted


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64], at_zero: float) -> NDArray[np.float64]:
    """Quotient with a value of its own where the denominator is 0."""
    return np.divide(above, below, out=np.where(np.isnan(above), np.nan, at_zero), where=below != 0)

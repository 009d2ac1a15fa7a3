"""The channels models look at: log-returns, volume, classical oscillators, order flow; all scale-free."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pandas as pd
import talib
from numpy.typing import NDArray

from topoquant.lib.bars import infer_interval
from topoquant.lib.errors import bad_input
from topoquant.lib.indicators.options import IndicatorOptions
from topoquant.lib.indicators.order_flow import FLOW_CHANNELS, TAKER_COLUMN, check_takers, flow_channels
from topoquant.lib.indicators.own import append_own_features
from topoquant.lib.indicators.rolling_kernel import rolling_mean_std, rolling_sum
from topoquant.lib.indicators.table import Arrays, Columns, ratio, table_by_run

CHANNEL_SETS: dict[str, tuple[str, ...]] = {
    "price": ("open_return", "high_return", "low_return", "close_return"),
    "volume": ("volume_ratio", "volume_change", "volume_zscore", "obv_change", "money_flow"),
    "technical": ("rsi", "macd", "percent_b", "atr", "momentum"),
    "flow": FLOW_CHANNELS,
}
# Optional columns of bars without which a set cannot be had.
NEEDED_COLUMNS: dict[str, str] = {"flow": TAKER_COLUMN}
# The fourteen of the trigger study, which all bars have.
CHANNELS: tuple[str, ...] = tuple(
    name for group, names in CHANNEL_SETS.items() if group not in NEEDED_COLUMNS for name in names
)


def channel_names(options: IndicatorOptions) -> tuple[str, ...]:
    """Names of the channels that `options.sets` asks for, in the order of the table.

    Parameters
    ----------
    options : IndicatorOptions
        The chosen sets.

    Returns
    -------
    tuple of str
        Those of `CHANNEL_SETS`, in its order.
    """
    return tuple(
        name for group, names in CHANNEL_SETS.items() if group in options.sets for name in names
    )  # fmt: skip


def without_absent_sets(options: IndicatorOptions, columns: Collection[str]) -> IndicatorOptions:
    """Leave out the sets that bars of these columns cannot give.

    Parameters
    ----------
    options : IndicatorOptions
        The chosen sets.
    columns : collection of str
        Columns of the bars.

    Returns
    -------
    IndicatorOptions
        The same, `sets` cut down to those whose columns are there.

    Raises
    ------
    InputError
        When no set is left.

    Examples
    --------
    >>> options = IndicatorOptions(
    ...     sets=("price", "flow"), rsi_period=14, macd_fast=12, macd_slow=26, macd_signal=9,
    ...     band_period=20, band_width=2, atr_period=14, momentum_period=10, volume_period=20,
    ... )
    >>> without_absent_sets(options, ["open", "high", "low", "close", "volume"]).sets
    ('price',)
    """
    there = tuple(
        group
        for group in options.sets
        if group not in NEEDED_COLUMNS or NEEDED_COLUMNS[group] in columns
    )  # fmt: skip
    if not there:
        needed = ", ".join(NEEDED_COLUMNS[group] for group in options.sets)
        raise bad_input(
            "sets", "at least one that these bars can give", f"{', '.join(options.sets)} without {needed}",
            "add price, volume or technical, or bring bars with that column",
        )  # fmt: skip
    return replace(options, sets=there)


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
    return max(needed[group] for group in options.sets)


def indicators(bars: pd.DataFrame, options: IndicatorOptions, *, interval: str | None = None) -> pd.DataFrame:
    """Compute the channels of every bar.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order, with or without `symbol`.
    options : IndicatorOptions
        Sets and periods. The set `flow` is left out where `bars` has no `taker_buy_volume`.
    interval : str, optional
        Length of a bar ("15m"); what the stamps show when absent.

    Returns
    -------
    DataFrame, shape (n_bars, 1 or 2 + n_channels)
        `symbol` where `bars` has it, `time` (open_time + interval) and float64 columns. After the
        start and after every gap the first `warm_up(options)` rows are NaN in all columns; no other
        value is, but those of `flow` whose period has a bar of unknown taker volume.

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
        `buy_share`               share of the bar's volume that takers bought, .5 without volume
        `delta_ratio`             bought less sold, over the mean volume of `volume_period` bars
        `cumulative_delta_share`  bought less sold over `volume_period` bars, over the volume traded
        ========================  ================================================================

        After them the columns of `options.functions`, of `append_own_features`.

    Raises
    ------
    InputError
        For several symbols, a price that is not positive, a volume that is negative or NaN, a taker
        volume outside that of its bar, or when `flow` is all that is asked for and absent; for an
        own function as `append_own_features`.

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
    there = without_absent_sets(options, bars.columns)

    def compute(arrays: Arrays) -> Columns:
        columns: Columns = {}
        if "price" in there.sets:
            columns |= _price(arrays)
        if "volume" in there.sets:
            columns |= _volume(arrays, options.volume_period)
        if "technical" in there.sets:
            columns |= _technical(arrays, options)
        if "flow" in there.sets:
            columns |= flow_channels(arrays, options.volume_period)
        return columns

    extra: tuple[str, ...] = ()
    if "flow" in there.sets:
        check_takers(bars)
        extra = (TAKER_COLUMN,)
    interval = interval or infer_interval(bars)
    table = table_by_run(
        bars, compute, channel_names(there), interval=interval, warm_up=warm_up(there), extra=extra
    )
    return append_own_features(table, bars, options.functions, interval=interval)


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
    place = ratio((close - low) - (high - close), high - low, 0.0)
    return {
        "volume_ratio": np.log1p(ratio(volume, mean, 0.0)),
        "volume_change": np.log(ratio(volume + mean, _previous(volume) + mean, 1.0)),
        "volume_zscore": ratio(volume - mean, std, 0.0),
        "obv_change": ratio(rolling_sum(signed, period), traded, 0.0),
        "money_flow": ratio(rolling_sum(place * volume, period), traded, 0.0),
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
        "percent_b": 0.5 + ratio(log_close - mean, 2 * options.band_width * std, 0.0),
        "atr": talib.ATR(arrays["high"], arrays["low"], close, options.atr_period) / close,
        "momentum": log_close - _previous(log_close, options.momentum_period),
    }


def _previous(values: NDArray[np.float64], lag: int = 1) -> NDArray[np.float64]:
    """Values `lag` bars ago, NaN before."""
    shifted = np.full(values.size, np.nan)
    shifted[lag:] = values[: values.size - lag]
    return shifted

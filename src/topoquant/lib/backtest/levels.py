"""How far away a trade's exits are: one row of distances and a time limit per signal."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import talib
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.backtest.options import BacktestOptions
from topoquant.lib.bars.gaps import gap_positions
from topoquant.lib.bars.schema import interval_timedelta, stamps_ns
from topoquant.lib.errors import bad_input

# Longer than any data, short enough that no stamp overflows.
FOREVER = 2**62
NAMES = ("stop", "take_profit", "trailing")
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Exits:
    """Exits that differ from entry to entry, such as those of a label; what is None is as the options say.

    Attributes
    ----------
    stop, take_profit, trailing : array-like, shape (n_bars,), or None
        Distances as fractions of the price, known at the signal's close: infinite for none, NaN where no
        entry is to be made.
    holding : array-like of int, shape (n_bars,), or None
        Bars from the fill to the scheduled exit, at least 1.
    """

    stop: ArrayLike | None = None
    take_profit: ArrayLike | None = None
    trailing: ArrayLike | None = None
    holding: ArrayLike | None = None


def average_range(bars: pd.DataFrame, period: int, *, interval: str) -> Floats:
    """Return Wilder's average true range as a fraction of the close, restarted after every gap.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol, in time order.
    period : int
        Bars of the average, at least 2.
    interval : str
        Length of a bar.

    Returns
    -------
    ndarray, shape (n_bars,)
        Known at the close of its bar; NaN for the first `period` bars after the start and every gap.

    References
    ----------
    Wilder (1978), New Concepts in Technical Trading Systems.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "high": [101.0, 102.0, 101.0, 100.0], "low": [99.0, 100.0, 99.0, 92.0], "close": 100.0})
    >>> average_range(bars, 2, interval="1h").tolist()
    [nan, nan, 0.02, 0.05]
    """
    columns = [bars[name].to_numpy(np.float64, copy=True) for name in ("high", "low", "close")]
    ranges = np.full(len(bars), np.nan)
    edges = [0, *gap_positions(bars, interval).tolist(), len(bars)]
    for start, end in pairwise(edges):
        if end - start > period:
            high, low, close = (column[start:end] for column in columns)
            ranges[start:end] = talib.ATR(high, low, close, period) / close
    return ranges


def distances(bars: pd.DataFrame, options: BacktestOptions, exits: Exits, *, interval: str) -> Floats:
    """Put stop, take-profit and trailing distance of every signal side by side.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol, in time order.
    options : BacktestOptions
        Distances that hold for every entry.
    exits : Exits
        Those of single entries, which come before them.
    interval : str
        Length of a bar.

    Returns
    -------
    ndarray, shape (n_bars, 3), or (1, 3) where all rows are the same
        Fractions of the price, infinite for none.

    Raises
    ------
    InputError
        For a distance that is not above 0, a stop at 1 or more, or another length.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")})
    >>> options = BacktestOptions(fee=0.0, slippage=0.0, stop=0.1)
    >>> distances(bars, options, Exits(take_profit=[0.2, np.nan]), interval="1h").tolist()
    [[0.1, 0.2, inf], [0.1, nan, inf]]
    """
    given = [getattr(exits, name) for name in NAMES]
    chosen = [getattr(options, name) for name in NAMES]
    in_ranges = options.atr_period is not None and any(
        own is None and distance is not None for own, distance in zip(given, chosen, strict=True)
    )
    unit = average_range(bars, options.atr_period, interval=interval) if in_ranges else 1.0  # type: ignore[arg-type]
    columns = [
        _checked(own, name, len(bars)) if own is not None
        else np.inf if distance is None else distance * unit
        for name, own, distance in zip(NAMES, given, chosen, strict=True)
    ]  # fmt: skip
    return np.ascontiguousarray(np.column_stack(np.broadcast_arrays(*map(np.atleast_1d, columns))))


def time_limits(
    bars: pd.DataFrame, signal: Floats, options: BacktestOptions, exits: Exits, *, interval: str
) -> NDArray[np.int64]:
    """Say how long after its fill a trade is closed at the latest.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol, in time order.
    signal : ndarray, shape (n_bars,)
        Without `options.holding` a trade lasts until a close at which this is another.
    options, exits
        `exits.holding` comes before `options.holding`.
    interval : str
        Length of a bar.

    Returns
    -------
    ndarray of int64, shape (n_bars,) or (1,)
        Nanoseconds. Where it waits for another signal, the wait is decided bar by bar: that its end is
        written at the entry does not tell the engine anything before it happens.

    Raises
    ------
    InputError
        For a holding below 1 or of another length.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=4, freq="s", tz="UTC")})
    >>> options = BacktestOptions(fee=0.0, slippage=0.0)
    >>> limits = time_limits(bars, np.array([1.0, 1.0, 0.0, 0.0]), options, Exits(), interval="1s")
    >>> (limits[:2] // 10**9).tolist()
    [2, 1]
    """
    step = interval_timedelta(interval).value
    if exits.holding is not None:
        bars_held = np.asarray(exits.holding)
        if bars_held.shape != (len(bars),) or not np.issubdtype(bars_held.dtype, np.integer):
            raise bad_input(
                "holding", f"{len(bars)} whole numbers", f"{bars_held.dtype} of shape {bars_held.shape}",
                "give one per bar",
            )  # fmt: skip
        if (bars_held < 1).any():
            raise bad_input("holding", "at least 1", int(bars_held.min()), "hold for one bar or longer")
        return bars_held.astype(np.int64) * step
    if options.holding is not None:
        return np.array([options.holding * step], np.int64)
    return _until_another(bars, signal)


def _until_another(bars: pd.DataFrame, signal: Floats) -> NDArray[np.int64]:
    """Time from the fill of each signal to the open after the first close with another."""
    stamps, n = stamps_ns(bars), len(signal)
    limits = np.full(n, FOREVER, np.int64)
    ends = np.append(np.flatnonzero(np.diff(np.sign(signal)) != 0) + 1, n)
    changed = ends[np.searchsorted(ends, np.arange(n), side="right")] if n else ends
    known = np.flatnonzero(changed + 1 < n)
    limits[known] = stamps[changed[known] + 1] - stamps[known + 1]
    return limits


def _checked(values: ArrayLike, name: str, n_bars: int) -> Floats:
    """Refuse distances that no price can be at."""
    given = np.asarray(values, np.float64)
    if given.shape != (n_bars,):
        raise bad_input(name, f"of shape ({n_bars},), as the bars are", given.shape, "give one per bar")
    largest = np.inf if name == "take_profit" else 1.0
    wrong = (given <= 0) | ((given >= largest) & np.isfinite(given))
    if wrong.any():
        allowed = "above 0" if name == "take_profit" else "in (0, 1), or infinite for none"
        raise bad_input(name, allowed, float(given[wrong.argmax()]), "give fractions of the price")
    return given

"""The trigger label: does the price move by a threshold within the next bars."""

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from topoquant.lib.bars import infer_interval
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.horizons import DECIMALS, horizon_fits, price_after, target_rows
from topoquant.lib.labeling.options import Side
from topoquant.lib.labeling.triggers_kernel import forward_extremes


def excursion(bars: pd.DataFrame, *, interval: str, horizon: int, side: Side) -> NDArray[np.float64]:
    """Return the largest move from the next open within the horizon, as a fraction of that open.

    up: max(high[t+1 .. t+horizon]) / open[t+1] - 1; down: 1 - min(low[...]) / open[t+1];
    both: the larger. Rounded to 12 decimals, so that prices which hit a threshold exactly
    reach it.

    Parameters
    ----------
    bars : DataFrame, shape (n, ...)
        One symbol's bars, sorted by `open_time`.
    interval : str
        Length of a bar.
    horizon : int
        Bars looked at, the entry bar included.
    side : {"up", "down", "both"}

    Returns
    -------
    ndarray of float64, shape (n,)
        At t from the bars t+1 .. t+horizon alone; NaN where they do not all follow t without
        a gap, or a price of theirs is NaN.

    Raises
    ------
    InputError
        If the horizon is below 1, the side unknown, or the bars are of several symbols, out of
        order or closer to each other than the interval.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"),
    ...     "open": [99.0, 100.0, 101.0], "high": [99.0, 101.0, 103.0],
    ...     "low": [99.0, 98.0, 101.0], "close": [99.0, 101.0, 102.0]})
    >>> excursion(bars, interval="1h", horizon=2, side="up")
    array([0.03,  nan,  nan])
    """
    if side not in ("up", "down", "both"):
        raise bad_input("side", "up, down or both", repr(side), "set the label's side")
    fits = horizon_fits(bars, interval, horizon)
    high, low = (bars[name].to_numpy(dtype=np.float64) for name in ("high", "low"))
    highest, lowest = forward_extremes(high, low, horizon)
    entry = price_after(bars["open"], 1)
    up, down = highest / entry - 1, 1 - lowest / entry
    moves = {"up": up, "down": down, "both": np.maximum(up, down)}[side]
    return np.where(fits, np.round(moves, DECIMALS), np.nan)


def label_trigger(
    bars: pd.DataFrame, *, interval: str | None = None, threshold: float, horizon: int, side: Side
) -> pd.DataFrame:
    """Label the rows whose price moves by at least `threshold` from the next open within the horizon.

    Parameters
    ----------
    bars : DataFrame
        One symbol's bars, sorted by `open_time`.
    interval : str, optional
        Length of a bar; what the stamps show when absent.
    threshold : float
        Fraction of the entry price, open[t+1]; a move of exactly the threshold counts.
    horizon : int
        Bars looked at, t+1 .. t+horizon.
    side : {"up", "down", "both"}

    Returns
    -------
    DataFrame, in the order of `bars`
        `symbol` if `bars` has it, `time`, `t1` (always the full horizon, since only then
        `max_pct` is known), `label` (1.0 iff `excursion` >= threshold), `max_pct` (that
        excursion clipped to [0, 1]) and `ret` (close[t+horizon] / open[t+1] - 1, whatever the
        side). A row whose horizon passes the data or a gap is absent, even if the threshold
        was reached before, as is one with a NaN price in it. A row depends on the bars
        t+1 .. t+horizon alone.

    Raises
    ------
    InputError
        If the threshold is not positive, or as `excursion`.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "BTCUSDT",
    ...     "open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"),
    ...     "open": [99.0, 100.0, 101.0], "high": [99.0, 101.0, 103.0],
    ...     "low": [99.0, 98.0, 101.0], "close": [99.0, 101.0, 102.0]})
    >>> rows = label_trigger(bars, interval="1h", threshold=0.03, horizon=2, side="up")
    >>> rows[["label", "max_pct"]].to_numpy().tolist()
    [[1.0, 0.03]]
    """
    if not threshold > 0:
        raise bad_input("threshold", "above 0", threshold, "set a fraction of the entry price such as 0.004")
    interval = interval or infer_interval(bars)
    moves = excursion(bars, interval=interval, horizon=horizon, side=side)
    targets = {"label": (moves >= threshold).astype(np.float64), "max_pct": np.clip(moves, 0.0, 1.0)}
    return target_rows(bars, interval=interval, horizon=horizon, targets=targets)


def plain_extremes(
    high: NDArray[np.float64], low: NDArray[np.float64], horizon: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what `forward_extremes` does, by looking at every window.

    Parameters
    ----------
    high, low : ndarray of float64, shape (n,)
        Bars in time order.
    horizon : int
        Bars ahead.

    Returns
    -------
    highest, lowest : ndarray of float64, shape (n,)
        Over the bars t+1 .. t+horizon; NaN where they do not fit.

    Examples
    --------
    >>> plain_extremes(np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 0.5]), 2)
    (array([ 3., nan, nan]), array([0.5, nan, nan]))
    """
    highest, lowest = np.full(len(high), np.nan), np.full(len(low), np.nan)
    if len(high) > horizon:
        highest[:-horizon] = sliding_window_view(high[1:], horizon).max(axis=1)
        lowest[:-horizon] = sliding_window_view(low[1:], horizon).min(axis=1)
    return highest, lowest

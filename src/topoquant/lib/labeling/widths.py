"""How far a price moves in a bar, as a fraction of the price: the unit of a barrier."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import talib
from numpy.typing import NDArray

from topoquant.lib.bars import check_one_symbol, gap_positions, infer_interval
from topoquant.lib.errors import bad_input
from topoquant.lib.indicators.rolling_kernel import exponential_mean

Floats = NDArray[np.float64]


def average_true_range_width(bars: pd.DataFrame, *, period: int, interval: str | None = None) -> Floats:
    """Return Wilder's average true range over the close.

    It measures one bar. A price moves about as the square root of time, so a barrier for a horizon
    of h bars is a number of `width * np.sqrt(h)`: at 1.5 average ranges of one-minute BTCUSDT bars
    and a horizon of 60, 3 rows in 10,000 reach the time limit; scaled so, 7 in 10 do.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol's bars in time order, prices finite and positive.
    period : int
        Bars of the average; later bars weigh (period - 1) / period per bar passed.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    ndarray of float64, shape (n_bars,)
        Fraction of the close at t, known at t. A gap restarts the average: a true range looks
        back one close, which must be that of the bar before. NaN for the first `period` bars after the
        start and after every gap, and where no price has moved.

    Raises
    ------
    InputError
        For several symbols or a period below 1.

    References
    ----------
    Wilder, J. W. (1978). New Concepts in Technical Trading Systems. Computed by TA-Lib.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "high": [101.0, 102.0, 101.0, 100.0], "low": [99.0, 100.0, 99.0, 92.0],
    ...     "close": [100.0, 100.0, 100.0, 100.0]})
    >>> average_true_range_width(bars, period=2)
    array([ nan,  nan, 0.02, 0.05])
    """
    if period < 1:
        raise bad_input("period", "at least 1 bar", period, "set the width's period")

    def of_run(high: Floats, low: Floats, close: Floats) -> Floats:
        width: Floats = talib.ATR(high, low, close, period) / close
        return width

    return _by_run(bars, of_run, ("high", "low", "close"), interval)


def volatility_width(bars: pd.DataFrame, *, half_life: float, interval: str | None = None) -> Floats:
    """Return the standard deviation of a bar's log-return, recent bars weighing more.

    The root of the exponentially weighted mean of squared close-to-close log-returns, about zero:
    within a bar the mean return is far below the deviation. Like the average range it measures one
    bar and has to be scaled with the horizon, `width * np.sqrt(horizon)`.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol's bars in time order, prices finite and positive.
    half_life : float
        Bars in which a return's weight halves.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    ndarray of float64, shape (n_bars,)
        Fraction of the close at t (log-returns of a bar are small enough to be read as one), known at
        t. A gap restarts the average, and the return across it is not used. NaN until `half_life`
        returns, rounded up, have been seen since the start or the gap, and where no price has moved.

    Raises
    ------
    InputError
        For several symbols or a half-life that is not above 0.

    References
    ----------
    J.P. Morgan and Reuters (1996). RiskMetrics Technical Document, section 5.2.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"),
    ...     "close": 100 * np.exp([0.0, 0.01, 0.04])})
    >>> volatility_width(bars, half_life=1).round(4)
    array([   nan, 0.01  , 0.0252])
    """
    if not half_life > 0:
        raise bad_input("half_life", "above 0 bars", half_life, "set the width's half-life")
    warm_up = int(np.ceil(half_life))

    def of_run(close: Floats) -> Floats:
        width = np.full(len(close), np.nan)
        width[1:] = np.sqrt(exponential_mean(np.diff(np.log(close)) ** 2, half_life))
        width[:warm_up] = np.nan
        return width

    return _by_run(bars, of_run, ("close",), interval)


def _by_run(
    bars: pd.DataFrame, of_run: Callable[..., Floats], names: tuple[str, ...], interval: str | None
) -> Floats:
    """Compute each run of bars without a gap by itself; a width of 0 is none."""
    check_one_symbol(bars)
    columns = [bars[name].to_numpy(dtype=np.float64) for name in names]
    width = np.full(len(bars), np.nan)
    edges = [0, *gap_positions(bars, interval or infer_interval(bars)).tolist(), len(bars)]
    for start, stop in pairwise(edges):
        width[start:stop] = of_run(*(np.ascontiguousarray(column[start:stop]) for column in columns))
    width[width == 0] = np.nan
    return width

"""What every target shares: the fill, the exit, and the rows whose whole horizon fits."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import check_one_symbol, contiguous_ahead, interval_timedelta, row_keys, stamps_ns
from topoquant.lib.errors import bad_input

# Far below any tick, far above the noise of a division: a move of exactly the threshold,
# such as 100.41 / 100 - 1 against .0041, compares as equal.
DECIMALS = 12


def horizon_fits(bars: pd.DataFrame, interval: str, horizon: int) -> NDArray[np.bool_]:
    """Mark the bars that `horizon` more bars follow without a gap.

    Parameters
    ----------
    bars : DataFrame, shape (n, ...)
        One symbol's bars, in order of time.
    interval : str
        Length of a bar.
    horizon : int
        Bars ahead, at least 1.

    Returns
    -------
    ndarray of bool, shape (n,)
        Looks ahead: it decides which rows have a target, never a feature.

    Raises
    ------
    InputError
        If the horizon is below 1, or the bars are of several symbols, out of order or closer
        to each other than the interval.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")})
    >>> horizon_fits(bars, "1h", 2).tolist()
    [True, False, False]
    """
    if horizon < 1:
        raise bad_input("horizon", "at least 1 bar", horizon, "set the label's horizon")
    check_one_symbol(bars)
    early = np.flatnonzero(np.diff(stamps_ns(bars)) < interval_timedelta(interval).value)
    if len(early):
        before, after = bars["open_time"].iloc[early[0]], bars["open_time"].iloc[early[0] + 1]
        raise bad_input(
            "bars", f"in order of time, {interval} apart or more", f"{after} after {before}",
            "sort them, drop repeated ones, or give their own interval",
        )  # fmt: skip
    return contiguous_ahead(bars, interval) >= horizon


def price_after(prices: pd.Series, n_bars: int) -> NDArray[np.float64]:
    """Return the price `n_bars` later.

    Parameters
    ----------
    prices : Series, shape (n,)
        Of one symbol, in order of time.
    n_bars : int
        How many bars later.

    Returns
    -------
    ndarray of float64, shape (n,)
        At t the price of bar t + n_bars, whether or not a gap lies between; NaN at the end.

    Examples
    --------
    >>> price_after(pd.Series([1.0, 2.0, 3.0]), 2)
    array([ 3., nan, nan])
    """
    return prices.shift(-n_bars).to_numpy(dtype=np.float64)


def fill_return(bars: pd.DataFrame, horizon: int) -> NDArray[np.float64]:
    """Return the simple return of price from the fill to the close at the end of the horizon.

    Parameters
    ----------
    bars : DataFrame, shape (n, ...)
        One symbol's `open` and `close`, in order of time.
    horizon : int
        Bars from the entry bar to the bar of the exit, inclusive.

    Returns
    -------
    ndarray of float64, shape (n,)
        close[t+horizon] / open[t+1] - 1; NaN at the end.

    Examples
    --------
    >>> fill_return(pd.DataFrame({"open": [9.0, 10.0, 11.0], "close": [9.0, 11.0, 15.0]}), 2)
    array([0.5, nan, nan])
    """
    return price_after(bars["close"], horizon) / price_after(bars["open"], 1) - 1


def target_rows(
    bars: pd.DataFrame, *, interval: str, horizon: int, targets: dict[str, NDArray[np.float64]]
) -> pd.DataFrame:
    """Put targets beside their keys, t1 and return, and leave out the rows that have none.

    Parameters
    ----------
    bars : DataFrame, shape (n, ...)
        One symbol's bars, in order of time.
    interval : str
        Length of a bar.
    horizon : int
        Bars after which every target of a row is known.
    targets : dict of str to ndarray of float64, shape (n,)
        Columns by name; NaN where a row has no target.

    Returns
    -------
    DataFrame, in the order of `bars`
        `symbol` if `bars` has it, `time`, `t1` (`time` + horizon), the targets, and `ret` (of
        `fill_return`). Rows whose horizon passes the end or a gap, or in which any of these
        is NaN, are absent.

    Raises
    ------
    InputError
        As `horizon_fits`.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC"),
    ...     "open": [10.0, 10.0], "close": [10.0, 11.0]})
    >>> rows = target_rows(bars, interval="1h", horizon=1, targets={"label": np.ones(2)})
    >>> rows.columns.tolist(), len(rows)
    (['time', 't1', 'label', 'ret'], 1)
    """
    columns = targets | {"ret": fill_return(bars, horizon)}
    complete = horizon_fits(bars, interval, horizon)
    for values in columns.values():
        complete &= ~np.isnan(values)
    rows = row_keys(bars, interval)[complete].reset_index(drop=True)
    rows["t1"] = rows["time"] + horizon * interval_timedelta(interval)
    return rows.assign(**{name: values[complete] for name, values in columns.items()})

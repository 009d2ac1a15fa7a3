"""Where to cut the future off: the places at which a feature that looks ahead cannot hide."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from topoquant.lib.bars import gap_positions, interval_timedelta
from topoquant.lib.errors import bad_input

# Inside every warm-up worth the name: a value here was filled from later bars.
EARLY = 8

Function = Callable[[pd.DataFrame], pd.DataFrame]


def revealing_cuts(bars: pd.DataFrame, n_cuts: int, *, interval: str) -> list[int]:
    """Spread cuts over the second half of the bars, out of step with longer bars, and add the warm-ups.

    Cuts at equal distances may all fall on the last minute of an hour, where a feature from hourly bars
    that is stamped too early shows nothing: each of these lies one bar further from its place. A
    value filled from later bars is found only where values are missing: right after the start
    and after the first and the last gap.

    Parameters
    ----------
    bars : DataFrame
        `open_time`, of one or several symbols.
    n_cuts : int
        Cuts that are spread, at least 1.
    interval : str
        Length of a bar.

    Returns
    -------
    list of int
        Positions among the distinct open times, ascending; at most three more than `n_cuts`. The very
        last bar is not among them: it has no future to leak from.

    Raises
    ------
    InputError
        With fewer than 2 distinct open times or no cut.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024", periods=101, freq="h", tz="UTC")})
    >>> revealing_cuts(bars, 3, interval="1h")
    [8, 50, 73, 97]
    >>> revealing_cuts(bars.drop(index=range(20, 30)), 1, interval="1h")
    [8, 20, 45]
    """
    open_times = pd.DataFrame({"open_time": np.sort(bars["open_time"].unique())})
    last = len(open_times) - 2
    if last < 0 or n_cuts < 1:
        raise bad_input("bars and n_cuts", "at least 2 times and 1 cut", (last + 2, n_cuts), "load more bars")
    spread = np.linspace(len(open_times) // 2, last, n_cuts).astype(int) - np.arange(n_cuts)
    gaps = gap_positions(open_times, interval)
    return sorted(
        {max(0, int(cut)) for cut in (*spread, min(EARLY, last), *gaps[:1], *gaps[-1:]) if cut <= last}
    )


def row_cuts(bars: pd.DataFrame, times: pd.Series, n_cuts: int, *, interval: str) -> list[int]:
    """Spread cuts over rows, so that each has one to compare, and others before it.

    Parameters
    ----------
    bars : DataFrame
        `open_time`, of one or several symbols.
    times : Series of Timestamp
        Decision times of the rows.
    n_cuts : int
        At least 1.
    interval : str
        Length of a bar.

    Returns
    -------
    list of int
        Positions among the distinct open times of the bars that end at such a time, ascending, at most
        `n_cuts`. The very last bar is not among them.

    Raises
    ------
    InputError
        If no row is decided at the end of a bar that another one follows.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024", periods=9, freq="h", tz="UTC")})
    >>> row_cuts(bars, bars["open_time"][3:] + pd.Timedelta("1h"), 2, interval="1h")
    [4, 6]
    """
    open_times = pd.DatetimeIndex(bars["open_time"].unique()).sort_values()
    starts = pd.DatetimeIndex(times.unique()) - interval_timedelta(interval)
    found = np.flatnonzero(open_times[:-1].isin(starts))
    if n_cuts < 1 or not len(found):
        raise bad_input(
            "rows at the end of a bar, and n_cuts", "1 or more each", (len(found), n_cuts),
            "pass the bars that the rows were made of",
        )  # fmt: skip
    inside = np.linspace(0, len(found) - 1, n_cuts + 2)[1:-1].round().astype(int)
    return np.unique(found[inside]).tolist()


def distinct_open_times(bars: pd.DataFrame, cuts: Sequence[int]) -> pd.DatetimeIndex:
    """Return the distinct open times that cuts are positions of.

    Parameters
    ----------
    bars : DataFrame
        `open_time`, of one or several symbols.
    cuts : sequence of int
        Positions to be used.

    Returns
    -------
    DatetimeIndex
        Ascending.

    Raises
    ------
    InputError
        If a cut lies outside the bars.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024", periods=3, freq="h", tz="UTC")})
    >>> len(distinct_open_times(pd.concat([bars, bars]), [2]))
    3
    """
    open_times = pd.DatetimeIndex(bars["open_time"].unique()).sort_values()
    outside = [cut for cut in cuts if not 0 <= cut < len(open_times)]
    if outside:
        raise bad_input("cuts", f"in [0, {len(open_times)})", outside[0], "cut within the bars")
    return open_times


def stored_first(function: Function, stored: pd.DataFrame, bars: pd.DataFrame) -> Function:
    """Make a function that gives the stored table for all bars and computes it for fewer.

    What `check_prefix_invariance` then compares at a cut is the table that models read, not what the
    function would give: a table that was put together by position differs from it.

    Parameters
    ----------
    function : callable
        From bars to a keyed table.
    stored : DataFrame
        The table as it was written, of all bars.
    bars : DataFrame
        All bars.

    Returns
    -------
    callable

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024", periods=3, freq="h", tz="UTC")})
    >>> stored_first(lambda some: some.iloc[:0], bars.assign(x=1), bars)(bars)["x"].tolist()
    [1, 1, 1]
    """
    return lambda some: stored if len(some) == len(bars) else function(some)

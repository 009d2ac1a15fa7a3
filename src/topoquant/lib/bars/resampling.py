"""Longer bars from shorter ones."""

import numpy as np
import pandas as pd

from topoquant.lib.bars.schema import (
    OPTIONAL_BAR_COLUMNS,
    TIME_DTYPE,
    infer_interval,
    interval_timedelta,
    stamps_ns,
)
from topoquant.lib.errors import bad_input

_WEEK = pd.Timedelta(weeks=1)
# Day 0 of the epoch was a Thursday; weeks open on Monday.
_FIRST_MONDAY = pd.Timedelta(days=4)


def resample_bars(bars: pd.DataFrame, interval: str) -> pd.DataFrame:
    """Return bars of a multiple of the interval, stamped by their open.

    Opens lie on multiples of the interval since 1970 (weeks on Mondays). A group that lacks
    one of its bars, at a gap or at either end, is dropped: nothing unfinished comes out.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order, without duplicates.
    interval : str
        The interval wanted.

    Returns
    -------
    DataFrame, shape (m, any)
        First open, highest high, lowest low, last close, sums of volumes (NaN where any part
        is); the required and optional columns that `bars` has. The bar opened at t depends on
        bars opened in [t, t + interval) alone.

    Raises
    ------
    InputError
        When `interval` is no multiple of that of `bars`, or their times do not rise.

    Examples
    --------
    >>> bars = pd.DataFrame({
    ...     "symbol": "A", "open_time": pd.to_datetime(["2024-01-01 00:00", "2024-01-01 00:15"], utc=True),
    ...     "open": [1.0, 2.0], "high": [3.0, 2.0], "low": [1.0, 0.5], "close": [2.0, 1.5],
    ...     "volume": [4.0, 5.0],
    ... })
    >>> resample_bars(bars, "30m").iloc[0, 2:].tolist()
    [1.0, 3.0, 0.5, 1.5, 9.0]
    """
    source, stamps = infer_interval(bars), stamps_ns(bars)
    if (np.diff(stamps) <= 0).any():
        raise bad_input(
            "open_time", "rising from row to row", "repeated or falling", "validate the bars first"
        )
    width, source_width = interval_timedelta(interval), interval_timedelta(source)
    if width % source_width != pd.Timedelta(0):
        raise bad_input("interval", f"a multiple of {source}", interval, "resample to a multiple")
    offset = _FIRST_MONDAY.value if width % _WEEK == pd.Timedelta(0) else 0
    group = (stamps - offset) // width.value
    first = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    complete = np.diff(first, append=len(bars)) == width // source_width
    sums = ["volume", *(name for name in OPTIONAL_BAR_COLUMNS if name in bars.columns)]
    last = np.append(first[1:], len(bars)) - 1
    columns = {
        "symbol": bars["symbol"].to_numpy()[first],
        "open_time": pd.to_datetime(group[first] * width.value + offset, utc=True).astype(TIME_DTYPE),
        "open": bars["open"].to_numpy()[first],
        "high": np.maximum.reduceat(bars["high"].to_numpy(), first),
        "low": np.minimum.reduceat(bars["low"].to_numpy(), first),
        "close": bars["close"].to_numpy()[last],
    } | {name: np.add.reduceat(bars[name].to_numpy(), first) for name in sums}
    resampled = pd.DataFrame(columns).loc[complete].reset_index(drop=True)
    resampled.attrs = dict(bars.attrs)
    return resampled

"""Longer bars from shorter ones."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.schema import (
    OPTIONAL_BAR_COLUMNS,
    TIME_DTYPE,
    check_one_symbol,
    infer_interval,
    interval_timedelta,
    stamps_ns,
)
from topoquant.lib.errors import bad_input

_WEEK = pd.Timedelta(weeks=1)
# Day 0 of the epoch was a Thursday; weeks open on Monday.
_FIRST_MONDAY = pd.Timedelta(days=4)


def resample_bars(bars: pd.DataFrame, interval: str, *, source_interval: str | None = None) -> pd.DataFrame:
    """Return bars of a multiple of the interval, stamped by their open.

    Opens lie on multiples of the interval since 1970 (weeks on Mondays). A group that lacks
    one of its bars, at a gap or at either end, is dropped: nothing unfinished comes out.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order, without duplicates; `symbol` may be absent.
    interval : str
        The interval wanted.
    source_interval : str, optional
        That of `bars`; what the stamps show when absent.

    Returns
    -------
    DataFrame, shape (m, any)
        First open, highest high, lowest low, last close, sums of volumes (NaN where any part
        is); the required and optional columns that `bars` has, `symbol` first where it is
        there. No rows when no group is complete. The bar opened at t depends on bars opened in
        [t, t + interval) alone and the last of them closes at t + interval, so that cutting
        `bars` off anywhere takes bars from the end of the result and changes none.

    Raises
    ------
    InputError
        When `interval` is no multiple of that of `bars`, their times do not rise or lie off its
        grid, or there is no bar or several symbols.

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
    if len(bars) == 0:
        raise bad_input("bars", "one row or more", "none", "load bars first")
    check_one_symbol(bars)
    source = source_interval or infer_interval(bars)
    width, source_width = interval_timedelta(interval), interval_timedelta(source)
    if width % source_width != pd.Timedelta(0):
        raise bad_input("interval", f"a multiple of {source}", interval, "resample to a multiple")
    offset = _FIRST_MONDAY.value if width % _WEEK == pd.Timedelta(0) else 0
    stamps = stamps_ns(bars) - offset
    _check_grid(bars, stamps, source_width)
    group = stamps // width.value
    first = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    complete = np.diff(first, append=len(bars)) == width // source_width
    last = np.append(first[1:], len(bars)) - 1
    columns = {
        "open_time": pd.to_datetime(group[first] * width.value + offset, utc=True).astype(TIME_DTYPE),
        "open": bars["open"].to_numpy()[first],
        "high": np.maximum.reduceat(bars["high"].to_numpy(), first),
        "low": np.minimum.reduceat(bars["low"].to_numpy(), first),
        "close": bars["close"].to_numpy()[last],
    }
    for name in ("volume", *OPTIONAL_BAR_COLUMNS):
        if name in bars.columns:
            columns[name] = np.add.reduceat(bars[name].to_numpy(), first)
    if "symbol" in bars.columns:
        columns = {"symbol": bars["symbol"].array[first], **columns}
    resampled = pd.DataFrame(columns).loc[complete].reset_index(drop=True)
    resampled.attrs = dict(bars.attrs)
    return resampled


def _check_grid(bars: pd.DataFrame, stamps: NDArray[np.int64], source_width: pd.Timedelta) -> None:
    """Refuse stamps that do not rise, and stamps whose bars end after the group they would fall into."""
    if (np.diff(stamps) <= 0).any():
        raise bad_input(
            "open_time", "rising from row to row", "repeated or falling", "validate the bars first"
        )
    off = np.flatnonzero(stamps % source_width.value)
    if len(off):
        raise bad_input(
            "open_time", f"on multiples of {source_width} since 1970 (weeks on Mondays), UTC",
            f"{bars['open_time'].iloc[off[0]]} ({len(off)} of {len(bars)} off the grid)",
            "correct the stamps, or use these bars as they are",
        )  # fmt: skip

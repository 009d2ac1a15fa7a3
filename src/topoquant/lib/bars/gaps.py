"""Where bars are missing, and how far each bar is from the nearest hole."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.schema import interval_timedelta, stamps_ns


def gap_positions(bars: pd.DataFrame, interval: str) -> NDArray[np.int64]:
    """Return the rows that come right after a gap.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order; only `open_time` is read.
    interval : str
        Their interval.

    Returns
    -------
    ndarray of int64, shape (n_gaps,)
        Positions i such that bar i opens later than bar i - 1 closes. Position i depends on
        the bars up to i alone.

    Raises
    ------
    InputError
        For an interval that cannot be read.

    Examples
    --------
    >>> stamps = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05"], utc=True)
    >>> gap_positions(pd.DataFrame({"open_time": stamps}), "1d").tolist()
    [2]
    """
    return np.flatnonzero(np.diff(stamps_ns(bars)) > interval_timedelta(interval).value) + 1


def contiguous_length(bars: pd.DataFrame, interval: str) -> NDArray[np.int64]:
    """Return how many bars the unbroken run that ends at each bar has, itself included.

    A window of `window` bars ending at a bar crosses no gap iff its run is at least as long.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order; only `open_time` is read.
    interval : str
        Their interval.

    Returns
    -------
    ndarray of int64, shape (n,)
        Lengths, at least 1. Entry i depends on the bars up to i alone.

    Raises
    ------
    InputError
        For an interval that cannot be read.

    Examples
    --------
    >>> stamps = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05"], utc=True)
    >>> contiguous_length(pd.DataFrame({"open_time": stamps}), "1d").tolist()
    [1, 2, 1]
    """
    position = np.arange(len(bars), dtype=np.int64)
    run_start = np.zeros(len(bars), dtype=np.int64)
    after_gap = gap_positions(bars, interval)
    run_start[after_gap] = after_gap
    return position - np.maximum.accumulate(run_start) + 1


def contiguous_ahead(bars: pd.DataFrame, interval: str) -> NDArray[np.int64]:
    """Return how many bars follow each bar before the next gap or the end.

    A horizon of `horizon` bars after a bar crosses no gap iff at least as many follow. This
    looks ahead: it may decide which rows have a target, never a feature.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order; only `open_time` is read.
    interval : str
        Their interval.

    Returns
    -------
    ndarray of int64, shape (n,)
        Counts, 0 for the last bar of a run.

    Raises
    ------
    InputError
        For an interval that cannot be read.

    Examples
    --------
    >>> stamps = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05"], utc=True)
    >>> contiguous_ahead(pd.DataFrame({"open_time": stamps}), "1d").tolist()
    [1, 0, 0]
    """
    position = np.arange(len(bars), dtype=np.int64)
    run_ends = np.append(gap_positions(bars, interval) - 1, len(bars) - 1)
    return np.repeat(run_ends, np.diff(run_ends, prepend=-1)) - position

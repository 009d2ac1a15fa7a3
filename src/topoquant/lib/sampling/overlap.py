"""Whether the intervals of two sets of rows overlap, and the instants they are compared by."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input


def instants(times: ArrayLike | pd.Series | pd.DatetimeIndex) -> NDArray[np.int64]:
    """Return times as integers that compare exactly: nanoseconds since 1970 in UTC.

    Parameters
    ----------
    times : array-like of datetime or int, shape (n,)
        Integers (bar positions) pass unchanged.

    Returns
    -------
    ndarray of int64, shape (n,)

    Raises
    ------
    InputError
        If a time is missing: a row without a known end cannot be purged.

    Examples
    --------
    >>> instants(pd.to_datetime(["1970-01-01 00:00:01"], utc=True))
    array([1000000000])
    """
    if getattr(times, "dtype", None) is not None and pd.api.types.is_integer_dtype(times.dtype):  # type: ignore[union-attr]
        return np.asarray(times, dtype=np.int64)
    index = pd.DatetimeIndex(times)  # type: ignore[arg-type]
    if index.hasnans:
        raise bad_input(
            "times", "free of missing values", f"{np.count_nonzero(index.isna())} missing", "drop those rows"
        )
    return index.as_unit("ns").asi8


def overlapping_rows(t0_a: ArrayLike, t1_a: ArrayLike, t0_b: ArrayLike, t1_b: ArrayLike) -> NDArray[np.bool_]:
    """Mark the rows of `a` whose closed interval [t0, t1] meets any interval of `b`.

    Touching ends count as overlap: a label known at t1 uses the close of the bar that ends at
    t1, and a row decided at that very instant has seen the same bar.

    Parameters
    ----------
    t0_a, t1_a : array-like of datetime or int, shape (n,)
        Start and end of each row of `a`, `t0 <= t1`, in any order.
    t0_b, t1_b : array-like of datetime or int, shape (m,)
        The same for `b`.

    Returns
    -------
    ndarray of bool, shape (n,)

    Raises
    ------
    InputError
        If an interval ends before it starts or a time is missing.

    Examples
    --------
    >>> overlapping_rows(np.array([0, 5]), np.array([2, 7]), np.array([7]), np.array([9]))
    array([False,  True])
    """
    start_a, end_a = _intervals("a", t0_a, t1_a)
    start_b, end_b = _intervals("b", t0_b, t1_b)
    order = np.argsort(start_b, kind="stable")
    latest_end = np.maximum.accumulate(end_b[order])
    # Of the b rows that start no later than a ends, the one that ends last decides.
    n_started = np.searchsorted(start_b[order], end_a, side="right")
    overlaps = n_started > 0
    overlaps[overlaps] = latest_end[n_started[overlaps] - 1] >= start_a[overlaps]
    return overlaps


def overlapping_pairs(t0_a: ArrayLike, t1_a: ArrayLike, t0_b: ArrayLike, t1_b: ArrayLike) -> int:
    """Count the rows of `a` that overlap at least one row of `b`; 0 means no pair overlaps.

    Parameters
    ----------
    t0_a, t1_a, t0_b, t1_b : array-like
        As in `overlapping_rows`; touching ends overlap.

    Returns
    -------
    int

    Examples
    --------
    >>> overlapping_pairs(np.array([0, 1, 2]), np.array([4, 5, 6]), np.array([5]), np.array([9]))
    2
    """
    return int(overlapping_rows(t0_a, t1_a, t0_b, t1_b).sum())


def _intervals(name: str, t0: ArrayLike, t1: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return both ends as instants, refusing intervals that run backwards."""
    start, end = instants(t0), instants(t1)
    if len(start) != len(end):
        raise bad_input(
            f"t1 of {name}", f"{len(start)} long, as t0 is", len(end), "pass both of the same rows"
        )
    n_backwards = int((end < start).sum())
    if n_backwards:
        raise bad_input(
            f"t1 of {name}", "at or after t0", f"{n_backwards} rows before it", "check how t1 was made"
        )
    return start, end

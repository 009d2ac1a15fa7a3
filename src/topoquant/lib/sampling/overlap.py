"""Whether the intervals of two sets of rows overlap, and the instants they are compared by."""

from datetime import timedelta
from typing import Any

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
        May share memory with `times`: not to be written to.

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
    # as_unit copies even where there is nothing to convert.
    return index.asi8 if index.unit == "ns" else index.as_unit("ns").asi8


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


def row_intervals(X: Any, t0: ArrayLike, t1: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # noqa: ANN401
    """Return both ends of the rows a splitter was given, as instants.

    Parameters
    ----------
    X : array-like of length n, or None
        Only its length is looked at, to refuse times of other rows.
    t0, t1 : array-like of datetime or int, shape (n,)
        Decision time of each row and when its target is known, in any row order.

    Returns
    -------
    start, end : ndarray of int64, shape (n,)

    Raises
    ------
    InputError
        If the lengths differ, a time is missing or a row ends before it starts.

    Examples
    --------
    >>> row_intervals(["a", "b"], np.array([3, 1]), np.array([4, 2]))
    (array([3, 1]), array([4, 2]))
    """
    start, end = _intervals("the rows", t0, t1)
    n = None if X is None else X.shape[0] if hasattr(X, "shape") else len(X)
    if n not in (None, len(start)):
        raise bad_input("t0 of the rows", f"{n} long, as X is", len(start), "pass the times of the rows of X")
    return start, end


def clear_rows(
    start: NDArray[np.int64], end: NDArray[np.int64], *, span: tuple[int, int], embargo: int
) -> NDArray[np.bool_]:
    """Mark the rows that end before the span starts, or start more than the embargo after it ends.

    Parameters
    ----------
    start, end : ndarray of int64, shape (n,)
        Instants of each row, in any row order.
    span : tuple of int
        First and last instant of what is held out, both included.
    embargo : int
        Instants left out after the span; 0 leaves the overlap alone.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> clear_rows(np.array([0, 2, 6, 9]), np.array([1, 4, 7, 10]), span=(4, 6), embargo=2)
    array([ True, False, False,  True])
    """
    clear = end < span[0]
    clear |= start > span[1] + embargo
    return clear


def nanoseconds(name: str, length: object, *, positive: bool = False) -> int:
    """Return a length of time in nanoseconds, the unit of `instants`.

    Parameters
    ----------
    name : str
        What it is the length of, as the user wrote it.
    length : Timedelta or datetime.timedelta
    positive : bool
        Whether 0 is refused as well.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If it is not a length of time (a number has no unit), or is negative.

    Examples
    --------
    >>> nanoseconds("embargo", pd.Timedelta("2us"))
    2000
    """
    allowed = "a positive Timedelta" if positive else "a Timedelta, not negative"
    if not isinstance(length, timedelta) or (ns := pd.Timedelta(length).value) < int(positive):
        raise bad_input(name, allowed, length, "pass a time such as pd.Timedelta('4h')")
    return ns


def _intervals(name: str, t0: ArrayLike, t1: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return both ends as instants, refusing intervals that run backwards."""
    start, end = instants(t0), instants(t1)
    if len(start) != len(end):
        raise bad_input(
            f"t1 of {name}", f"{len(start)} long, as t0 is", len(end), "pass both of the same rows"
        )
    n_backwards = np.count_nonzero(end < start)
    if n_backwards:
        raise bad_input(
            f"t1 of {name}", "at or after t0", f"{n_backwards} rows before it", "check how t1 was made"
        )
    return start, end

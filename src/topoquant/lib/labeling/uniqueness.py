"""How much of a label's span is its own (Lopez de Prado, 2018, ch. 4)."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.uniqueness_kernel import prefix_uniqueness


def average_uniqueness(t0: ArrayLike, t1: ArrayLike, *, interval: str | None = None) -> NDArray[np.float64]:
    """Return the average uniqueness of each label of one symbol.

    A bar spanned by c labels counts 1 / c for each of them; a label's uniqueness is the mean
    over its bars. The sum over labels is how many non-overlapping labels they are worth.

    Parameters
    ----------
    t0, t1 : array-like of int or of datetime (UTC), shape (n,)
        Spans in any order, as in `spanned_bars`: positions of the first and the last bar, or
        the columns `time` and `t1` of a table of targets.
    interval : str, optional
        Length of a bar; given with times, absent with positions.

    Returns
    -------
    ndarray of float64, shape (n,)
        In (0, 1]; depends on all labels that overlap the row's own.

    Raises
    ------
    InputError
        As `spanned_bars`.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, sections 4.3-4.4.

    Examples
    --------
    >>> average_uniqueness([0, 2, 4], [2, 3, 5])
    array([0.83333333, 0.75      , 1.        ])
    >>> time = pd.date_range("2024-01-01", periods=3, freq="15min", tz="UTC")
    >>> average_uniqueness(time, time + pd.Timedelta("30min"), interval="15m")
    array([0.75, 0.5 , 0.75])
    """
    start, end = spanned_bars(t0, t1, interval)
    if len(start) == 0:
        return np.empty(0)
    # Sums that telescope lose a last digit: a label alone on its bars must not count 1 + 2e-16.
    return np.minimum(prefix_uniqueness(start, end), 1.0)


def label_concurrency(t0: ArrayLike, t1: ArrayLike, *, interval: str | None = None) -> NDArray[np.int64]:
    """Return how many labels of one symbol span each bar.

    Parameters
    ----------
    t0, t1 : array-like of int or of datetime (UTC), shape (n,)
        Spans in any order, as in `spanned_bars`.
    interval : str, optional
        Length of a bar; given with times, absent with positions.

    Returns
    -------
    ndarray of int64, shape (n_bars,)
        Per bar from bar 0 (positions) or from the earliest entry bar (times) to the last bar
        that any label spans; bars that are missing in a gap are counted like others.

    Raises
    ------
    InputError
        As `spanned_bars`.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, section 4.3.

    Examples
    --------
    >>> label_concurrency([0, 2, 4], [2, 3, 5]).tolist()
    [1, 1, 2, 1, 1, 1]
    """
    start, end = spanned_bars(t0, t1, interval)
    if len(start) == 0:
        return np.zeros(0, dtype=np.int64)
    begun = np.bincount(start, minlength=end.max() + 1)
    ended = np.bincount(end + 1)[:-1]
    return np.cumsum(begun - ended)


def spanned_bars(
    t0: ArrayLike, t1: ArrayLike, interval: str | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last bar of each label, both inclusive, as positions.

    Parameters
    ----------
    t0, t1 : array-like, shape (n,)
        Either positions of the entry bar and of the last bar, taken as they are. Or times, the
        columns `time` and `t1` of targets: a label spans the bars from its entry bar, which
        opens at `time`, to the bar that closes at t1. Times without a zone are taken as UTC.
    interval : str or None
        Length of a bar with times, None with positions.

    Returns
    -------
    start, end : ndarray of int64, shape (n,)
        Positions; of times, bars since the earliest `time`, those missing in a gap included.

    Raises
    ------
    InputError
        If positions are negative or no integers, times are missing or lie off the bars,
        interval is given with positions or absent with times, or a label ends before its
        first bar does.

    Examples
    --------
    >>> time = pd.to_datetime(["2024-01-01 01:00", "2024-01-01 03:00"], utc=True)
    >>> start, end = spanned_bars(time, time + pd.Timedelta("2h"), "1h")
    >>> start.tolist(), end.tolist()
    ([0, 2], [1, 3])
    """
    if len(np.shape(t0)) != 1 or np.shape(t0) != np.shape(t1):
        raise bad_input(
            "t0 and t1", "two columns of the same labels", f"shapes {np.shape(t0)} and {np.shape(t1)}",
            "give one of each per label",
        )  # fmt: skip
    if np.size(t0) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    start, end = _positions(t0, t1) if interval is None else _bars_since_first(t0, t1, interval)
    if start.min() < 0 or (end < start).any():
        raise bad_input(
            "t0 and t1", "0 or more, and of spans that end no earlier than their first bar does",
            f"smallest t0 {start.min()}, {np.count_nonzero(end < start)} of {len(start)} too short",
            "check how they were made",
        )  # fmt: skip
    return start, end


def plain_uniqueness(t0: ArrayLike, t1: ArrayLike) -> NDArray[np.float64]:
    """Return what `average_uniqueness` does, from the matrix of labels by bars.

    Parameters
    ----------
    t0, t1 : array-like of int, shape (n,)
        Positions, as in `average_uniqueness`, of at least one label.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> plain_uniqueness([0, 0], [1, 0]).tolist()
    [0.75, 0.5]
    """
    start, end = np.asarray(t0)[:, None], np.asarray(t1)[:, None]
    bars = np.arange(end.max() + 1)
    spans = (start <= bars) & (bars <= end)
    shares = np.divide(spans, spans.sum(axis=0), where=spans, out=np.zeros(spans.shape))
    uniqueness: NDArray[np.float64] = shares.sum(axis=1) / spans.sum(axis=1)
    return uniqueness


def _positions(t0: ArrayLike, t1: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return integer positions as they are."""
    start, end = np.asarray(t0), np.asarray(t1)
    if not (np.issubdtype(start.dtype, np.integer) and np.issubdtype(end.dtype, np.integer)):
        raise bad_input(
            "t0 and t1", "integer bar positions, or times and their interval",
            f"{start.dtype} and {end.dtype}", "number the bars, or give the interval",
        )  # fmt: skip
    return start.astype(np.int64, copy=False), end.astype(np.int64, copy=False)


def _bars_since_first(
    t0: ArrayLike, t1: ArrayLike, interval: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the bars that times span, counted from the earliest `time`."""
    entry, known = _nanoseconds(t0), _nanoseconds(t1)
    length = interval_timedelta(interval).value
    first = entry.min()
    # Floor and product, not divmod: numpy divides by one number several times as fast.
    start, end = (entry - first) // length, (known - first) // length
    is_off = (start * length != entry - first) | (end * length != known - first)
    if is_off.any():
        off = [pd.Timestamp(times[is_off][0], tz="UTC") for times in (entry, known)]
        raise bad_input(
            "time and t1", f"whole numbers of {interval} apart", f"{off[0]} and {off[1]}",
            "give the interval of the bars, and labels of one symbol",
        )  # fmt: skip
    return start, end - 1


def _nanoseconds(times: ArrayLike) -> NDArray[np.int64]:
    """Return times as nanoseconds since 1970, UTC."""
    stamps = pd.Series(times)
    if not pd.api.types.is_datetime64_any_dtype(stamps) or stamps.isna().any():
        raise bad_input(
            "time and t1", "datetimes without a missing one, since an interval is given",
            f"{stamps.dtype} with {stamps.isna().sum()} missing", "drop rows without a target",
        )  # fmt: skip
    index = pd.DatetimeIndex(stamps)
    return (index.tz_localize("UTC") if index.tz is None else index).as_unit("ns").asi8

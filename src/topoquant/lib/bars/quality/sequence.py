"""Bars as a sequence in time: order, repetitions, steps, gaps, and a last bar that has not closed."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.schema import infer_interval, interval_timedelta, stamps_ns
from topoquant.lib.errors import bad_input


def check_order(bars: pd.DataFrame) -> None:
    """Refuse stamps that go back.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars.

    Raises
    ------
    InputError
        When a stamp is earlier than the one before it.

    Examples
    --------
    >>> check_order(pd.DataFrame({"open_time": pd.to_datetime(["2024-01-02", "2024-01-01"], utc=True)}))
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: open_time must be in time order, got 2024-01-01 00:00:00+00:00 after
    2024-01-02 00:00:00+00:00 (1 steps back): turn the rows round: they are newest first
    """
    steps = np.diff(stamps_ns(bars))
    back = np.flatnonzero(steps < 0)
    if len(back) == 0:
        return
    earlier, later = bars["open_time"].iloc[[back[0], back[0] + 1]]
    remedy = "sort the file by time, or split it where two downloads were joined"
    if (steps <= 0).all():
        remedy = "turn the rows round: they are newest first"
    raise bad_input("open_time", "in time order", f"{later} after {earlier} ({len(back)} steps back)", remedy)


def without_duplicates(bars: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Drop identical repetitions, refuse different bars that claim the same time.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order; its float64 columns are compared, NaN equals NaN.

    Returns
    -------
    bars : DataFrame, shape (n - n_dropped, any)
        One row per time, with a fresh index if any was dropped.
    n_dropped : int
        Repetitions left out.

    Raises
    ------
    InputError
        For two different bars at one time, showing both.

    Examples
    --------
    >>> stamps = pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02"], utc=True)
    >>> kept, n_dropped = without_duplicates(pd.DataFrame({"open_time": stamps, "close": [2.0, 2.0, 3.0]}))
    >>> kept["close"].tolist(), n_dropped
    ([2.0, 3.0], 1)
    """
    again = np.diff(stamps_ns(bars), prepend=np.int64(-1)) == 0
    if not again.any():
        return bars, 0
    rows = np.flatnonzero(again)
    values = bars.select_dtypes("float64")
    one, other = values.iloc[rows - 1].to_numpy(), values.iloc[rows].to_numpy()
    missing = np.isnan(one) != np.isnan(other)
    unequal = (one != other) & ~np.isnan(one) & ~np.isnan(other)
    conflict = (missing | unequal).any(axis=1)
    differ = rows[conflict]
    if len(differ):
        shown = " and ".join(
            "(" + ", ".join(f"{name} {value:.10g}" for name, value in values.iloc[row].items()) + ")"
            for row in (differ[0] - 1, differ[0])
        )
        times = bars["open_time"].iloc[differ]
        got = f"{shown} at {times.iloc[0]} ({times.nunique()} such times)"
        remedy = "keep the finished one, which has the larger volume"
        if not unequal[conflict][0].any():
            remedy = "keep the one that is complete, or leave the column that lacks values out"
        raise bad_input("bars", "one per time", got, remedy)
    return bars.loc[~again].reset_index(drop=True), len(rows)


def check_interval(bars: pd.DataFrame, interval: str) -> None:
    """Refuse bars of another interval, and stamps between its steps.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order, one per time.
    interval : str
        The interval they should have.

    Raises
    ------
    InputError
        When the commonest step is another, or a step is no multiple of it.

    Examples
    --------
    >>> stamps = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"], utc=True)
    >>> check_interval(pd.DataFrame({"open_time": stamps}), "1h")
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: market.interval must be 1d, as the bars are, got 1h: set it to 1d or
    bring bars of 1h or finer
    """
    steps, width = np.diff(stamps_ns(bars)), interval_timedelta(interval).value
    others = np.flatnonzero(steps != width)
    if len(others) == 0:
        return
    # Where most steps are right there is nothing to infer, which would take a sort.
    if 2 * len(others) >= len(steps):
        found = infer_interval(bars)
        if interval_timedelta(found).value != width:
            remedy = f"set it to {found} or bring bars of {interval} or finer"
            raise bad_input("market.interval", f"{found}, as the bars are", interval, remedy)
    off = others[steps[others] % width != 0]
    if len(off):
        got = f"{bars['open_time'].iloc[off[0] + 1]}"
        remedy = f"correct the stamps ({len(off)} off the grid)"
        raise bad_input("open_time", f"whole steps of {interval} apart", got, remedy)


def without_unfinished(
    bars: pd.DataFrame, width: pd.Timedelta, now: pd.Timestamp | None, *, drop_last: bool
) -> tuple[pd.DataFrame, str | None]:
    """Drop the last bar if it has not closed or must go, and say so; refuse bars that have not opened.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's bars in time order.
    width : Timedelta
        Their interval.
    now : Timestamp or None
        Time-zone aware; None asks no clock.
    drop_last : bool
        Whether the last bar is dropped in any case.

    Returns
    -------
    bars : DataFrame
        Without the last bar, if it had to go. Never two are dropped.
    note : str or None
        Which one was dropped and why.

    Raises
    ------
    InputError
        When a bar opens after `now`, or none is left.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.to_datetime(["2024-01-01", "2024-01-02"], utc=True)})
    >>> now = pd.Timestamp("2024-01-02 12:00", tz="UTC")
    >>> without_unfinished(bars, pd.Timedelta(days=1), now, drop_last=False)[1]
    'last bar, 2024-01-02 00:00, left out: it had not closed'
    """
    last = bars["open_time"].iloc[-1]
    if now is not None and last > now:
        remedy = "check the clock and the time zone of the stamps"
        raise bad_input("open_time", f"before now ({now})", last, remedy)
    still_open = now is not None and last + width > now
    if not (still_open or drop_last):
        return bars, None
    if len(bars) == 1:
        state = "still open" if still_open else "which drop_last leaves out"
        raise bad_input("bars", "one closed bar or more", f"only {last}, {state}", "load more bars")
    reason = "it had not closed" if still_open else "a file may end in an unfinished one"
    return bars.iloc[:-1], f"last bar, {last:%Y-%m-%d %H:%M}, left out: {reason}"


def list_gaps(
    stamps: NDArray[np.int64], width: int
) -> tuple[tuple[dict[str, object], ...], NDArray[np.int64]]:
    """Describe every gap, and count what each lacks.

    Parameters
    ----------
    stamps : ndarray of int64, shape (n,)
        Opens in nanoseconds since 1970, in time order, whole steps apart.
    width : int
        The step in nanoseconds.

    Returns
    -------
    gaps : tuple of dict
        after, before (opens of the bars around it, ISO 8601) and n_missing of every gap.
    n_missing : ndarray of int64, shape (n_gaps,)
        The last of these.

    Examples
    --------
    >>> list_gaps(np.array([0, 60, 240]) * 10**9, 60 * 10**9)[0]
    ({'after': '1970-01-01T00:01:00+00:00', 'before': '1970-01-01T00:04:00+00:00', 'n_missing': 2},)
    """
    steps = np.diff(stamps)
    rows = np.flatnonzero(steps > width)
    missing = steps[rows] // width - 1
    after, before = (
        np.datetime_as_string(stamps[at].astype("datetime64[ns]"), unit="s").tolist()
        for at in (rows, rows + 1)
    )
    described = tuple(
        {"after": f"{a}+00:00", "before": f"{b}+00:00", "n_missing": n}
        for a, b, n in zip(after, before, missing.tolist(), strict=True)
    )
    return described, missing

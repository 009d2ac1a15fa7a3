"""Instants that a person writes, and the bars between two of them."""

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input


def read_instant(name: str, value: str | pd.Timestamp | None) -> pd.Timestamp:
    """Read one instant as UTC with nanoseconds.

    Parameters
    ----------
    name : str
        What it is called, for the message.
    value : str or Timestamp
        Without a zone it is taken as UTC.

    Returns
    -------
    Timestamp
        In UTC.

    Raises
    ------
    InputError
        When it cannot be read as one instant, None included.

    Examples
    --------
    >>> read_instant("start", "2026-03-01T01:00+01:00").isoformat()
    '2026-03-01T00:00:00+00:00'
    """
    refusal = bad_input(name, "a date", repr(value), "write it as 2026-03-01 or 2026-03-01T12:00")
    if value is None:
        raise refusal
    try:
        stamp = pd.Timestamp(value)
    except ValueError:
        raise refusal from None
    if pd.isna(stamp):
        raise refusal
    zoned = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return zoned.as_unit("ns")


def bars_between(bars: pd.DataFrame, start: pd.Timestamp | None, end: pd.Timestamp | None) -> pd.DataFrame:
    """Return the bars opened in [start, end).

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        With `open_time`.
    start, end : Timestamp or None
        Time-zone aware; None is no bound.

    Returns
    -------
    DataFrame, shape (m, any)
        In their order, with the `attrs` of `bars` and, where anything was cut, a fresh RangeIndex.

    Raises
    ------
    InputError
        When no bar is left.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="D", tz="UTC")})
    >>> bars_between(bars, pd.Timestamp("2024-01-02", tz="UTC"), None)["open_time"].dt.day.tolist()
    [2, 3]
    """
    if start is None and end is None:
        return bars
    inside = np.ones(len(bars), dtype=bool)
    if start is not None:
        inside &= (bars["open_time"] >= start).to_numpy()
    if end is not None:
        inside &= (bars["open_time"] < end).to_numpy()
    if not inside.any():
        span = f"within {bars['open_time'].min()} to {bars['open_time'].max()}"
        raise bad_input("start and end", span, f"{start} to {end}", "widen them")
    cut = bars.loc[inside].reset_index(drop=True)
    cut.attrs = dict(bars.attrs)
    return cut

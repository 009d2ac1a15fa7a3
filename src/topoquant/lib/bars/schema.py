"""What a bar is: its columns, its interval and the time from which it is known."""

import re
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input

REQUIRED_BAR_COLUMNS = ("open_time", "open", "high", "low", "close", "volume")
# With the name of the symbol, which whatever holds several symbols needs.
BAR_COLUMNS = ("symbol", *REQUIRED_BAR_COLUMNS)
OPTIONAL_BAR_COLUMNS = ("quote_volume", "trades", "taker_buy_volume")
PRICE_COLUMNS = ("open", "high", "low", "close")
TIME_DTYPE: Final = "datetime64[ns, UTC]"

_INTERVAL = re.compile(r"([1-9][0-9]*)([smhdw])")
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


def interval_timedelta(interval: str) -> pd.Timedelta:
    """Return the length of a bar.

    Parameters
    ----------
    interval : str
        A count and a unit out of s, m, h, d, w ("15m", "1h", "1d"). Calendar months are no
        fixed length and are refused, as is an upper-case letter.

    Returns
    -------
    Timedelta
        The length.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> interval_timedelta("15m")
    Timedelta('0 days 00:15:00')
    """
    match = _INTERVAL.fullmatch(interval) if isinstance(interval, str) else None
    if match is None:
        raise bad_input(
            "interval", "a count and one of s, m, h, d, w", repr(interval), "write it as 15m, 1h or 1d"
        )
    return pd.Timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def interval_name(length: pd.Timedelta) -> str:
    """Return the shortest name of a length: the inverse of `interval_timedelta`.

    Parameters
    ----------
    length : Timedelta
        A positive whole number of seconds.

    Returns
    -------
    str
        A count and the largest unit that divides it.

    Raises
    ------
    InputError
        For a length that is no positive whole number of seconds.

    Examples
    --------
    >>> interval_name(pd.Timedelta(minutes=60)), interval_name(pd.Timedelta(minutes=90))
    ('1h', '90m')
    """
    seconds = length.total_seconds()
    if seconds < 1 or seconds != int(seconds):
        raise bad_input(
            "interval", "a positive whole number of seconds", length, "check the unit of the stamps"
        )
    unit = next(name for name, size in _SECONDS.items() if seconds % size == 0)
    return f"{int(seconds) // _SECONDS[unit]}{unit}"


def infer_interval(bars: pd.DataFrame) -> str:
    """Return the interval that the stamps show: the commonest step forward in time.

    Parameters
    ----------
    bars : DataFrame
        One symbol's bars; only `open_time` is read. Steps back and repeated stamps are passed
        over, gaps are outvoted; of two equally common steps the shorter is taken.

    Returns
    -------
    str
        The interval ("15m").

    Raises
    ------
    InputError
        When there are not two different stamps, or the step is no whole number of seconds.

    Examples
    --------
    >>> stamps = pd.to_datetime(["2024-01-01 00:00", "2024-01-01 00:15", "2024-01-01 00:30"], utc=True)
    >>> infer_interval(pd.DataFrame({"open_time": stamps}))
    '15m'
    """
    steps = np.diff(stamps_ns(bars))
    # A step that more than half of them take needs no sorting to be the commonest.
    if len(steps) and steps[0] > 0 and 2 * np.count_nonzero(steps == steps[0]) > len(steps):
        return interval_name(pd.Timedelta(int(steps[0]), unit="ns"))
    lengths, counts = np.unique(steps[steps > 0], return_counts=True)
    if len(lengths) == 0:
        raise bad_input("bars", "two or more at different times", f"{len(bars)} rows", "load more bars")
    return interval_name(pd.Timedelta(int(lengths[np.argmax(counts)]), unit="ns"))


def decision_time(bars: pd.DataFrame, interval: str) -> pd.Series:
    """Return the instant from which each bar is known: its open plus the interval.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        Bars of any number of symbols.
    interval : str
        Their interval.

    Returns
    -------
    Series of datetime64[ns, UTC], shape (n,)
        Named `time`, with the index of `bars`.

    Raises
    ------
    InputError
        For an interval that cannot be read.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.to_datetime(["2024-01-01 00:00"], utc=True)})
    >>> decision_time(bars, "15m")[0].isoformat()
    '2024-01-01T00:15:00+00:00'
    """
    time = pd.DatetimeIndex(stamps_ns(bars) + interval_timedelta(interval).value, tz="UTC")
    return pd.Series(time.astype(TIME_DTYPE), index=bars.index, name="time")


def row_keys(bars: pd.DataFrame, interval: str) -> pd.DataFrame:
    """Return the keys of a table that has one row per bar.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        Bars of any number of symbols, or of one that is not named.
    interval : str
        Their interval.

    Returns
    -------
    DataFrame, shape (n, 1 or 2)
        `symbol` where `bars` has it, then `time`, from which the bar is known; rows in the
        order of `bars`, with a fresh RangeIndex.

    Raises
    ------
    InputError
        For an interval that cannot be read.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.to_datetime(["2024-01-01 00:00"], utc=True)})
    >>> list(row_keys(bars, "15m")), list(row_keys(bars.assign(symbol="A"), "15m"))
    (['time'], ['symbol', 'time'])
    """
    keys = decision_time(bars, interval).to_frame()
    if "symbol" in bars.columns:
        keys.insert(0, "symbol", bars["symbol"])
    return keys.reset_index(drop=True)


def check_one_symbol(bars: pd.DataFrame) -> None:
    """Refuse bars of several symbols where one is expected.

    Parameters
    ----------
    bars : DataFrame
        With or without a `symbol` column.

    Raises
    ------
    InputError
        When `symbol` holds more than one name.

    Examples
    --------
    >>> check_one_symbol(pd.DataFrame({"symbol": ["A", "B"]}))
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: bars must be of one symbol, got A, B: call once per symbol
    """
    if "symbol" not in bars.columns:
        return
    symbols = bars["symbol"].unique()
    if len(symbols) > 1:
        raise bad_input("bars", "of one symbol", ", ".join(map(str, symbols)), "call once per symbol")


def stamps_ns(bars: pd.DataFrame) -> NDArray[np.int64]:
    """Return `open_time` as nanoseconds since 1970, in the order of the rows.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        Bars whose `open_time` is time-zone aware and never missing.

    Returns
    -------
    ndarray of int64, shape (n,)
        Nanoseconds.

    Examples
    --------
    >>> int(stamps_ns(pd.DataFrame({"open_time": pd.to_datetime(["1970-01-01 00:00:01"], utc=True)}))[0])
    1000000000
    """
    stamps: NDArray[np.int64] = np.asarray(bars["open_time"].astype(TIME_DTYPE).astype("int64"))
    return stamps

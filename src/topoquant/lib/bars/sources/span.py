"""What is asked of a source: which market, and which stretch of time."""

import re

import pandas as pd

from topoquant.lib.bars.instants import read_instant
from topoquant.lib.errors import bad_input

# The exchange's intervals that divide a day: only those fit its daily files.
INTERVALS = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d")


def check_market(symbol: str, interval: str) -> None:
    """Refuse a symbol or an interval that the exchange cannot have.

    Parameters
    ----------
    symbol : str
        The exchange's own name: letters and digits, upper case, no separator.
    interval : str
        One of `INTERVALS`.

    Raises
    ------
    InputError
        For anything else, so that nothing odd becomes part of an address or a path.

    Examples
    --------
    >>> check_market("BTCUSDT", "15m")
    >>> check_market("BTC/USDT", "15m")
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: symbol must be upper-case letters and digits, got 'BTC/USDT': \
write it as BTCUSDT
    """
    if not re.fullmatch(r"[^\W_]+", symbol) or symbol != symbol.upper():
        remedy = re.sub(r"[\W_]+", "", symbol).upper() or "BTCUSDT"
        raise bad_input("symbol", "upper-case letters and digits", repr(symbol), f"write it as {remedy}")
    if interval not in INTERVALS:
        remedy = "load a shorter one and resample it"
        raise bad_input("interval", f"one of {', '.join(INTERVALS)}", repr(interval), remedy)


def utc_now() -> pd.Timestamp:
    """Return the present instant in UTC, to the nanosecond's place."""
    return pd.Timestamp.now("UTC").as_unit("ns")


def time_span(
    start: str | pd.Timestamp, end: str | pd.Timestamp | None, now: pd.Timestamp
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Read the half-open stretch [start, end) in UTC.

    Parameters
    ----------
    start : str or Timestamp
        First instant; without a zone it is taken as UTC.
    end : str, Timestamp or None
        First instant that is no longer wanted; None and the future mean `now`.
    now : Timestamp
        The present, with a zone.

    Returns
    -------
    tuple of Timestamp
        Start and end, in UTC.

    Raises
    ------
    InputError
        When either cannot be read, or start is not before end.

    Examples
    --------
    >>> since, until = time_span("2026-03-01", None, pd.Timestamp("2026-03-05 07:00", tz="UTC"))
    >>> since.isoformat(), until.isoformat()
    ('2026-03-01T00:00:00+00:00', '2026-03-05T07:00:00+00:00')
    """
    since = read_instant("start", start)
    until = now if end is None else min(read_instant("end", end), now)
    if since >= until:
        raise bad_input("start", f"before {until.isoformat()}", since.isoformat(), "move start or end")
    return since, until


def days_between(since: pd.Timestamp, until: pd.Timestamp) -> pd.PeriodIndex:
    """Return the UTC days that [since, until) touches.

    Parameters
    ----------
    since, until : Timestamp
        In UTC, since < until.

    Returns
    -------
    PeriodIndex
        Days, ascending.

    Examples
    --------
    >>> days = days_between(pd.Timestamp("2026-03-01 23:00", tz="UTC"), pd.Timestamp("2026-03-03", tz="UTC"))
    >>> [str(day) for day in days]
    ['2026-03-01', '2026-03-02']
    """
    last = until - pd.Timedelta(1, unit="ns")
    return pd.period_range(day_of(since), day_of(last), freq="D")


def day_of(instant: pd.Timestamp) -> pd.Period:
    """Return the UTC day of an instant.

    Parameters
    ----------
    instant : Timestamp
        With a zone.

    Returns
    -------
    Period
        Of frequency "D".

    Examples
    --------
    >>> str(day_of(pd.Timestamp("2026-03-02 01:00", tz="Asia/Seoul")))
    '2026-03-01'
    """
    return pd.Period(instant.tz_convert("UTC").tz_localize(None), freq="D")

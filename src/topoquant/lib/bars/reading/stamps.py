"""Stamps of files in UTC, from whatever unit, type or writing they are in."""

import re
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from topoquant.lib.bars.schema import TIME_DTYPE
from topoquant.lib.errors import bad_input

# Lower end of each unit's stamps: all of them stand for 3 March 1973.
_EPOCH_UNITS = ((10**17, "ns", 1), (10**14, "us", 10**3), (10**11, "ms", 10**6), (10**8, "s", 10**9))
# Two short fields, then the year: the writing that says neither day-first nor month-first.
_YEAR_LAST = (
    r"^(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.](?P<year>\d{4})"
    r"(?:[ T](?P<hours>[01]?\d|2[0-3]):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?)?$"
)
_AS_ISO = "write them as 2024-01-01T00:00:00Z or as milliseconds since 1970"


def parse_stamps(values: pd.Series, source: str) -> tuple[pd.Series, list[str]]:
    """Return stamps as instants, with a time zone where the file says one.

    Parameters
    ----------
    values : Series, shape (n,)
        Numbers since 1970 (seconds, ms, us or ns, decided per row by their size), datetimes, or
        texts: ISO 8601, all with an offset or all without, or dates with the year last
        ("31-01-2024 23:59"), where one field of the whole column goes beyond 12 and so tells
        day from month.
    source : str
        Name of the file, for refusals and notes.

    Returns
    -------
    stamps : Series of datetime64, shape (n,)
        In the order given; with a time zone (UTC for numbers and texts), or naive.
    notes : list of str
        What was found out from the whole column.

    Raises
    ------
    InputError
        For stamps that are missing, unreadable, or dates that read both day-first and
        month-first.

    Examples
    --------
    >>> stamps, notes = parse_stamps(pd.Series(["12-01-2024", "13-01-2024"]), "a.csv")
    >>> stamps.dt.day.tolist(), notes
    ([12, 13], ['a.csv: dates are day-first, for some first field is above 12 and no second one'])
    """
    n_empty = int(values.isna().sum())
    if n_empty:
        raise bad_input(source, "stamped in every row", f"{n_empty} empty stamps", "drop them")
    if isinstance(values.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(values.dtype):
        return values, []
    if pd.api.types.is_numeric_dtype(values.dtype):
        return _epoch_stamps(values, source)
    texts = cast("pd.Series[str]", values.astype(str))
    if texts.iloc[0].replace(".", "", 1).isdecimal():
        numbers = pd.to_numeric(texts, errors="coerce")
        if numbers.notna().all():
            return _epoch_stamps(numbers, source)
    if re.fullmatch(_YEAR_LAST, texts.iloc[0]):
        return _year_last_stamps(texts, source)
    return _iso_stamps(texts, source), []


def to_utc(
    stamps: pd.Series, source: str, *, is_utc: bool, time_zone: str | None
) -> tuple[pd.Series, list[str]]:
    """Return stamps in UTC.

    Parameters
    ----------
    stamps : Series of datetime64, shape (n,)
        With a time zone, or naive.
    source : str
        Name of the file, for refusals and notes.
    is_utc : bool
        Whether naive stamps are documented to be UTC.
    time_zone : str or None
        Zone of naive stamps, before `is_utc`. The hour that a clock goes through twice is told
        from the order of the rows.

    Returns
    -------
    stamps : Series of datetime64[ns, UTC], shape (n,)
        In the order given.
    notes : list of str
        What had to be assumed.

    Raises
    ------
    InputError
        For an unknown zone, for naive stamps without a rule, and for times that the zone's clock
        skips, or goes through twice while the rows do not.

    Examples
    --------
    >>> day = pd.Series(pd.to_datetime(["2024-01-01"]))
    >>> stamps, notes = to_utc(day, "a.csv", is_utc=True, time_zone=None)
    >>> stamps[0].isoformat(), notes
    ('2024-01-01T00:00:00+00:00', ['a.csv: stamps without a zone taken as UTC'])
    """
    if time_zone is not None:
        check_time_zone(time_zone)
    if isinstance(stamps.dtype, pd.DatetimeTZDtype):
        zone = str(stamps.dtype.tz)
        notes = [] if zone == "UTC" else [f"{source}: stamps converted from {zone} to UTC"]
        if time_zone is not None:
            notes.append(f"{source}: time_zone {time_zone} not used, the stamps are instants by themselves")
        return stamps.dt.tz_convert("UTC").astype(TIME_DTYPE), notes
    if time_zone is not None:
        local = _localised(stamps, source, time_zone)
        note = f"{source}: stamps without a zone taken as times of {time_zone}"
        return local.dt.tz_convert("UTC").astype(TIME_DTYPE), [note]
    if not is_utc:
        raise bad_input(
            f"stamps of {source}", "epoch numbers or carry a time zone", f"{stamps.iloc[0]} without one",
            f"say it with time_zone=UTC or another, or {_AS_ISO}",
        )  # fmt: skip
    return stamps.dt.tz_localize("UTC").astype(TIME_DTYPE), [f"{source}: stamps without a zone taken as UTC"]


def check_time_zone(name: str) -> None:
    """Refuse a time zone that does not exist.

    Parameters
    ----------
    name : str
        Name in the IANA data base.

    Raises
    ------
    InputError
        For any other name.

    Examples
    --------
    >>> check_time_zone("Asia/Seoul")
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise bad_input(
            "time_zone", "a name such as UTC or Asia/Seoul", name, "write it as the IANA data base does"
        ) from None


def _epoch_stamps(numbers: pd.Series, source: str) -> tuple[pd.Series, list[str]]:
    """Return stamps from numbers, each in the unit that its size shows."""
    values = numbers.to_numpy()
    if values.dtype != np.int64:
        values = values.round().astype(np.int64)
    if values.min() < _EPOCH_UNITS[-1][0]:
        raise bad_input(
            f"stamps of {source}", "epoch numbers after 1973", values.min(), "check the time column"
        )
    used, nanoseconds = [], np.empty_like(values)
    upper = np.iinfo(np.int64).max
    for lowest, unit, factor in _EPOCH_UNITS:
        inside = (values >= lowest) & (values <= upper)
        upper = lowest - 1
        if inside.any():
            used.append(unit)
            np.multiply(values, factor, out=nanoseconds, where=inside)
    notes = [f"{source}: stamps in {' and '.join(used)}, decided per row"] if len(used) > 1 else []
    stamps = pd.Series(nanoseconds.view("datetime64[ns]"), index=numbers.index)
    return stamps.dt.tz_localize("UTC"), notes


def _year_last_stamps(texts: pd.Series, source: str) -> tuple[pd.Series, list[str]]:
    """Return stamps from dates with the year last, where the column proves what comes first."""
    parts = compute.extract_regex(pa.array(texts, type=pa.string()), _YEAR_LAST)
    if parts.null_count:
        odd = texts[parts.is_null().to_numpy(zero_copy_only=False)].iloc[0]
        raise bad_input(f"stamps of {source}", f"all written as {texts.iloc[0]!r}", repr(odd), _AS_ISO)
    fields = pd.DataFrame({field.name: _integers(parts, field.name) for field in parts.type})
    later_than_12 = [texts[(fields[name] > 12).to_numpy()] for name in ("first", "second")]
    n_later = [len(one) for one in later_than_12]
    if (n_later[0] > 0) == (n_later[1] > 0):
        year, first, second = (f"{fields[name].iloc[0]:02d}" for name in ("year", "first", "second"))
        got = f"{texts.iloc[0]!r}, day-first {year}-{second}-{first} and month-first {year}-{first}-{second}"
        if n_later[0]:
            got = f"{later_than_12[0].iloc[0]!r} and {later_than_12[1].iloc[0]!r}, in two orders"
        raise bad_input(
            f"stamps of {source}", "ISO 8601, or dates whose first field or whose second goes beyond 12",
            got, _AS_ISO,
        )  # fmt: skip
    day, month, order = ("first", "second", "day") if n_later[0] else ("second", "first", "month")
    note = f"{source}: dates are {order}-first, for some {day} field is above 12 and no {month} one"
    try:
        stamps = pd.to_datetime(fields.rename(columns={day: "day", month: "month"}))
    except ValueError as error:
        raise bad_input(
            f"stamps of {source}", f"dates of the calendar, {order}-first", str(error).splitlines()[0],
            "correct them",
        ) from None  # fmt: skip
    return stamps.set_axis(texts.index), [note]


def _integers(parts: pa.StructArray, name: str) -> NDArray[np.int64]:
    """Return one part of every stamp, 0 where it is not written."""
    written = compute.struct_field(parts, name)
    return compute.cast(compute.if_else(compute.equal(written, ""), "0", written), pa.int64()).to_numpy()


def _iso_stamps(texts: pd.Series, source: str) -> pd.Series:
    """Return stamps from ISO 8601 texts, with a time zone (UTC) iff every text has an offset."""
    zoned = texts.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True)
    try:
        return pd.to_datetime(texts, format="ISO8601", utc=bool(zoned.all()))
    except ValueError:
        raise bad_input(
            f"stamps of {source}", "ISO 8601, all with an offset or all without", repr(texts.iloc[0]), _AS_ISO
        ) from None


def _localised(stamps: pd.Series, source: str, time_zone: str) -> pd.Series:
    """Return naive stamps as times of a zone's clock."""
    newest_first = stamps.iloc[0] > stamps.iloc[-1]
    ascending = stamps.iloc[::-1] if newest_first else stamps
    try:
        local = ascending.dt.tz_localize(time_zone, ambiguous="infer", nonexistent="raise")
    except ValueError as error:
        raise bad_input(
            f"stamps of {source}", f"times of the clock of {time_zone}", str(error).splitlines()[0], _AS_ISO
        ) from None
    return local.iloc[::-1] if newest_first else local

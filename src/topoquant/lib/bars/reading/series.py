"""Macro series from files, each value stamped by the instant from which it is known."""

from pathlib import Path

import numpy as np
import pandas as pd

from topoquant.lib.bars.reading.formats import STAMP_NAMES
from topoquant.lib.bars.reading.stamps import parse_stamps, to_utc
from topoquant.lib.bars.reading.tables import files_at, read_table
from topoquant.lib.bars.schema import TIME_DTYPE, infer_interval, interval_timedelta
from topoquant.lib.errors import bad_input

_STAMPS = (*STAMP_NAMES, "observation_date")
_VALUES = ("close", "value")
_DAY = pd.Timedelta(days=1)


def read_series(path: str | Path, *, name: str, time_zone: str | None = None) -> pd.DataFrame:
    r"""Read a macro series, and say from when each value is known.

    A value stamped by a date is the value of that day and known when the day is over; one
    stamped within a day is known an interval after its stamp, the interval being the commonest
    step of the file (at the next stamp, where that comes a little later: a day of 25 hours). A
    file may say it itself in a column `available_at`, and must where its dates are more than a
    day apart: a figure of a month is published weeks after its date, and no rule can tell when.

    Parameters
    ----------
    path : str or Path
        A .parquet, .feather, .csv, .csv.gz or .zip with a column of stamps and one of values,
        named close, value or `name`; any name will do for the only other column there is.
    name : str
        Name of the series.
    time_zone : str, optional
        Zone of stamps that carry none. None takes dates for UTC days and refuses other stamps.

    Returns
    -------
    DataFrame, shape (n, 2)
        `available_at` (UTC) and `value` (float64), in time order, one row per instant.
        `attrs["source"]` is the path, `attrs["notes"]` lists what was assumed.

    Raises
    ------
    InputError
        As `read_bars` for the file and its stamps; for a stamp that stands twice, for columns
        of which several may be the value, for values that are no numbers, and for dates more
        than a day apart.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "dollar.csv"
    ...     n = file.write_text("Date,Close\n2024-01-31,103.3\n2024-02-01,103.0\n")
    ...     read_series(file, name="dollar").iloc[0].tolist()
    [Timestamp('2024-02-01 00:00:00+0000', tz='UTC'), 103.3]
    """
    file = Path(path)
    if file.is_dir():
        raise bad_input(f"macro {name}", "a file", f"the folder {path}", "name one file of it")
    [file] = files_at(file)
    frame = read_table(file, lambda n_fields: _refuse_unnamed(n_fields, file.name))
    stamp, column = _columns(tuple(frame.columns), file.name, name)
    values = pd.to_numeric(frame[column], errors="coerce").astype("float64")
    _check_values(frame[column], values, file.name)
    notes = []
    n_blank = int(values.isna().sum())
    if n_blank:
        notes.append(f"{file.name}: {n_blank} rows without a value dropped")
    kept = frame.loc[values.notna().to_numpy(), stamp]
    known, more = _known_from(kept, file.name, is_known=stamp == "available_at", time_zone=time_zone)
    series = pd.DataFrame({"available_at": known, "value": values[values.notna()]})
    series = series.sort_values("available_at", kind="stable", ignore_index=True)
    twice = series["available_at"].duplicated(keep=False)
    if twice.any():
        first = series.loc[twice, "available_at"].iloc[0]
        raise bad_input(
            f"macro {name}", "one value per time", f"{int(twice.sum())} rows that share one (see {first})",
            "keep one of each",
        )  # fmt: skip
    series.attrs = {"source": str(path), "notes": [*notes, *more]}
    return series


def _refuse_unnamed(n_fields: int, source: str) -> tuple[str, ...]:
    """Refuse a csv without a header."""
    raise bad_input(
        source, "a csv with a header", f"{n_fields} columns and no header",
        "add a first line such as date,close",
    )  # fmt: skip


def _columns(found: tuple[str, ...], source: str, name: str) -> tuple[str, str]:
    """Return the columns of the stamps and of the values."""
    stamps = [one for one in found if one in _STAMPS]
    stamps = ["available_at"] if "available_at" in found else stamps
    others = [one for one in found if one not in _STAMPS and one != "available_at"]
    named = [one for one in others if one in (*_VALUES, name.lower())]
    values = named or others
    if len(stamps) == 1 and len(values) == 1:
        return stamps[0], values[0]
    raise bad_input(
        source, f"a table of one stamp ({', '.join(_STAMPS)}) and one value ({', '.join(_VALUES)}, {name})",
        f"columns {', '.join(found)}", "rename or drop the others",
    )  # fmt: skip


def _check_values(given: pd.Series, values: pd.Series, source: str) -> None:
    """Refuse texts among the values, and a column without any number."""
    # FRED writes a day without a value as a point.
    wrong = values.isna() & given.notna() & ~given.isin(["."])
    if wrong.any():
        raise bad_input(
            f"{given.name} of {source}", "numbers", repr(given[wrong].iloc[0]), "correct the file"
        )
    if not np.isfinite(values.dropna()).all() or values.notna().sum() < 2:
        got = f"{int(np.isfinite(values).sum())} finite values"
        raise bad_input(f"{given.name} of {source}", "finite, in two rows or more", got, "check the column")


def _known_from(
    values: pd.Series, source: str, *, is_known: bool, time_zone: str | None
) -> tuple[pd.Series, list[str]]:
    """Return the instants from which values are known, in UTC."""
    stamps, notes = parse_stamps(values, source)
    if is_known:
        known, more = to_utc(stamps, source, is_utc=False, time_zone=time_zone)
        return known, [*notes, *more]
    is_date = bool((stamps == stamps.dt.normalize()).all())
    # A day of the calendar, which the change of a clock makes an hour shorter or longer.
    shifted = stamps + pd.DateOffset(days=1) if is_date else stamps
    instants, more = to_utc(shifted, source, is_utc=is_date, time_zone=time_zone)
    step = interval_timedelta(infer_interval(pd.DataFrame({"open_time": instants.sort_values()})))
    if not is_date:
        notes = [*notes, f"{source}: a value is known {step} after its stamp"]
        return _one_step_later(instants, step), [*notes, *more]
    if step > _DAY:
        raise bad_input(
            f"dates of {source}", "a day apart, or with a column available_at", f"{step} apart",
            "add when each value was published as a column available_at",
        )  # fmt: skip
    return instants, [*notes, *more, f"{source}: a value is known when the day of its date is over"]


def _one_step_later(instants: pd.Series, step: pd.Timedelta) -> pd.Series:
    """Return the ends of the steps that begin at these instants, in any order."""
    ordered = instants.sort_values()
    length = ordered.shift(-1) - ordered
    # The day on which clocks are set back has 25 hours; a hole is two steps or more.
    length = length.where((length > step) & (length < 2 * step), step)
    return (ordered + length).reindex(instants.index).astype(TIME_DTYPE)

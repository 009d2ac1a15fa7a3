"""Columns of the decision time in UTC: each cycle as a sine and a cosine."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.indicators.table import Arrays, Indicator, Values

DAY, WEEK = 86_400, 604_800
# 1970-01-01 was a Thursday; weeks begin on Monday.
_THURSDAY = 3 * DAY


def _dates(seconds: Values) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(seconds.astype(np.int64).astype("datetime64[s]"))


def _month_day(seconds: Values) -> NDArray[np.float64]:
    dates = _dates(seconds)
    return np.asarray((dates.day - 1) / dates.days_in_month, dtype=np.float64)


# Name -> what it is, and the fraction of the cycle that has passed.
CYCLES = {
    "hour_minute": ("minute and second of the hour", lambda seconds: seconds % 3_600 / 3_600),
    "hour": ("time of day", lambda seconds: seconds % DAY / DAY),
    "weekday": ("day of the week, 0 on Monday", lambda s: ((s + _THURSDAY) % WEEK // DAY) / 7),
    "week": ("time of the week, 0 on Monday at midnight", lambda s: (s + _THURSDAY) % WEEK / WEEK),
    "month_day": ("day of the month over the days of that month", _month_day),
    "month": ("month of the year", lambda seconds: np.asarray(_dates(seconds).month - 1, np.float64) / 12),
    "year_day": (
        "day of the year over 366", lambda s: np.asarray(_dates(s).dayofyear - 1, np.float64) / 366
    ),
}  # fmt: skip


def _cycle(name: str) -> tuple[Indicator, Indicator]:
    text, fraction = CYCLES[name]

    def sine(bars: Arrays) -> Values:
        return np.sin(2 * np.pi * fraction(bars["seconds"]))

    def cosine(bars: Arrays) -> Values:
        return np.cos(2 * np.pi * fraction(bars["seconds"]))

    return (
        Indicator(f"{name}_sin", f"sine of the cycle: {text}", 0, compute=sine),
        Indicator(f"{name}_cos", f"cosine of the cycle: {text}", 0, compute=cosine),
    )


COLUMNS: tuple[Indicator, ...] = tuple(column for name in CYCLES for column in _cycle(name))

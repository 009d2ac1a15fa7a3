"""From numbers to pixels, and the round numbers that stand beside an axis."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TIME_STEPS = (
    *(
        ("1h", "%H:%M"),
        ("3h", "%m-%d %H:%M"),
        ("6h", "%m-%d %H:%M"),
        ("1D", "%m-%d"),
        ("2D", "%m-%d"),
        ("7D", "%m-%d"),
    ),
    *(("14D", "%Y-%m-%d"), ("MS", "%Y-%m"), ("2MS", "%Y-%m"), ("3MS", "%Y-%m"), ("6MS", "%Y-%m")),
    *(("YS", "%Y"), ("2YS", "%Y"), ("5YS", "%Y"), ("10YS", "%Y")),
)
STEP_HOURS = {"h": 1.0, "D": 24.0, "MS": 730.0, "YS": 8760.0}


@dataclass(frozen=True)
class Scale:
    """A straight line from values to pixels.

    Attributes
    ----------
    low, high : float
        Values at the two ends; low < high.
    start, end : float
        Pixels at the two ends; start > end turns the axis round.

    Examples
    --------
    >>> Scale(0.0, 2.0, 10.0, 110.0)(0.5)
    35.0
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Give the pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def value_range(values: Iterable[float], *, margin: float = 0.05) -> tuple[float, float]:
    """Find a range that shows all values with some air around them.

    Parameters
    ----------
    values : iterable of float
        Values; NaN and infinities are passed over.
    margin : float
        Air at each end, as a fraction of the range.

    Returns
    -------
    tuple of float
        Low and high, low < high, also for a single value or none.

    Examples
    --------
    >>> value_range([0.0, 10.0])
    (-0.5, 10.5)
    >>> value_range([])
    (-0.05, 1.05)
    """
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    spread = (high - low) or max(abs(high), 1.0) * 0.2
    if high == low:
        low, high = low - spread / 2, high + spread / 2
    return low - margin * spread, high + margin * spread


def round_ticks(low: float, high: float, n_ticks: int = 5) -> list[float]:
    """Choose about `n_ticks` round numbers in a range.

    Parameters
    ----------
    low, high : float
        The range, low < high.
    n_ticks : int
        How many are wanted; a few more or less may come.

    Returns
    -------
    list of float
        Multiples of 1, 2 or 5 times a power of ten, ascending.

    Examples
    --------
    >>> round_ticks(0.43, 0.71)
    [0.45, 0.5, 0.55, 0.6, 0.65, 0.7]
    """
    rough = (high - low) / n_ticks
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.75)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def tick_digits(ticks: list[float]) -> int:
    """Count the digits after the point that tell neighbouring ticks apart.

    Parameters
    ----------
    ticks : list of float
        Ticks, ascending.

    Returns
    -------
    int
        Digits, at most 6.

    Examples
    --------
    >>> tick_digits([0.45, 0.5, 0.55]), tick_digits([0.0, 20.0])
    (2, 0)
    """
    return next((digits for digits in range(6) if all(abs(t - round(t, digits)) < 1e-9 for t in ticks)), 6)


def time_ticks(first: pd.Timestamp, last: pd.Timestamp, n_ticks: int = 5) -> list[tuple[pd.Timestamp, str]]:
    """Choose at most `n_ticks` calendar instants in a span of time.

    Parameters
    ----------
    first, last : pandas.Timestamp
        The span, tz-aware.
    n_ticks : int
        The most that fit.

    Returns
    -------
    list of tuple
        Instants and their ISO-like labels, no finer than their step.

    Examples
    --------
    >>> span = pd.Timestamp("2024-01-10", tz="UTC"), pd.Timestamp("2024-05-20", tz="UTC")
    >>> [label for _, label in time_ticks(*span)]
    ['2024-02', '2024-03', '2024-04', '2024-05']
    """
    hours = (last - first).total_seconds() / 3600
    for step, pattern in TIME_STEPS:
        unit = step.lstrip("0123456789")
        n_units = int(step.removesuffix(unit) or 1)
        if hours / (STEP_HOURS[unit] * n_units) > n_ticks:
            continue
        origin = first.ceil("D") if unit != "h" else first.ceil(step)
        instants = [instant for instant in pd.date_range(origin, last, freq=step) if instant >= first]
        if len(instants) <= n_ticks:
            return [(instant, instant.strftime(pattern)) for instant in instants]
    return [(first, first.strftime("%Y")), (last, last.strftime("%Y"))]


def seconds(times: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Turn instants into seconds since 1970, for an axis.

    Parameters
    ----------
    times : pandas.DatetimeIndex
        Instants, tz-aware.

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64, in the order given.

    Examples
    --------
    >>> seconds(pd.DatetimeIndex(["1970-01-01 00:01"], tz="UTC"))
    array([60.])
    """
    epoch = pd.Timestamp("1970-01-01", tz="UTC")
    return np.asarray((times - epoch).total_seconds(), dtype=np.float64)

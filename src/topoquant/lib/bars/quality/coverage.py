"""How much of the calendar bars cover, small enough to be stored and drawn."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.schema import interval_timedelta, stamps_ns

_BUCKETS = ("1h", "1d", "7d", "28d", "91d", "364d", "3640d")
_MOST_BUCKETS = 366
_CLOSE_DIGITS = 8


def coverage(bars: pd.DataFrame, interval: str) -> dict[str, object]:
    """Count bars, missing bars and bars without a trade per stretch of time.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's clean bars, at least one.
    interval : str
        Their interval.

    Returns
    -------
    dict
        bucket (length of a stretch: the shortest of hour, day, 7, 28, 91, ... days that holds a
        bar and gives 366 stretches or fewer), first (start of the first one, ISO 8601: midnight,
        or a full hour), and one entry per stretch of n_bars, n_expected, n_zero_volume, and
        close (the last one, to eight digits; None where there is no bar).

    Examples
    --------
    >>> from topoquant.lib.bars.synthetic import synthetic_bars
    >>> bars = synthetic_bars("noise", n_bars=96 * 20, seed=1, interval="15m").bars
    >>> found = coverage(bars.drop(index=range(96, 120)), "15m")
    >>> found["bucket"], found["first"], found["n_bars"][:3], found["n_expected"][:3]
    ('1d', '2024-01-01T00:00:00+00:00', [96, 72, 96], [96, 96, 96])
    """
    stamps, width = stamps_ns(bars), interval_timedelta(interval).value
    bucket = _bucket(int(stamps[-1] - stamps[0]), width)
    length = interval_timedelta(bucket).value
    floor = min(length, interval_timedelta("1d").value)
    first = int(stamps[0] // floor * floor)
    place = (stamps - first) // length
    n_buckets = int(place[-1]) + 1
    edges = first + length * np.arange(n_buckets + 1)
    # Steps of the bars' own grid that fall before each edge, between the first bar and the last.
    steps = np.clip(-((stamps[0] - edges) // width), 0, (stamps[-1] - stamps[0]) // width + 1)
    last = np.searchsorted(stamps, edges[1:], side="left") - 1
    n_bars = np.bincount(place, minlength=n_buckets)
    quiet = bars["volume"].to_numpy(np.float64) == 0
    return {
        "bucket": bucket,
        "first": pd.Timestamp(first, unit="ns", tz="UTC").isoformat(),
        "n_bars": n_bars.tolist(),
        "n_expected": np.diff(steps).tolist(),
        "n_zero_volume": np.bincount(place[quiet], minlength=n_buckets).tolist(),
        "close": _closes(bars, last, n_bars),
    }


def _bucket(span: int, width: int) -> str:
    """Return the shortest stretch that is not too short for these bars."""
    for name in _BUCKETS:
        length = interval_timedelta(name).value
        if length >= width and span // length + 2 <= _MOST_BUCKETS:
            return name
    return _BUCKETS[-1]


def _closes(bars: pd.DataFrame, last: NDArray[np.int64], n_bars: NDArray[np.int64]) -> list[float | None]:
    """Return the last close of every stretch that has one."""
    closes = bars["close"].to_numpy(np.float64)
    return [
        float(f"{closes[row]:.{_CLOSE_DIGITS}g}") if n > 0 else None
        for row, n in zip(last.tolist(), n_bars.tolist(), strict=True)
    ]

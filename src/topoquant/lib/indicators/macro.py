"""Columns of series that are no bars: at each decision time the last values already published."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from topoquant.lib.bars import TIME_DTYPE, decision_time
from topoquant.lib.errors import bad_input
from topoquant.lib.indicators.rolling_kernel import rolling_mean_std
from topoquant.lib.indicators.table import Column, Columns, Values, previous, ratio

RETURN_HORIZONS = (1, 5, 20)
ZSCORE_PERIOD = 20
_DAY_NS = 86_400 * 10**9


def series_names(macro: pd.DataFrame | None) -> tuple[str, ...]:
    """Names of the series, in order; none without values."""
    return tuple(_by_name(macro))


def macro_columns(names: Sequence[str]) -> tuple[Column, ...]:
    """Names, formulas and warm-up (in the series' own values) of the columns of these series."""
    return tuple(
        column
        for name in names
        for column in (
            *(
                Column(f"{name}_return_{h}", f"log(value / value {h} values ago) of {name}", h)
                for h in RETURN_HORIZONS
            ),
            Column(
                f"{name}_zscore_{ZSCORE_PERIOD}",
                f"(value - mean) / standard deviation of {ZSCORE_PERIOD} values of {name}",
                ZSCORE_PERIOD - 1,
            ),
            Column(f"{name}_age", f"days since the last value of {name} became known", 0),
        )
    )


def align_macro(bars: pd.DataFrame, macro: pd.DataFrame | None, *, interval: str) -> Columns:
    """Compute the columns of every series and place them at the decision times of `bars`.

    Parameters
    ----------
    bars : DataFrame, shape (n_bars, ...)
        One symbol's bars in time order.
    macro : DataFrame or None
        `name`, `available_at` (UTC; from when the value is known) and `value` (positive, of any
        unit), in any order.
    interval : str
        Length of a bar.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_bars,)
        The columns of `macro_columns`. A row depends on values with `available_at` no later than
        its `time`. Over a weekend the last value stays, and its age grows. NaN before there are
        enough values.

    Raises
    ------
    InputError
        For a value that is not positive, or two of a series known from the same instant.

    Examples
    --------
    >>> stamps = pd.to_datetime(["2024-01-05", "2024-01-06"], utc=True)
    >>> macro = pd.DataFrame({"name": "gold", "available_at": stamps, "value": [2000.0, 2020.0]})
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-05 12:00", periods=2, freq="12h", tz="UTC")})
    >>> columns = align_macro(bars, macro, interval="12h")
    >>> columns["gold_return_1"].round(5).tolist(), columns["gold_age"].tolist()
    ([0.00995, 0.00995], [0.0, 0.5])
    """
    times = pd.DatetimeIndex(decision_time(bars, interval)).asi8
    aligned: Columns = {}
    for name, one in _by_name(macro).items():
        known = np.asarray(one["available_at"].astype(TIME_DTYPE).astype("int64"))
        values = one["value"].to_numpy(np.float64)
        _check(name, known, values)
        position = np.searchsorted(known, times, side="right") - 1
        for suffix, column in _columns(values).items():
            aligned[f"{name}_{suffix}"] = np.where(position >= 0, column[position], np.nan)
        aligned[f"{name}_age"] = np.where(position >= 0, (times - known[position]) / _DAY_NS, np.nan)
    return aligned


def _by_name(macro: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    """Values of each series in order of time, the series in order of their names."""
    if macro is None:
        return {}
    return {str(name): one.sort_values("available_at") for name, one in macro.groupby("name", sort=True)}


def _columns(values: Values) -> Columns:
    """Columns of one series, one entry per value."""
    level = np.log(values)
    mean, std = rolling_mean_std(values, ZSCORE_PERIOD)
    returns = {f"return_{horizon}": level - previous(level, horizon) for horizon in RETURN_HORIZONS}
    return returns | {f"zscore_{ZSCORE_PERIOD}": ratio(values - mean, std, 0.0)}


def _check(name: str, known: np.ndarray, values: Values) -> None:
    """Refuse what has no logarithm, and values of which neither is the last."""
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        raise bad_input(
            f"values of macro {name}", "positive", values[bad][0], "bring an index or a price, not a rate"
        )
    if (np.diff(known) == 0).any():
        raise bad_input(f"available_at of macro {name}", "there once", "one twice", "drop the duplicates")

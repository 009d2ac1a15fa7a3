"""Whether a feature at t needs anything after t: it is computed again without the future."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import infer_interval, interval_timedelta
from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.cuts import distinct_open_times
from topoquant.lib.validity.wording import listed


def check_prefix_invariance(
    function: Callable[[pd.DataFrame], pd.DataFrame], bars: pd.DataFrame, cuts: Sequence[int], *,
    interval: str | None = None, rtol: float = 1e-9, name: str = "prefix_invariance",
    progress: Progress = silent,
) -> Check:  # fmt: skip
    """Recompute a table on bars that end at a cut and compare its rows at the cut.

    Parameters
    ----------
    function : callable
        From bars to a table with `time`, columns and, for named bars, `symbol`; deterministic.
    bars : DataFrame
        Bars of one or several symbols, sorted by (symbol, open_time).
    cuts : sequence of int
        Positions among the distinct open times; the cut keeps bars up to and including that one.
    interval : str, optional
        Length of a bar; what the stamps show when absent.
    rtol : float
        Allowed difference relative to the value or, if larger, the column's median absolute value:
        room for rounding that depends on the length of the input. 0 asks for equality.
    name : str
        Of the check.
    progress : Progress
        Told of every cut.

    Returns
    -------
    Check
        "leak" names columns and times. NaN equals NaN only. "warning" when no cut had a row.

    Raises
    ------
    InputError
        If a cut lies outside the bars.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "SYN", "close": np.arange(9.0)})
    >>> bars["open_time"] = pd.date_range("2024", periods=9, freq="h", tz="UTC")
    >>> def centred(bars):
    ...     time = bars["open_time"] + pd.Timedelta("1h")
    ...     mean = bars["close"].rolling(3, center=True, min_periods=1).mean()
    ...     return pd.DataFrame({"symbol": bars["symbol"], "time": time, "mean": mean})
    >>> check_prefix_invariance(centred, bars, [4], interval="1h").finding
    '1 of 1 columns change when the future is cut off: mean (at 1 of 1 cuts, first 2024-01-01 05:00:00+00:00)'
    """
    interval = interval or infer_interval(bars)
    open_times = distinct_open_times(bars, cuts)
    whole = function(bars)
    columns = [column for column in whole.columns if column not in KEY]
    scale = _median_magnitude(whole[columns])
    changed: dict[str, list[pd.Timestamp]] = {}
    n_compared = 0
    with progress(len(cuts), "cuts") as advance:
        for cut in cuts:
            time = open_times[cut] + interval_timedelta(interval)
            expected = whole.loc[whole["time"] == time]
            part = function(bars.loc[bars["open_time"] <= open_times[cut]].reset_index(drop=True))
            for column in _differing(expected, part.loc[part["time"] == time], columns, rtol, scale):
                changed.setdefault(column, []).append(time)
            n_compared += int(not expected.empty)
            advance(1)
    return _finding(name, changed, len(columns), n_compared, len(cuts))


def _differing(
    expected: pd.DataFrame, actual: pd.DataFrame, columns: list[str], rtol: float, scale: NDArray[np.float64]
) -> list[str]:
    """Columns whose values at one time differ; every column when a row is missing or one-sided."""
    if "symbol" in expected.columns and "symbol" in actual.columns:
        expected, actual = expected.sort_values("symbol"), actual.sort_values("symbol")
    keys = [name for name in KEY if name in expected.columns]
    if not set(keys) | set(columns) <= set(actual.columns):
        return columns
    if expected[keys].to_numpy().tolist() != actual[keys].to_numpy().tolist():
        return columns
    first, second = expected[columns].to_numpy(float), actual[columns].to_numpy(float)
    allowed = rtol * np.fmax(np.fmax(np.abs(first), np.abs(second)), scale)
    with np.errstate(invalid="ignore"):
        near = (first == second) | (np.abs(first - second) <= np.where(np.isfinite(allowed), allowed, 0.0))
    equal = near | (np.isnan(first) & np.isnan(second))
    return [column for column, is_equal in zip(columns, equal.all(axis=0), strict=True) if not is_equal]


def _median_magnitude(values: pd.DataFrame) -> NDArray[np.float64]:
    """Median absolute value of each column, 0 where it has none."""
    return values.astype(float).abs().median().fillna(0.0).to_numpy()


def _finding(
    name: str, changed: dict[str, list[pd.Timestamp]], n_columns: int, n_compared: int, n_cuts: int
) -> Check:
    """Put the comparison into words."""
    numbers = {"n_columns": n_columns, "n_cuts": n_cuts, "n_compared": n_compared, "n_changed": len(changed)}
    if changed:
        worst = sorted(changed, key=lambda column: -len(changed[column]))
        named = [f"{one} (at {len(changed[one])} of {n_cuts} cuts, first {changed[one][0]})" for one in worst]
        text = f"{len(changed)} of {n_columns} columns change when the future is cut off: {listed(named)}"
        return Check(name, "leak", text, {**numbers, "columns": worst}, "features")
    if not n_compared:
        text = f"none of {n_cuts} cuts has a row to compare: choose cuts after the warm-up"
        return Check(name, "warning", text, numbers, "features")
    text = f"{n_columns} columns equal at {n_compared} cuts without the future"
    return Check(name, "ok", text, numbers, "features")

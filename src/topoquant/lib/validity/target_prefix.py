"""Whether a target needs anything after its t1: it is computed again without it, and with another future."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import OPTIONAL_BAR_COLUMNS, PRICE_COLUMNS, infer_interval, interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.cuts import distinct_open_times
from topoquant.lib.validity.wording import listed

# Standard deviation of the log factor on each bar of the other future: far beyond any threshold.
SHOCK = 0.2
RTOL = 1e-9
VOLUMES = ("volume", *OPTIONAL_BAR_COLUMNS)

Changes = dict[str, set[pd.Timestamp]]


def check_target_invariance(
    function: Callable[[pd.DataFrame], pd.DataFrame], bars: pd.DataFrame, cuts: Sequence[int], *,
    horizon: int, seed: int, interval: str | None = None, name: str = "prefix invariance, target",
    progress: Progress = silent,
) -> Check:  # fmt: skip
    """Recompute targets without the bars after a cut and with other bars there; compare what was known.

    A row whose t1 lies at or before the cut may not change. Without the bars after the cut a row
    may be absent as long as its full horizon does not fit; with other prices in the same bars all
    of them have to be there.

    Parameters
    ----------
    function : callable
        From bars to a table with `time`, `t1`, columns and, for named bars, `symbol`; deterministic.
    bars : DataFrame
        Bars of one or several symbols, sorted by (symbol, open_time).
    cuts : sequence of int
        Positions among the distinct open times; the cut keeps bars up to and including that one.
    horizon : int
        Most bars from a `time` to its t1.
    seed : int
        Of the other future: every bar after the cut times a random factor.
    interval : str, optional
        Length of a bar; what the stamps show when absent.
    name : str
        Of the check.
    progress : Progress
        Told of every cut.

    Returns
    -------
    Check
        "leak" names columns and times. "warning" when no cut had a row.

    Raises
    ------
    InputError
        If a cut lies outside the bars.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024", periods=9, freq="h", tz="UTC"),
    ...     "open": 1.0, "high": 2.0, "low": 0.5, "close": np.arange(1.0, 10.0), "volume": 1.0})
    >>> def one_bar_too_far(bars):
    ...     time = bars["open_time"] + pd.Timedelta("1h")
    ...     label = (bars["close"].shift(-2) > bars["close"]).astype(float)
    ...     return pd.DataFrame({"time": time, "t1": time + pd.Timedelta("1h"), "label": label})[:-1]
    >>> check_target_invariance(one_bar_too_far, bars, [4], horizon=1, seed=0, interval="1h").finding
    '1 of 2 columns change with bars after t1: label (1 times, first 2024-01-01 04:00:00+00:00)'
    """
    interval = interval or infer_interval(bars)
    step = interval_timedelta(interval)
    open_times = distinct_open_times(bars, cuts)
    by_row = partial(_by_row, times=open_times + step, symbols=_symbols(bars))
    whole = by_row(function(bars))
    changes: Changes = {}
    n_rows = 0
    with progress(len(cuts), "cuts") as advance:
        for cut in cuts:
            end = open_times[cut] + step
            known = whole[whole["t1"] <= end]
            # The full horizon of a row that is known at the cut ends before this.
            near = bars[bars["open_time"] < end + horizon * step].reset_index(drop=True)
            past = near[near["open_time"] < end].reset_index(drop=True)
            fits = known["time"] + horizon * step <= end
            without, other = (
                by_row(function(some)) for some in (past, _with_another_future(near, end, seed + cut))
            )
            _compare(known, without[without["t1"] <= end], fits, changes)
            _compare(known, other[other["t1"] <= end], known["time"] < end, changes)
            n_rows += len(known)
            advance(1)
    return _finding(name, changes, len(_compared(whole)), n_rows, len(cuts))


def _symbols(bars: pd.DataFrame) -> pd.Index:
    """Return the names of the symbols; none where they are not named."""
    return pd.Index(bars["symbol"].unique() if "symbol" in bars.columns else [])


def _by_row(table: pd.DataFrame, times: pd.DatetimeIndex, symbols: pd.Index) -> pd.DataFrame:
    """Return a table of numbers by one number per symbol and time, which is quick to look up."""
    place = times.get_indexer(pd.DatetimeIndex(table["time"]))
    if (place < 0).any():
        raise bad_input(
            "time of the targets", "decision times of the bars", table["time"][place < 0].iloc[0],
            "keep the stamps of the bars",
        )  # fmt: skip
    if len(symbols):
        place = place + len(times) * symbols.get_indexer(pd.Index(table["symbol"]))
    numbers = {
        column: values.cat.codes if isinstance(values.dtype, pd.CategoricalDtype) else values
        for column, values in table.items()
        if column != "symbol"
    }
    return pd.DataFrame(numbers).set_index(place)


def _compared(table: pd.DataFrame) -> list[str]:
    """Return the columns that are no key."""
    return [str(column) for column in table.columns if column != "time"]


def _with_another_future(bars: pd.DataFrame, end: pd.Timestamp, seed: int) -> pd.DataFrame:
    """Multiply the prices, and the volumes, of every bar from `end` on by a random factor."""
    rng = np.random.default_rng(seed)
    shocks = np.exp(rng.normal(0.0, SHOCK, (2, len(bars))))
    changed = bars.copy()
    for names, shock in ((PRICE_COLUMNS, shocks[0]), (VOLUMES, shocks[1])):
        present = [name for name in names if name in bars.columns]
        factor = np.where(bars["open_time"] >= end, shock, 1.0)
        changed[present] = bars[present].to_numpy(np.float64) * factor[:, None]
    return changed


def _compare(expected: pd.DataFrame, actual: pd.DataFrame, required: pd.Series, changes: Changes) -> None:
    """Note under each column the times that differ; a new row, or a required one missing, differs in all."""
    gone = expected.index[required.to_numpy(bool) & ~expected.index.isin(actual.index)]
    new = actual.index[~actual.index.isin(expected.index)]
    unpaired = [*expected.loc[gone, "time"], *actual.loc[new, "time"]]
    shared = expected.index.intersection(actual.index)
    first, second = expected.loc[shared], actual.loc[shared]
    for column in _compared(expected):
        found = [*unpaired, *first["time"][_unequal(first[column], second[column])]]
        if found:
            changes.setdefault(column, set()).update(found)


def _unequal(first: pd.Series, second: pd.Series) -> NDArray[np.bool_]:
    """Mark values that differ by more than rounding; NaN equals NaN."""
    if isinstance(first.dtype, pd.DatetimeTZDtype):
        return (first != second).to_numpy(bool)
    near = np.isclose(first.to_numpy(float), second.to_numpy(float), rtol=RTOL, atol=RTOL, equal_nan=True)
    return ~near


def _finding(name: str, changes: Changes, n_columns: int, n_rows: int, n_cuts: int) -> Check:
    """Put the comparison into words."""
    n_changed = len(set().union(*changes.values())) if changes else 0
    numbers = {"n_columns": n_columns, "n_cuts": n_cuts, "n_compared": n_rows, "n_changed": n_changed}
    if changes:
        worst = sorted(changes, key=lambda column: -len(changes[column]))
        named = [f"{one} ({len(changes[one])} times, first {min(changes[one])})" for one in worst]
        text = f"{len(changes)} of {n_columns} columns change with bars after t1: {listed(named)}"
        return Check(name, "leak", text, {**numbers, "columns": worst}, "label")
    if not n_rows:
        text = f"none of {n_cuts} cuts has a row to compare: load more bars or shorten the horizon"
        return Check(name, "warning", text, numbers, "label")
    text = f"{n_columns} columns equal at {n_cuts} cuts without the bars after t1 and with others there"
    return Check(name, "ok", text, numbers, "label")

"""Whether a target begins at the fill: prices after its time are scaled, and then drawn anew."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import PRICE_COLUMNS, infer_interval, interval_timedelta
from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.cuts import distinct_open_times
from topoquant.lib.validity.wording import listed

# One way and the other, beyond any threshold: a label that counts only rises shows with the one alone.
FACTORS = (1.5, 1 / 1.5)
# Standard deviation of the log factor on each later open and close: far beyond any threshold.
SHOCK = 0.2
N_SHOCKS = 2
# Rows of the rarer value without which "nothing changes it" says little: a rule may hold in few rows.
MINIMUM_RARER = 2
RTOL = 1e-9


def check_target_entry(
    function: Callable[[pd.DataFrame], pd.DataFrame], bars: pd.DataFrame, cuts: Sequence[int], *,
    seed: int, interval: str | None = None, name: str = "target from the fill", progress: Progress = silent,
) -> Check:  # fmt: skip
    """Check that the target of a row decided at a cut is about the bars after it, and about those alone.

    A target that is measured from the next open stays the same when all later prices are multiplied by
    one factor, and cannot stay the same in every row when each later open and close gets one of its own.
    Widths of barriers and filters of volume are those of past bars and play no part.

    Parameters
    ----------
    function : callable
        From bars to a table with `time`, columns of numbers and, for named bars, `symbol`; deterministic.
    bars : DataFrame
        Bars of one or several symbols, sorted by (symbol, open_time).
    cuts : sequence of int
        Positions among the distinct open times; a row decided at the end of that bar is compared.
        Twenty or more: a label of one row may stay the same by chance.
    seed : int
        Of the factors that differ from price to price.
    interval : str, optional
        Length of a bar; what the stamps show when absent.
    name : str
        Of the check.
    progress : Progress
        Told of every cut.

    Returns
    -------
    Check
        "leak" names columns that vary and that no later bar changes: they are known at their time.
        "warning" names columns that change with the level of later prices: part of such a target lies
        before its fill, which a label of the user's own may intend. "warning" too when no cut had a row.

    Raises
    ------
    InputError
        If a cut lies outside the bars.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024", periods=40, freq="h", tz="UTC"),
    ...     "open": 1.0, "high": 2.0, "low": 0.5, "close": [1.0, 2.0] * 20, "volume": 1.0})
    >>> def of_the_last_bar(bars):
    ...     time = bars["open_time"] + pd.Timedelta("1h")
    ...     return pd.DataFrame({"time": time, "label": (bars["close"].diff() > 0).astype(float)})
    >>> check_target_entry(of_the_last_bar, bars, range(10, 30), seed=0, interval="1h").finding
    '1 of 1 columns known at their time: label (no later bar changes any of 20 rows)'
    """
    interval = interval or infer_interval(bars)
    step = interval_timedelta(interval)
    open_times = distinct_open_times(bars, cuts)
    whole = function(bars)
    columns = [str(column) for column in whole.columns if column not in (*KEY, "t1")]
    scaled, drawn = dict.fromkeys(columns, 0), dict.fromkeys(columns, 0)
    compared = []
    with progress(len(cuts), "cuts") as advance:
        for cut in cuts:
            time = open_times[cut] + step
            expected = _rows_at(whole, time)
            compared.append(expected)
            later = (bars["open_time"] >= time).to_numpy()
            for factor in FACTORS:
                factors = np.full((2, len(bars)), factor)
                _count(expected, _rows_at(function(_with_prices(bars, later, factors)), time), scaled)
            for number in range(N_SHOCKS):
                rng = np.random.default_rng([seed, cut, number])
                factors = np.exp(rng.normal(0.0, SHOCK, (2, len(bars))))
                _count(expected, _rows_at(function(_with_prices(bars, later, factors)), time), drawn)
            advance(1)
    rows = pd.concat(compared)
    known = [column for column in columns if not drawn[column] and _varies(rows[column])]
    return _finding(name, scaled, known, len(rows), len(cuts))


def _with_prices(bars: pd.DataFrame, later: NDArray[np.bool_], factors: NDArray[np.float64]) -> pd.DataFrame:
    """Multiply opens and closes of later bars by factors of their own; the shadows keep their length."""
    opened, high, low, closed = (bars[name].to_numpy(np.float64) for name in PRICE_COLUMNS)
    first, last = opened * factors[0], closed * factors[1]
    prices = {
        "open": first,
        "high": np.maximum(first, last) * (high / np.maximum(opened, closed)),
        "low": np.minimum(first, last) * (low / np.minimum(opened, closed)),
        "close": last,
    }
    return bars.assign(**{name: np.where(later, prices[name], bars[name]) for name in PRICE_COLUMNS})


def _rows_at(table: pd.DataFrame, time: pd.Timestamp) -> pd.DataFrame:
    """Return the rows of one time, one per symbol."""
    rows = table.loc[table["time"] == time]
    return rows.set_index("symbol") if "symbol" in rows else rows.reset_index(drop=True)


def _count(expected: pd.DataFrame, actual: pd.DataFrame, counts: dict[str, int]) -> None:
    """Count under each column the rows that differ or are gone."""
    paired = actual.reindex(expected.index)
    for column in counts:
        first, second = (_numbers(table[column]) for table in (expected, paired))
        counts[column] += int((~np.isclose(first, second, rtol=RTOL, atol=RTOL, equal_nan=True)).sum())


def _numbers(values: pd.Series) -> NDArray[np.float64]:
    """Return a column as floats, categories as their codes."""
    codes = values.cat.codes if isinstance(values.dtype, pd.CategoricalDtype) else values
    return np.asarray(codes, np.float64)


def _varies(values: pd.Series) -> bool:
    """Whether enough rows have another value than most."""
    return len(values) > 0 and len(values) - int(values.value_counts(dropna=False).max()) >= MINIMUM_RARER


def _finding(name: str, scaled: dict[str, int], known: list[str], n_rows: int, n_cuts: int) -> Check:
    """Put the comparison into words."""
    early = [column for column, n in scaled.items() if n]
    numbers = {"n_cuts": n_cuts, "n_rows": n_rows, "known": known, "early": early}
    of = f"of {len(scaled)} columns"
    if not n_rows:
        text = f"none of {n_cuts} cuts has a row to compare: load more bars or shorten the horizon"
        return Check(name, "warning", text, numbers, "label")
    if known:
        named = [f"{one} (no later bar changes any of {n_rows} rows)" for one in known]
        text = f"{len(known)} {of} known at their time: {listed(named)}"
        return Check(name, "leak", text, {**numbers, "columns": known}, "label")
    if early:
        named = [f"{one} ({scaled[one]} of {len(FACTORS) * n_rows} times)" for one in early]
        text = (
            f"{len(early)} {of} change with the level of later prices, not from the fill on: {listed(named)}"
        )
        return Check(name, "warning", text, {**numbers, "columns": early}, "label")
    text = f"{len(scaled)} columns are about the bars after the fill alone, at {n_cuts} cuts"
    return Check(name, "ok", text, numbers, "label")

"""How far columns have moved between two sets of rows. It warns; it never judges."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from topoquant.lib.errors import bad_input
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.wording import listed, short


def population_stability_index(reference: ArrayLike, current: ArrayLike, *, n_bins: int = 10) -> float:
    """Compare two samples of one column: sum of (q - p) log(q / p) over bins.

    Parameters
    ----------
    reference : array-like, shape (n,)
        Its quantiles make the bins; NaN has a bin of its own.
    current : array-like, shape (m,)
        The sample that may have moved.
    n_bins : int
        Bins of equally many reference rows, at least 2.

    Returns
    -------
    float
        0 for equal shares. Half a row is added to each bin, so that an empty one stays finite.

    Raises
    ------
    InputError
        If a sample is empty or `n_bins` is below 2.

    References
    ----------
    Siddiqi (2006), "Credit risk scorecards"; .25 is the customary alarm.

    Examples
    --------
    >>> population_stability_index(np.arange(100), np.arange(100))
    0.0
    """
    first, second = np.asarray(reference, float), np.asarray(current, float)
    if not first.size or not second.size or n_bins < 2:
        raise bad_input(
            "reference, current and n_bins", "not empty, not empty and at least 2",
            (first.size, second.size, n_bins), "give rows to compare",
        )  # fmt: skip
    known = first[~np.isnan(first)]
    edges = np.unique(np.quantile(known, np.arange(1, n_bins) / n_bins)) if known.size else np.empty(0)
    n_places = len(edges) + 2
    shares = []
    for values in (first, second):
        place = np.where(np.isnan(values), n_places - 1, np.searchsorted(edges, values, side="left"))
        shares.append((np.bincount(place, minlength=n_places) + 0.5) / (len(values) + 0.5 * n_places))
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def measure_drift(reference: pd.DataFrame, current: pd.DataFrame, *, n_bins: int = 10) -> pd.Series:
    """Measure the population stability index of every numeric column two tables share.

    Parameters
    ----------
    reference, current : DataFrame
        Features of, say, train and test rows.
    n_bins : int
        As in `population_stability_index`.

    Returns
    -------
    Series
        By column, the worst first.

    Examples
    --------
    >>> table = pd.DataFrame({"x": np.arange(50.0), "y": 0.0})
    >>> measure_drift(table, table.assign(x=table["x"] + 100)).index[0]
    'x'
    """
    numeric = reference.select_dtypes(["number", "bool"]).columns
    shared = [column for column in numeric if column in current.columns]
    values = {
        column: population_stability_index(reference[column], current[column], n_bins=n_bins)
        for column in shared
    }
    return pd.Series(values, dtype=float, name="psi").sort_values(ascending=False, kind="stable")


def check_drift(reference: pd.DataFrame, current: pd.DataFrame, *, alarm: float, n_bins: int = 10) -> Check:
    """Warn of columns that have moved by more than `alarm`.

    Parameters
    ----------
    reference, current, n_bins
        As in `measure_drift`.
    alarm : float
        Population stability index above which a column is named.

    Returns
    -------
    Check
        "ok" or "warning"; a price level that wanders always warns, and need not matter.

    Examples
    --------
    >>> table = pd.DataFrame({"x": np.arange(50.0)})
    >>> check_drift(table, table, alarm=0.25).finding
    '0 of 1 columns moved by a PSI over .25; worst: x .00'
    """
    drift = measure_drift(reference, current, n_bins=n_bins)
    n_moved = int((drift > alarm).sum())
    worst = [f"{column} {short(value)}" for column, value in drift.head(5).items()]
    text = f"{n_moved} of {len(drift)} columns moved by a PSI over {short(alarm)}"
    text += f"; worst: {listed(worst)}" if worst else ""
    numbers = {"n_columns": len(drift), "n_moved": n_moved, "worst": drift.head(10).to_dict()}
    return Check("drift", "warning" if n_moved else "ok", text, numbers, "features")

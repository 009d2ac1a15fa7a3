"""Intervals of proportions: one formula for win rates, precisions and calibration bins."""

from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from topoquant.lib.errors import bad_input


def effective_counts(
    right: ArrayLike, weight: ArrayLike, time: pd.Series | pd.DatetimeIndex
) -> tuple[float, float]:
    """Count successes and trials of rows that overlap in time and across symbols.

    Parameters
    ----------
    right : array-like, shape (n,)
        1 for a success, 0 for none, one half for half a success.
    weight : array-like, shape (n,)
        Average uniqueness: how much of a row's span is its own among those of its symbol.
    time : Series or DatetimeIndex, shape (n,)
        Of each row; rows of one time are of several symbols.

    Returns
    -------
    tuple of float
        k and n for `wilson_interval`. With one row per time the sums of the weights; else both divided by
        the design effect of clusters of one time, at least 1: two symbols that are always right and wrong
        together count as one.

    References
    ----------
    Kish (1965), "Survey Sampling", ch. 5.

    Examples
    --------
    >>> time = pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-02"])
    >>> effective_counts([1, 1, 0, 0], [1.0, 1.0, 1.0, 1.0], time)
    (1.0, 2.0)
    >>> effective_counts([1, 0, 0, 1], [1.0, 1.0, 1.0, 1.0], time)
    (2.0, 4.0)
    """
    hits, weights = np.asarray(right, np.float64), np.asarray(weight, np.float64)
    n = float(weights.sum())
    if not n:
        return 0.0, 0.0
    # Two orders of the same sum may differ in the last digit.
    k = min(float((weights * hits).sum()), n)
    cluster, times = pd.factorize(time)
    if len(times) == len(hits):
        return k, n
    # Where all rows came out alike nothing shows that symbols differ.
    off = weights * (hits - k / n) if np.ptp(hits) > 0 else weights
    effect = max(float((np.bincount(cluster, off) ** 2).sum() / (off**2).sum()), 1.0)
    return k / effect, n / effect


def wilson_interval(k: float, n: float, *, level: float) -> tuple[float, float]:
    """Bound a proportion of `k` in `n`, which may be effective numbers and so need not be whole.

    Parameters
    ----------
    k : float
        Successes, in [0, n].
    n : float
        Independent trials; 0 gives [0, 1].
    level : float
        Coverage in (0, 1).

    Returns
    -------
    tuple of float
        Low and high, within [0, 1].

    Raises
    ------
    InputError
        If `k` is outside [0, n].

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference".

    Examples
    --------
    >>> [round(bound, 4) for bound in wilson_interval(8, 10, level=0.95)]
    [0.4902, 0.9433]
    """
    if not 0 <= k <= n:
        raise bad_input("k", f"in [0, {n}]", k, "count successes among the trials")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = k / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float((share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5)
    return max(0.0, centre - half), min(1.0, centre + half)


def difference_interval(
    first: tuple[float, float], second: tuple[float, float], *, level: float
) -> tuple[float, float]:
    """Bound how much higher one proportion is than another of independent trials.

    Parameters
    ----------
    first, second : tuple of (float, float)
        Successes and trials, as in `wilson_interval`; no trials bound nothing.
    level : float
        Coverage in (0, 1).

    Returns
    -------
    tuple of float
        Low and high of first minus second, within [-1, 1].

    Raises
    ------
    InputError
        As `wilson_interval`.

    References
    ----------
    Newcombe (1998), "Interval estimation for the difference between independent proportions", method 10.

    Examples
    --------
    Newcombe's table II, example (a):

    >>> [round(bound, 4) for bound in difference_interval((56, 70), (48, 80), level=0.95)]
    [0.0524, 0.3339]
    """
    (k1, n1), (k2, n2) = first, second
    (low1, high1), (low2, high2) = (wilson_interval(k, n, level=level) for k, n in (first, second))
    if n1 == 0 or n2 == 0:
        return -1.0, 1.0
    p1, p2 = k1 / n1, k2 / n2
    below = float(((p1 - low1) ** 2 + (high2 - p2) ** 2) ** 0.5)
    above = float(((high1 - p1) ** 2 + (p2 - low2) ** 2) ** 0.5)
    return max(-1.0, p1 - p2 - below), min(1.0, p1 - p2 + above)

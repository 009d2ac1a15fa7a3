"""What an equity path is summed up by."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

YEAR = pd.Timedelta(days=365.25)
# Compounding a few days to a year says nothing; below a week there is no CAGR.
SHORTEST_CAGR_SPAN = pd.Timedelta(days=7)


def bar_returns(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the simple return of each bar but the first, up to and including the one that ruins.

    Parameters
    ----------
    path : ndarray, shape (n,)
        Equity at the closes, in time order, non-negative.

    Returns
    -------
    ndarray, shape (n - 1,) or shorter after ruin

    Examples
    --------
    >>> bar_returns(np.array([1.0, 1.1, 0.0, 0.0])).round(2).tolist()
    [0.1, -1.0]
    """
    before, after = path[:-1], path[1:]
    alive = before > 0
    return np.asarray(after[alive] / before[alive] - 1.0, np.float64)


def return_moments(returns: NDArray[np.float64], step: pd.Timedelta) -> dict[str, float]:
    """Moments and ratios of bar returns.

    Parameters
    ----------
    returns : ndarray, shape (T,)
        Simple returns per bar.
    step : Timedelta
        Length of a bar.

    Returns
    -------
    dict of str to float
        volatility and sharpe_annual (annual), sharpe (per bar, standard deviation with T - 1), sortino
        (annual), skew, kurt (3 for a normal), T. NaN where the returns do not vary.

    References
    ----------
    Sharpe (1994); Sortino and Price (1994), with a target of 0.

    Examples
    --------
    >>> moments = return_moments(np.array([0.01, -0.01, 0.02, 0.0]), pd.Timedelta(days=1))
    >>> round(moments["sharpe"], 3), round(moments["sortino"] / 365.25**0.5, 3), moments["T"]
    (0.387, 1.0, 4)
    """
    annual = float(np.sqrt(YEAR / step))
    mean = float(returns.mean()) if returns.size else float("nan")
    deviation = float(returns.std(ddof=1)) if returns.size > 1 else float("nan")
    downside = float(np.sqrt(np.square(np.minimum(returns, 0.0)).mean())) if returns.size else float("nan")
    scaled = (returns - mean) / returns.std() if deviation > 0 else np.full(1, np.nan)
    squared = scaled * scaled
    sharpe = ratio(mean, deviation)
    return {
        "volatility": deviation * annual,
        "sharpe": sharpe,
        "sharpe_annual": sharpe * annual,
        "sortino": ratio(mean, downside) * annual,
        "skew": float((squared * scaled).mean()),
        "kurt": float((squared * squared).mean()),
        "T": int(returns.size),
    }


def annual_growth(final: float, span: pd.Timedelta) -> float:
    """Growth per year that compounds to `final` over `span`.

    Parameters
    ----------
    final : float
        Final equity over the first, non-negative.
    span : Timedelta
        Calendar time between the two.

    Returns
    -------
    float
        NaN for less than a week; infinite where no float holds it.

    Examples
    --------
    >>> round(annual_growth(1.21, pd.Timedelta(days=730.5)), 4)
    0.1
    """
    if span < SHORTEST_CAGR_SPAN:
        return float("nan")
    with np.errstate(over="ignore"):
        return float(np.power(np.float64(final), YEAR / span) - 1)


def longest_run(flags: NDArray[np.bool_]) -> int:
    """Length of the longest unbroken run of True.

    Parameters
    ----------
    flags : ndarray of bool, shape (n,)
        In time order.

    Returns
    -------
    int
        0 when there is none.

    Examples
    --------
    >>> longest_run(np.array([True, False, True, True]))
    2
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0


def ratio(numerator: float, denominator: float) -> float:
    """Divide, giving NaN over zero.

    Parameters
    ----------
    numerator, denominator : float
        Any numbers.

    Returns
    -------
    float
        The quotient.

    Examples
    --------
    >>> ratio(1.0, 2.0), ratio(1.0, 0.0)
    (0.5, nan)
    """
    return numerator / denominator if denominator else float("nan")

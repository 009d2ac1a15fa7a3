"""Higuchi's fractal dimension: how fast a curve gets longer when it is looked at more closely."""

import numpy as np
from numpy.typing import ArrayLike

from topoquant.lib.complexity.refusing import as_series, check_at_least


def higuchi_dimension(x: ArrayLike, *, k_max: int = 10) -> float:
    """Slope of ln L(k) on ln(1 / k), L(k) being the mean length of a series at every k-th value.

    Each of the k curves x[m], x[m + k], x[m + 2 k], ... has the length
    sum |x[m + (i + 1) k] - x[m + i k]| (n - 1) / (n_steps k^2).

    Parameters
    ----------
    x : array_like, shape (n,)
        The series in order of time; neither its unit nor its level matters.
    k_max : int
        Largest lag, 2 or more and at most n // 2.

    Returns
    -------
    float
        1 for a smooth curve, 1.5 for a random walk, 2 for white noise, each up to what a finite series
        allows. NaN where some L(k) is 0, as in a constant series or one of period k.

    Raises
    ------
    InputError
        For NaN or infinite values, fewer than 2 k_max of them, or k_max < 2.

    Notes
    -----
    Equal to `antropy.higuchi_fd` but for a constant of 1e-9 that it adds to a denominator. The value
    depends on all of `x`.

    References
    ----------
    Higuchi, T. (1988). Approach to an irregular time series on the basis of the fractal theory.
    Physica D 31, 277-283.

    Examples
    --------
    >>> round(higuchi_dimension(np.arange(50.0), k_max=5), 6)
    1.0
    """
    check_at_least("k_max", k_max, 2)
    series = as_series(x, n_least=2 * k_max, name=f"curves of k_max {k_max}")
    lags = range(1, k_max + 1)
    lengths = np.array([_mean_length(series, k) for k in lags])
    if (lengths == 0).any():
        return float("nan")
    return float(np.polyfit(-np.log(lags), np.log(lengths), 1)[0])


def _mean_length(series: np.ndarray, k: int) -> float:
    """Return L(k): the mean over the k curves of their lengths."""
    steps = [np.abs(np.diff(series[m::k])) for m in range(k)]
    return float(np.mean([one.sum() * (series.size - 1) / (one.size * k**2) for one in steps]))

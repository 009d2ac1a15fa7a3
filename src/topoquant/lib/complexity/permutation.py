"""Permutation entropy: how evenly a series uses the possible orders of neighbouring values."""

from math import factorial, log2

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from topoquant.lib.complexity.refusing import as_series, check_at_least


def permutation_entropy(x: ArrayLike, *, order: int, delay: int = 1, normalize: bool = False) -> float:
    """Shannon entropy of the ordinal patterns of a series.

    H = -sum(p log2 p) over the patterns that occur, p being the share of the places
    (x[i], x[i + delay], ..., x[i + (order - 1) delay]) whose values have that order.

    Parameters
    ----------
    x : array_like, shape (n,)
        The series in order of time; only the order of its values matters, not their unit.
    order : int
        Values per pattern, 2 or more.
    delay : int
        Distance between them.
    normalize : bool
        Divide by log2(order!), the entropy of patterns that are all equally likely.

    Returns
    -------
    float
        Bits in [0, log2(order!)], or a fraction of that. 0 for a series that only rises, only
        falls, or stays the same: of equal values the earlier counts as the smaller.

    Raises
    ------
    InputError
        For NaN or infinite values, a series without one pattern, order < 2 or delay < 1.

    Notes
    -----
    Equal to `antropy.perm_entropy`, in its unit. The value depends on all of `x`.

    References
    ----------
    Bandt, C. and Pompe, B. (2002). Permutation entropy: a natural complexity measure for time
    series. Physical Review Letters 88, 174102.

    Examples
    --------
    >>> x = [4, 7, 9, 10, 6, 11, 3]
    >>> round(permutation_entropy(x, order=2), 4), round(permutation_entropy(x, order=3), 4)
    (0.9183, 1.5219)
    """
    check_at_least("order", order, 2)
    check_at_least("delay", delay, 1)
    span = (order - 1) * delay + 1
    series = as_series(x, n_least=span, name=f"patterns of order {order} and delay {delay}")
    patterns = np.argsort(sliding_window_view(series, span)[:, ::delay], axis=1, kind="stable")
    counts = np.unique(patterns, axis=0, return_counts=True)[1]
    share = counts / counts.sum()
    entropy = max(0.0, -float(share @ np.log2(share)))
    return entropy / log2(factorial(order)) if normalize else entropy

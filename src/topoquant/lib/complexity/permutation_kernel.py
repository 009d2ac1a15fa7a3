"""Permutation entropy of every window, by counts that change by two per step."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@njit(cache=True)
def rolling_permutation(x: Array, window: int, order: int, delay: int) -> Array:
    """Permutation entropy in bits of x[i : i + window] for every i.

    H = log2 n - sum(c log2 c) / n with c the counts of the patterns. The terms c log2 c are integers,
    in units small enough for 1e-12: so their running sum never drifts, wherever it began.
    """
    span = (order - 1) * delay
    n_patterns, n = window - span, x.size - window + 1
    codes = _ordinal_codes(x, order, delay)
    unit, steps = _steps(n_patterns)
    n_codes = 1
    for factor in range(2, order + 1):
        n_codes *= factor
    counts = np.zeros(n_codes, np.int64)
    total = 0
    for i in range(n_patterns):
        code = codes[i]
        total += steps[counts[code]]
        counts[code] += 1
    entropy = np.empty(n)
    most, scale = steps.sum(), unit / n_patterns
    entropy[0] = (most - total) * scale
    for i in range(1, n):
        gone, come = codes[i - 1], codes[i + n_patterns - 1]
        count = counts[gone] - 1
        counts[gone] = count
        total -= steps[count]
        count = counts[come]
        counts[come] = count + 1
        total += steps[count]
        entropy[i] = (most - total) * scale
    return entropy


@njit(cache=True)
def _ordinal_codes(x: Array, order: int, delay: int) -> NDArray[np.uint16]:
    """Give each value the number of the ordinal pattern that begins there: its Lehmer code.

    A later value counts as smaller only if it is: equal ones keep their order in time.
    """
    n = x.size - (order - 1) * delay
    is_smaller = np.zeros((order, x.size), np.uint16)
    for lag in range(1, order):
        ahead = lag * delay
        for i in range(x.size - ahead):
            is_smaller[lag, i] = x[i + ahead] < x[i]
    codes = np.zeros(n, np.uint16)
    for first in range(order - 1):
        # One digit of the code, in base order - first: how many later values are smaller.
        base, begin = np.uint16(order - first), first * delay
        for i in range(n):
            codes[i] *= base
        for lag in range(1, order - first):
            for i in range(n):
                codes[i] += is_smaller[lag, i + begin]
    return codes


@njit(cache=True)
def _steps(n: int) -> tuple[float, NDArray[np.int64]]:
    """Return a unit and, in it, (c + 1) log2 (c + 1) - c log2 c for c = 0..n - 1, all below 2^52 together."""
    largest = n * np.log2(n) if n > 1 else 1.0
    n_bits = 50 - int(np.ceil(np.log2(largest + 1.0)))
    terms = np.zeros(n + 1, np.int64)
    for count in range(2, n + 1):
        terms[count] = np.int64(np.round(count * np.log2(count) * 2.0**n_bits))
    return 2.0**-n_bits, terms[1:] - terms[:-1]

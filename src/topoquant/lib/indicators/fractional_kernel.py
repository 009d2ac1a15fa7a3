"""A weighted sum of the past, each value by itself: `fractional_difference` explains it."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Rows whose values and sums stay in the nearest cache while all weights pass over them.
BLOCK = 1024


@njit(cache=True)
def weighted_sum(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of weights[k] * values[t - k]; NaN for the first width - 1 rows.

    Every row adds its terms in the same order, whatever comes after it.
    """
    width = weights.size
    result = np.full(values.size, np.nan)
    for begin in range(width - 1, values.size, BLOCK):
        end = min(begin + BLOCK, values.size)
        sums = np.zeros(end - begin)
        for k in range(width):
            weight = weights[k]
            past = values[begin - k : end - k]
            for row in range(sums.size):
                sums[row] += weight * past[row]
        result[begin:end] = sums
    return result

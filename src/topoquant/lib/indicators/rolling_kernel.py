"""Rolling moments and exponential averages, one pass, each value from its own window alone."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def rolling_sum(values: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Sum of the last `period` values; NaN for the first `period` - 1.

    Added up afresh in every window: a running sum would carry rounding from bars that have left.
    """
    result = np.full(values.size, np.nan)
    for t in range(period - 1, values.size):
        total = 0.0
        for k in range(t - period + 1, t + 1):
            total += values[k]
        result[t] = total
    return result


@njit(cache=True)
def rolling_mean_std(
    values: NDArray[np.float64], period: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and population standard deviation of the last `period` values, in two passes.

    The deviation of a window of equal values is exactly 0.
    """
    mean = np.full(values.size, np.nan)
    std = np.full(values.size, np.nan)
    for t in range(period - 1, values.size):
        first = values[t - period + 1]
        # Measured from the first value: equal values then have deviations of exactly 0.
        total = 0.0
        for k in range(t - period + 1, t + 1):
            total += values[k] - first
        shift = total / period
        squares = 0.0
        for k in range(t - period + 1, t + 1):
            deviation = values[k] - first - shift
            squares += deviation * deviation
        mean[t] = first + shift
        std[t] = np.sqrt(squares / period)
    return mean, std


@njit(cache=True)
def exponential_mean(values: NDArray[np.float64], half_life: float) -> NDArray[np.float64]:
    """Weighted mean of all values so far, a value's weight halving every `half_life` bars."""
    decay = 0.5 ** (1.0 / half_life)
    result = np.empty(values.size)
    total = 0.0
    weight = 0.0
    for t in range(values.size):
        total = total * decay + values[t]
        weight = weight * decay + 1.0
        result[t] = total / weight
    return result

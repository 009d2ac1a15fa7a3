"""Rolling moments and exponential averages, each value from its own window alone.

Windows are added up afresh: a running sum would carry rounding from bars that have left. A block of
rows is summed side by side, bar after bar of their windows, so that several rows share an instruction;
every row adds in the order of time, whatever else is in its block.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Rows whose windows and sums stay in the nearest cache.
BLOCK = 512


@njit(cache=True)
def rolling_sum(values: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Sum of the last `period` values; NaN for the first `period` - 1."""
    result = np.full(values.size, np.nan)
    for begin in range(period - 1, values.size, BLOCK):
        end = min(begin + BLOCK, values.size)
        total = np.zeros(end - begin)
        for back in range(period - 1, -1, -1):
            past = values[begin - back : end - back]
            for row in range(total.size):
                total[row] += past[row]
        result[begin:end] = total
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
    for begin in range(period - 1, values.size, BLOCK):
        end = min(begin + BLOCK, values.size)
        first = values[begin - period + 1 : end - period + 1]
        shift = _mean_distance(values, begin, end, period)
        squares = np.zeros(end - begin)
        for back in range(period - 1, -1, -1):
            past = values[begin - back : end - back]
            for row in range(squares.size):
                deviation = past[row] - first[row] - shift[row]
                squares[row] += deviation * deviation
        mean[begin:end] = first + shift
        std[begin:end] = np.sqrt(squares / period)
    return mean, std


@njit(cache=True)
def rolling_skew_kurtosis(
    values: NDArray[np.float64], period: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give population skewness and excess kurtosis of the last `period` values; 0 where all are equal."""
    skewness = np.full(values.size, np.nan)
    kurtosis = np.full(values.size, np.nan)
    for begin in range(period - 1, values.size, BLOCK):
        end = min(begin + BLOCK, values.size)
        first = values[begin - period + 1 : end - period + 1]
        shift = _mean_distance(values, begin, end, period)
        sums = np.zeros((3, end - begin))
        second, third, fourth = sums[0], sums[1], sums[2]
        for back in range(period - 1, -1, -1):
            past = values[begin - back : end - back]
            for row in range(second.size):
                deviation = past[row] - first[row] - shift[row]
                square = deviation * deviation
                second[row] += square
                third[row] += square * deviation
                fourth[row] += square * square
        for row in range(second.size):
            variance = second[row] / period
            if variance > 0:
                skewness[begin + row] = third[row] / period / variance**1.5
                kurtosis[begin + row] = fourth[row] / period / (variance * variance) - 3
            elif variance == 0:
                skewness[begin + row] = 0.0
                kurtosis[begin + row] = 0.0
    return skewness, kurtosis


@njit(cache=True)
def rolling_correlation(x: NDArray[np.float64], y: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Pearson's correlation of the last `period` pairs, in two passes; 0 where one of both is constant."""
    result = np.full(x.size, np.nan)
    for begin in range(period - 1, x.size, BLOCK):
        end = min(begin + BLOCK, x.size)
        x_first = x[begin - period + 1 : end - period + 1]
        y_first = y[begin - period + 1 : end - period + 1]
        x_shift, y_shift = _mean_distance(x, begin, end, period), _mean_distance(y, begin, end, period)
        sums = np.zeros((3, end - begin))
        xx, yy, xy = sums[0], sums[1], sums[2]
        for back in range(period - 1, -1, -1):
            x_past, y_past = x[begin - back : end - back], y[begin - back : end - back]
            for row in range(xx.size):
                x_deviation = x_past[row] - x_first[row] - x_shift[row]
                y_deviation = y_past[row] - y_first[row] - y_shift[row]
                xx[row] += x_deviation * x_deviation
                yy[row] += y_deviation * y_deviation
                xy[row] += x_deviation * y_deviation
        for row in range(xx.size):
            if xx[row] > 0 and yy[row] > 0:
                result[begin + row] = xy[row] / (np.sqrt(xx[row]) * np.sqrt(yy[row]))
            elif xx[row] >= 0 and yy[row] >= 0:
                result[begin + row] = 0.0
    return result


@njit(cache=True)
def cumulative_zscore(steps: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Z-score of the last of `period` levels of a running sum of `steps`; 0 where all levels are equal.

    The levels are added up from the window's first: where the sum once began does not matter.
    """
    result = np.full(steps.size, np.nan)
    for begin in range(period - 1, steps.size, BLOCK):
        end = min(begin + BLOCK, steps.size)
        sums = np.zeros((4, end - begin))
        last, total, level, squares = sums[0], sums[1], sums[2], sums[3]
        for back in range(period - 2, -1, -1):
            past = steps[begin - back : end - back]
            for row in range(last.size):
                last[row] += past[row]
                total[row] += last[row]
        mean = total / period
        squares[:] = mean * mean
        for back in range(period - 2, -1, -1):
            past = steps[begin - back : end - back]
            for row in range(last.size):
                level[row] += past[row]
                squares[row] += (level[row] - mean[row]) * (level[row] - mean[row])
        for row in range(last.size):
            if squares[row] > 0:
                result[begin + row] = (last[row] - mean[row]) / np.sqrt(squares[row] / period)
            elif squares[row] == 0:
                result[begin + row] = 0.0
    return result


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


@njit(cache=True)
def _mean_distance(values: NDArray[np.float64], begin: int, end: int, period: int) -> NDArray[np.float64]:
    """Mean of each window less its first value: equal values then have deviations of exactly 0."""
    first = values[begin - period + 1 : end - period + 1]
    total = np.zeros(end - begin)
    for back in range(period - 1, -1, -1):
        past = values[begin - back : end - back]
        for row in range(total.size):
            total[row] += past[row] - first[row]
    return total / period

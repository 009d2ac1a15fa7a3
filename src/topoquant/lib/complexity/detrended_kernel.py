"""The exponent of detrended fluctuation analysis of every window, box size by box size."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.complexity.arithmetic_kernel import logs, strided_sums

Array = NDArray[np.float64]


@njit(cache=True, error_model="numpy")
def rolling_detrended(x: Array, window: int, sizes: NDArray[np.int64]) -> Array:
    """Slope of ln F(size) on ln size of x[i : i + window] for every i; NaN below two sizes that fluctuate.

    What a box fluctuates around its own line does not depend on the window it lies in: every box is
    looked at once, and a window adds up the boxes that lie `size` apart.
    """
    n = x.size - window + 1
    squares, of_logs = np.empty((sizes.size, n)), np.empty((sizes.size, n))
    for place, size in enumerate(sizes):
        n_boxes = window // size
        boxes = _box_fluctuations(x, size)
        sums = np.empty(boxes.size)
        strided_sums(boxes, size, n_boxes, sums)
        for i in range(n):
            squares[place, i] = sums[i] / n_boxes
        logs(squares[place], of_logs[place])
    return _slopes(squares, of_logs, np.log(sizes.astype(np.float64)))


@njit(cache=True, error_model="numpy")
def _box_fluctuations(x: Array, size: int) -> Array:
    """Mean squared distance of the profile from its line, in the box that begins at each value."""
    n = x.size - size + 1
    middle = 0.5 * (size - 1)
    spread = size * (size * size - 1) / 12.0
    fluctuations = np.empty(n)
    profile = np.empty(size)
    for i in range(n):
        # A line is taken away, so that any level may be: the second value's keeps flat boxes at 0.
        level = x[i + 1]
        height, mean, slope = 0.0, 0.0, 0.0
        profile[0] = 0.0
        for j in range(1, size):
            height += x[i + j] - level
            profile[j] = height
            mean += height
            slope += height * (j - middle)
        mean /= size
        slope /= spread
        total = 0.0
        for j in range(size):
            distance = profile[j] - mean - slope * (j - middle)
            total += distance * distance
        fluctuations[i] = total / size
    return fluctuations


@njit(cache=True, error_model="numpy")
def _slopes(squares: Array, of_logs: Array, log_sizes: Array) -> Array:
    """Least-squares slope of half the log of the squares, over the sizes where they are above 0."""
    n_sizes, n = squares.shape
    result = np.empty(n)
    for i in range(n):
        count, mean_x, mean_y = 0, 0.0, 0.0
        for place in range(n_sizes):
            if squares[place, i] > 0:
                count += 1
                mean_x += log_sizes[place]
                mean_y += of_logs[place, i]
        above, below = 0.0, 0.0
        if count > 1:
            mean_x /= count
            mean_y /= count
            for place in range(n_sizes):
                if squares[place, i] > 0:
                    distance = log_sizes[place] - mean_x
                    above += distance * (of_logs[place, i] - mean_y)
                    below += distance * distance
        result[i] = 0.5 * above / below if count > 1 else np.nan
    return result

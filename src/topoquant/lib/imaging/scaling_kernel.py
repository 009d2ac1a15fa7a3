"""Straight lines between the values of windows: two products per value where a matrix would take them all."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def interpolate_windows(
    windows: NDArray[np.float64],
    before: NDArray[np.int64],
    part: NDArray[np.float64],
    series: NDArray[np.float64],
) -> None:
    """Fill shape (n, size) with the values `part` of the way from `before` on, less the window's last."""
    n, length = windows.shape
    for k in range(n):
        last = windows[k, length - 1]
        for i in range(before.size):
            low, high = windows[k, before[i]] - last, windows[k, before[i] + 1] - last
            series[k, i] = (1.0 - part[i]) * low + part[i] * high

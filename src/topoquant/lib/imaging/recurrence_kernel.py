"""Distances between all values of a window."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def distance_images(windows: NDArray[np.float64], images: NDArray[np.float32]) -> None:
    """Fill |x_i - x_j|, shape (n, window, window): subtracted in float64, rounded once."""
    n, length = windows.shape
    for k in range(n):
        for i in range(length):
            value = windows[k, i]
            for j in range(length):
                images[k, i, j] = np.float32(abs(value - windows[k, j]))

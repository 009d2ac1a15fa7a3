"""Angles of windows, and their outer products image by image; nothing else is written."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Values = NDArray[np.float32]


# Without numpy's error model a check for division by 0 keeps the loop from being vectorised.
@njit(cache=True, nogil=True, error_model="numpy")
def window_angles(
    windows: NDArray[np.float64],
    half_range: NDArray[np.float64],
    cosine: NDArray[np.floating],
    sine: NDArray[np.floating],
) -> None:
    """Fill cosines and sines, shape (n, window), of `scaled_shares`, without half-ranges if there are none.

    Computed in float64, rounded to what they are stored in.
    """
    n, length = windows.shape
    own_range = half_range.size == 0
    for k in range(n):
        values = windows[k]
        if own_range:
            low = high = values[0]
            for t in range(1, length):
                low, high = min(low, values[t]), max(high, values[t])
        else:
            low, high = -half_range[k], half_range[k]
        if high == low:
            cosine[k] = -1.0 if own_range else 0.0
            sine[k] = 0.0 if own_range else 1.0
            continue
        share = 1.0 / (high - low)
        for t in range(length):
            value = min(max(values[t], low), high)
            above, below = (value - low) * share, (high - value) * share
            cosine[k, t] = above - below
            sine[k, t] = 2.0 * np.sqrt(above * below)


@njit(cache=True, nogil=True)
def summation_images(cosine: Values, sine: Values, images: Values) -> None:
    """Fill cos(a_i + a_j), shape (n, size, size), from shape (n, size); exactly symmetric."""
    low, high = np.float32(-1.0), np.float32(1.0)
    n, size = cosine.shape
    for k in range(n):
        for i in range(size):
            cos_i, sin_i = cosine[k, i], sine[k, i]
            for j in range(size):
                value = cos_i * cosine[k, j] - sin_i * sine[k, j]
                images[k, i, j] = min(max(value, low), high)


@njit(cache=True, nogil=True)
def difference_images(cosine: Values, sine: Values, images: Values) -> None:
    """Fill sin(a_i - a_j), shape (n, size, size), from shape (n, size); exactly antisymmetric."""
    low, high = np.float32(-1.0), np.float32(1.0)
    n, size = cosine.shape
    for k in range(n):
        for i in range(size):
            cos_i, sin_i = cosine[k, i], sine[k, i]
            for j in range(size):
                value = sin_i * cosine[k, j] - cos_i * sine[k, j]
                images[k, i, j] = min(max(value, low), high)

"""The numba kernel behind `window_summaries`."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

N_SUMMARIES = 5


@njit(cache=True)
def summarise_windows(
    sequence_NC: NDArray[np.float32], end_M: NDArray[np.int64], window: int
) -> NDArray[np.float64]:
    """Return (M, 5 * C) summaries in one pass over each window, channels innermost.

    Sums run over x - x_first: a constant channel gives exactly 0, and a level that is large
    beside its movement costs no digits.
    """
    n_channels = sequence_NC.shape[1]
    result = np.empty((end_M.size, N_SUMMARIES * n_channels), np.float64)
    centre = 0.5 * (window - 1)
    sum_tt = window * (window * window - 1) / 12.0
    total = np.empty(n_channels, np.float64)
    squares = np.empty(n_channels, np.float64)
    along = np.empty(n_channels, np.float64)
    for row in range(end_M.size):
        first = end_M[row] - window + 1
        total[:] = 0.0
        squares[:] = 0.0
        along[:] = 0.0
        for step in range(window):
            t = step - centre
            for c in range(n_channels):
                x = np.float64(sequence_NC[first + step, c]) - np.float64(sequence_NC[first, c])
                total[c] += x
                squares[c] += x * x
                along[c] += t * x
        for c in range(n_channels):
            start = np.float64(sequence_NC[first, c])
            last = np.float64(sequence_NC[end_M[row], c])
            mean = total[c] / window
            at = N_SUMMARIES * c
            result[row, at] = last
            result[row, at + 1] = start + mean
            result[row, at + 2] = np.sqrt(max(squares[c] / window - mean * mean, 0.0))
            result[row, at + 3] = along[c] / sum_tt if window > 1 else 0.0
            result[row, at + 4] = last - start
    return result

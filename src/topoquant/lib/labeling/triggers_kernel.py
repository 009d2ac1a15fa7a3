"""Forward extremes in one pass: what `triggers.plain_extremes` says, without its windows."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def forward_extremes(
    high: NDArray[np.float64], low: NDArray[np.float64], horizon: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the highest high and lowest low of the bars t+1 .. t+horizon; NaN where they do not fit.

    Van Herk (1992): maxima from the start and to the end of blocks of `horizon` bars give
    that of any window in one comparison, so the cost does not grow with the horizon. A window
    with a NaN gives NaN: np.maximum hands it on, where max would drop it.
    """
    n = len(high)
    highest = np.full(n, np.nan)
    lowest = np.full(n, np.nan)
    to_end_high = high.copy()
    to_end_low = low.copy()
    for i in range(n - 2, -1, -1):
        if (i + 1) % horizon != 0:
            to_end_high[i] = np.maximum(high[i], to_end_high[i + 1])
            to_end_low[i] = np.minimum(low[i], to_end_low[i + 1])
    from_start_high = -np.inf
    from_start_low = np.inf
    for last in range(n):
        if last % horizon == 0:
            from_start_high = high[last]
            from_start_low = low[last]
        else:
            from_start_high = np.maximum(from_start_high, high[last])
            from_start_low = np.minimum(from_start_low, low[last])
        t = last - horizon
        if t >= 0:
            highest[t] = np.maximum(to_end_high[t + 1], from_start_high)
            lowest[t] = np.minimum(to_end_low[t + 1], from_start_low)
    return highest, lowest

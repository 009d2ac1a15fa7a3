"""The symmetric CUSUM filter in one pass: what `events.plain_cusum` says."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

# A sum that reaches the threshold but for the rounding of its terms reaches it.
TOLERANCE = 1e-12


@njit(cache=True, nogil=True)
def cusum_mask(increments: NDArray[np.float64], threshold: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark where the increments since the last event of that side add up to the threshold."""
    is_event = np.zeros(increments.size, np.bool_)
    up = down = 0.0
    for t in range(increments.size):
        if np.isnan(increments[t]) or np.isnan(threshold[t]):
            up = down = 0.0
            continue
        up = max(0.0, up + increments[t])
        down = min(0.0, down + increments[t])
        reached = threshold[t] * (1.0 - TOLERANCE)
        if down <= -reached:
            down = 0.0
            is_event[t] = True
        elif up >= reached:
            up = 0.0
            is_event[t] = True
    return is_event

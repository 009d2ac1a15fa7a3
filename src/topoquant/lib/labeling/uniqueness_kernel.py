"""Average uniqueness in linear time: what `uniqueness.plain_uniqueness` says, by prefix sums."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def prefix_uniqueness(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each label's mean over its bars start .. end of 1 / (labels that span the bar)."""
    first = start.min()
    n_bars = end.max() + 1 - first
    concurrency = np.zeros(n_bars + 1, dtype=np.int64)
    for i in range(len(start)):
        concurrency[start[i] - first] += 1
        concurrency[end[i] + 1 - first] -= 1
    total = np.zeros(n_bars + 1)
    n_open = 0
    for bar in range(n_bars):
        n_open += concurrency[bar]
        total[bar + 1] = total[bar] + (1.0 / n_open if n_open > 0 else 0.0)
    uniqueness = np.empty(len(start))
    for i in range(len(start)):
        uniqueness[i] = (total[end[i] + 1 - first] - total[start[i] - first]) / (end[i] + 1 - start[i])
    return uniqueness

"""Discounted sums of recent losses in one pass: what `adaptation.plain_discounted_sums` says, row by row."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def discounted_sums(
    losses: NDArray[np.float64], n_known: NDArray[np.int64], window: int, decay: float
) -> NDArray[np.float64]:
    """Sum the newest `window` of the first `n_known` losses, each step back times `decay`.

    Every row sums its own window: a running sum would be faster, but its rounding would depend on
    what lies before the window.
    """
    n_members = losses.shape[1]
    sums = np.zeros((len(n_known), n_members))
    for row in range(len(n_known)):
        factor = 1.0
        for event in range(n_known[row] - 1, max(n_known[row] - window, 0) - 1, -1):
            for member in range(n_members):
                sums[row, member] += factor * losses[event, member]
            factor *= decay
    return sums

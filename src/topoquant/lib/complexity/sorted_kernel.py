"""A window in order of size that slides by one value."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@njit(cache=True)
def sort_window(x: Array, window: int, values: Array, places: NDArray[np.int64]) -> None:
    """Sort the first window: values rising, equal ones in order of time, and where each is in `x`."""
    order = np.argsort(x[:window], kind="mergesort")
    for rank in range(window):
        places[rank] = order[rank]
        values[rank] = x[order[rank]]


@njit(cache=True)
def slide_window(x: Array, new: int, window: int, values: Array, places: NDArray[np.int64]) -> None:
    """Take x[new - window] out of the sorted window and put x[new] in."""
    gone, come = x[new - window], x[new]
    # Counting all is faster than a search: no branch is mispredicted, and it is done in vectors.
    out = 0
    into = 0
    for rank in range(window):
        out += values[rank] < gone
        into += values[rank] <= come
    if into > out:
        into -= 1
        for rank in range(out, into):
            values[rank] = values[rank + 1]
            places[rank] = places[rank + 1]
    else:
        for rank in range(out, into, -1):
            values[rank] = values[rank - 1]
            places[rank] = places[rank - 1]
    values[into] = come
    places[into] = new

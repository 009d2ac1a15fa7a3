"""Neighbours behind `information.mutual_information`, counted pair by pair: sets of rows are small.

scikit-learn builds three trees per column, which costs a millisecond whatever the number of rows; a set of
rows whose labels do not overlap has tens to hundreds of them.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def count_near(
    x: NDArray[np.float64], y: NDArray[np.float64], n_neighbors: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count, per row and column, the rows nearer in x alone and in y alone than the k-th neighbour in both.

    `x` is (n_columns, n), `y` (n,); distances in both are the larger of the two. The row itself counts.
    """
    n_columns, n = x.shape
    near_x = np.zeros((n_columns, n), dtype=np.int64)
    near_y = np.zeros((n_columns, n), dtype=np.int64)
    nearest = np.empty(n_neighbors)
    for column in range(n_columns):
        values = x[column]
        for i in range(n):
            nearest[:] = np.inf
            for j in range(n):
                if j != i:
                    _insert(nearest, max(abs(values[i] - values[j]), abs(y[i] - y[j])))
            radius = nearest[-1]
            in_x, in_y = 0, 0
            for j in range(n):
                dx, dy = abs(values[i] - values[j]), abs(y[i] - y[j])
                in_x += dx < radius or dx == 0
                in_y += dy < radius or dy == 0
            near_x[column, i], near_y[column, i] = in_x, in_y
    return near_x, near_y


@njit(cache=True, nogil=True)
def _insert(nearest: NDArray[np.float64], distance: float) -> None:
    """Put a distance in its place among the nearest, ascending."""
    place = len(nearest) - 1
    if distance >= nearest[place]:
        return
    while place > 0 and nearest[place - 1] > distance:
        nearest[place] = nearest[place - 1]
        place -= 1
    nearest[place] = distance

"""Rips persistence of one point cloud."""

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.topology.giotto import giotto_persistence
from topoquant.lib.topology.rips_kernel import distance_matrix


def rips_persistence(
    points: NDArray[np.floating], *, metric: str = "euclidean"
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute the persistence of the Vietoris-Rips filtration in dimensions 0 and 1.

    Parameters
    ----------
    points : ndarray, shape (n_points, dimension), or (n_points, n_points)
        Coordinates, or with `metric="precomputed"` a symmetric matrix of distances with diagonal 0,
        which is rounded to float32.
    metric : {"euclidean", "precomputed"}
        What `points` holds. Distances of points are computed in float64 and rounded to float32 once.

    Returns
    -------
    h0 : ndarray of float32, shape (k,)
        Deaths of the components (all born at 0; the one that never dies is left out).
    h1 : ndarray of float32, shape (m, 2)
        Births and deaths of the loops.

    Raises
    ------
    InputError
        For an unknown metric, NaN or infinity, or an array of another shape.

    Notes
    -----
    Over F2, bars of positive length only, in no particular order.

    References
    ----------
    Bauer, U. (2021). Ripser: efficient computation of Vietoris-Rips persistence barcodes.

    Examples
    --------
    >>> square = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])
    >>> h0, h1 = rips_persistence(square)
    >>> h0.tolist(), (h1**2).round(4).tolist()
    ([1.0, 1.0, 1.0], [[1.0, 2.0]])
    """
    array = np.ascontiguousarray(points, dtype=np.float64)
    if array.ndim != 2 or len(array) == 0 or not np.isfinite(array).all():
        raise bad_input(
            "points", "a finite array of shape (n, d), n > 0", f"shape {array.shape}", "check for NaN"
        )
    if metric == "euclidean":
        return giotto_persistence(distance_matrix(array))
    if metric != "precomputed":
        raise bad_input("metric", "euclidean or precomputed", metric, "choose one of the two")
    if array.shape[0] != array.shape[1] or (array != array.T).any() or array.diagonal().any():
        raise bad_input(
            "distances", "a symmetric matrix with diagonal 0", f"shape {array.shape}", "check the metric"
        )
    return giotto_persistence(array.astype(np.float32))

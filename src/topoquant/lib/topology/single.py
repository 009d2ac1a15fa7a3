"""Rips persistence of one point cloud."""

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.topology.cloud_kernel import active_in_cloud, along_a_line, cloud_lengths, near_pairs
from topoquant.lib.topology.diagrams import Diagrams
from topoquant.lib.topology.lunes_kernel import active_pairs
from topoquant.lib.topology.pairs_kernel import sorted_pairs
from topoquant.lib.topology.reduce_kernel import diagrams_of_windows


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
    Koyama, Memoli, Robins, Turner (2023), Faster computation of degree-1 persistent homology using
    the reduced Vietoris-Rips filtration, arXiv:2307.16333.

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
    if metric not in ("euclidean", "precomputed"):
        raise bad_input("metric", "euclidean or precomputed", metric, "choose one of the two")
    is_matrix = metric == "precomputed"
    if is_matrix and (
        array.shape[0] != array.shape[1]
        or (array != array.T).any()
        or array.diagonal().any()
        or (array < 0).any()
    ):
        raise bad_input(
            "distances", "a symmetric matrix, none below 0, with diagonal 0", f"shape {array.shape}",
            "check the metric",
        )  # fmt: skip
    return _persistence_of_cloud(array, precomputed=is_matrix)


def diagrams_of_lengths(
    lengths: NDArray[np.float32], starts: NDArray[np.int64], *, span: int, shift: int
) -> Diagrams:
    """Compute diagrams of windows of `span` points from the distances of all pairs they hold.

    Parameters
    ----------
    lengths : ndarray of float32, shape (n_points, 1 << shift)
        Of `pair_lengths`.
    starts : ndarray of int64, shape (n_windows,)
        First points of the windows, ascending.
    span : int
        Points of a window, at least 2.
    shift : int
        Such that 1 << shift is at least span - 1.

    Returns
    -------
    Diagrams
        In the order of `starts`.

    Examples
    --------
    >>> lengths = np.array([[1, 2], [1, np.inf], [np.inf, np.inf]], np.float32)
    >>> diagrams_of_lengths(lengths, np.array([0, 1]), span=2, shift=1).h0.tolist()
    [1.0, 1.0]
    """
    n_windows = len(lengths) - span + 1
    codes, ordered = sorted_pairs(lengths)
    active, witness = active_pairs(codes, ordered, len(lengths), span, n_windows, shift)
    return Diagrams(
        *diagrams_of_windows(lengths.reshape(-1), active, witness, starts, span, n_windows, shift)
    )


def _persistence_of_cloud(
    points: NDArray[np.float64], *, precomputed: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute persistence of one cloud or distance matrix."""
    n_points = len(points)
    if n_points == 1:
        return np.empty(0, np.float32), np.empty((0, 2), np.float32)
    shift = max(n_points - 2, 1).bit_length()
    lengths, reach = cloud_lengths(points, along_a_line(points, precomputed), shift, precomputed)
    if not np.isfinite(reach):
        raise bad_input("distances", "within the range of float32", f"{reach}", "rescale the points")
    active = active_in_cloud(near_pairs(lengths, reach), n_points, shift)
    # No points of lunes are kept: few are needed, and those are soon found.
    witness = np.empty(0, np.int32)
    starts = np.zeros(1, np.int64)
    return Diagrams(*diagrams_of_windows(lengths.reshape(-1), active, witness, starts, n_points, 1, shift))[0]

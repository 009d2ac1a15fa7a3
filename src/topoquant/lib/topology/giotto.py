"""Rips persistence by giotto-ph, the engine of giotto-tda: what the others are compared with."""

import numpy as np
from numpy.typing import NDArray


def giotto_persistence(
    distances: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute persistence of the Rips filtration of a distance matrix in dimensions 0 and 1.

    Parameters
    ----------
    distances : ndarray of float32, shape (n, n)
        Symmetric, diagonal 0.

    Returns
    -------
    h0 : ndarray of float32, shape (k,)
        Positive finite deaths of reduced H0.
    h1 : ndarray of float32, shape (m, 2)
        Births and deaths of positive length.

    References
    ----------
    Bauer, U. (2021). Ripser: efficient computation of Vietoris-Rips persistence barcodes.

    Examples
    --------
    >>> giotto_persistence(np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]], np.float32))[0].tolist()
    [1.0, 1.0]
    """
    from gph import ripser_parallel  # noqa: PLC0415  (heavy: loads when a diagram is wanted)

    h0, h1 = ripser_parallel(distances, maxdim=1, metric="precomputed", n_threads=1)["dgms"]
    deaths = h0[:, 1]
    return deaths[(deaths > 0) & np.isfinite(deaths)], h1[h1[:, 1] > h1[:, 0]]

"""Takens embedding: a window of a series as points whose coordinates are lagged values."""

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input


def embed_takens(series: NDArray[np.float64], *, dimension: int, delay: int) -> NDArray[np.float64]:
    """Embed a series in `dimension` lagged coordinates.

    Parameters
    ----------
    series : ndarray, shape (window,)
        Values in time order.
    dimension, delay : int
        Coordinates per point, and steps between them.

    Returns
    -------
    ndarray of float64, shape (window - (dimension - 1) * delay, dimension)
        Row i is (series[i], series[i + delay], ...); oldest point first.

    Raises
    ------
    InputError
        When the series gives fewer than two points, or dimension or delay is below 1.

    References
    ----------
    Takens, F. (1981). Detecting strange attractors in turbulence.

    Examples
    --------
    >>> embed_takens(np.arange(5.0), dimension=2, delay=2).tolist()
    [[0.0, 2.0], [1.0, 3.0], [2.0, 4.0]]
    """
    n_points = check_window(len(series), dimension=dimension, delay=delay)
    lags = delay * np.arange(dimension)
    return np.asarray(series, dtype=np.float64)[np.arange(n_points)[:, None] + lags]


def check_window(window: int, *, dimension: int, delay: int) -> int:
    """Return the number of embedded points of a window; refuse one that gives fewer than two."""
    for name, value in (("dimension", dimension), ("delay", delay)):
        if value < 1:
            raise bad_input(
                name, "at least 1", value, "a point has one coordinate or more, each later than the last"
            )
    shortest = (dimension - 1) * delay + 2
    if window < shortest:
        raise bad_input(
            "window",
            f">= (dimension - 1) * delay + 2 = {shortest}",
            window,
            "lengthen it, or lower dimension or delay",
        )
    return window - shortest + 2

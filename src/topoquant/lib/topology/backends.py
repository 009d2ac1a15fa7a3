"""Who computes the diagrams of windows: three ways to the same bars."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.topology.diagrams import Bars, Diagrams
from topoquant.lib.topology.embedding import embed_takens
from topoquant.lib.topology.giotto import giotto_persistence
from topoquant.lib.topology.pairs_kernel import distance_matrix
from topoquant.lib.topology.single import rips_persistence
from topoquant.lib.topology.sliding import persistence_at


def one_by_one(
    series: NDArray[np.float64], starts: NDArray[np.int64], *, window: int, dimension: int, delay: int
) -> Diagrams:
    """Compute what `persistence_at` does, each window by itself.

    Parameters
    ----------
    series, starts, window, dimension, delay
        As in `persistence_at`.

    Returns
    -------
    Diagrams
        In the order of `starts`.

    Examples
    --------
    >>> one_by_one(np.array([0.0, 1.0, 3.0]), np.array([1]), window=2, dimension=1, delay=1).h0.tolist()
    [2.0]
    """
    return _each(series, starts, window, dimension, delay, rips_persistence)


def by_giotto(
    series: NDArray[np.float64], starts: NDArray[np.int64], *, window: int, dimension: int, delay: int
) -> Diagrams:
    """Compute what `persistence_at` does by giotto-ph.

    Parameters
    ----------
    series, starts, window, dimension, delay
        As in `persistence_at`.

    Returns
    -------
    Diagrams
        In the order of `starts`.

    Examples
    --------
    >>> by_giotto(np.array([0.0, 1.0, 3.0]), np.array([1]), window=2, dimension=1, delay=1).h0.tolist()
    [2.0]
    """
    return _each(
        series, starts, window, dimension, delay, lambda points: giotto_persistence(distance_matrix(points))
    )


def _each(
    series: NDArray[np.float64], starts: NDArray[np.int64], window: int, dimension: int, delay: int,
    persistence: Callable[[NDArray[np.float64]], Bars],
) -> Diagrams:  # fmt: skip
    """Pack the diagrams of the windows, embedded one after the other."""
    return Diagrams.pack(
        persistence(embed_takens(series[start : start + window], dimension=dimension, delay=delay))
        for start in starts
    )


BACKENDS = {"sliding": persistence_at, "single": one_by_one, "giotto": by_giotto}

"""Rips persistence of every window of a series."""

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.topology.diagrams import Diagrams
from topoquant.lib.topology.embedding import check_window, embed_takens
from topoquant.lib.topology.single import rips_persistence


def sliding_rips_persistence(
    series: NDArray[np.float64], *, window: int, dimension: int, delay: int, stride: int = 1
) -> Diagrams:
    """Compute the diagrams of the windows of a series, each embedded in lagged coordinates.

    Parameters
    ----------
    series : ndarray, shape (n,)
        Values in time order, none missing, no gap in time.
    window : int
        Values per window.
    dimension, delay : int
        Takens embedding.
    stride : int
        Steps from one window to the next.

    Returns
    -------
    Diagrams
        Diagram k belongs to `series[k * stride : k * stride + window]`, in the unit of the series:
        dividing by the window's standard deviation gives the diagram of the z-scored window.

    Raises
    ------
    InputError
        When the series is shorter than a window, a window embeds to fewer than two points, or a
        value is NaN or infinite.

    Notes
    -----
    A diagram depends on the values of its own window alone.

    Examples
    --------
    >>> diagrams = sliding_rips_persistence(np.array([0.0, 1.0, 3.0]), window=2, dimension=1, delay=1)
    >>> [h0.tolist() for h0, h1 in diagrams]
    [[1.0], [2.0]]
    """
    if len(series) < window:
        raise bad_input(
            "series", f">= window = {window} values long", len(series), "shorten the window or load more bars"
        )
    starts = np.arange(0, len(series) - window + 1, stride)
    return persistence_at(series, starts, window=window, dimension=dimension, delay=delay)


def persistence_at(
    series: NDArray[np.float64], starts: NDArray[np.int64], *, window: int, dimension: int, delay: int
) -> Diagrams:
    """Diagrams of the windows that begin at `starts`, in that order."""
    check_window(window, dimension=dimension, delay=delay)
    if not np.isfinite(series).all():
        raise bad_input(
            "series", "finite", f"{series[~np.isfinite(series)][0]} at position "
            f"{int(np.argmin(np.isfinite(series)))}", "drop that bar: a gap is allowed, a bad value is not",
        )  # fmt: skip
    return Diagrams.pack(
        rips_persistence(embed_takens(series[start : start + window], dimension=dimension, delay=delay))
        for start in starts
    )

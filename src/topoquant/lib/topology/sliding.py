"""Rips persistence of every window of a series."""

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.topology.diagrams import Diagrams
from topoquant.lib.topology.embedding import check_window
from topoquant.lib.topology.pairs_kernel import pair_lengths
from topoquant.lib.topology.single import diagrams_of_lengths

# Windows from the first to the last that share one pass: enough that the pairs at the ends cost
# little, few enough that the sets of points stay in the processor's cache.
LONGEST = 2048
# Distances are kept as float32.
LARGEST = float(np.finfo(np.float32).max)


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
        When the series is shorter than a window, a window embeds to fewer than two points, dimension,
        delay or stride is below 1, a value is NaN or infinite, or a distance exceeds float32.

    Notes
    -----
    Exact: the bars are those of the Rips filtration of the float32 distances of each window, bit
    for bit. A window that slides by one value keeps nearly all its pairs of points, so every pair is
    looked at once for all the windows that hold it (see `lunes_kernel`). The time per window does
    not grow with the length of the series. A diagram depends on the values of its own window alone.

    Examples
    --------
    >>> diagrams = sliding_rips_persistence(np.array([0.0, 1.0, 3.0]), window=2, dimension=1, delay=1)
    >>> [h0.tolist() for h0, h1 in diagrams]
    [[1.0], [2.0]]
    """
    if stride < 1:
        raise bad_input("stride", "at least 1", stride, "leave it out for every window")
    series = np.ascontiguousarray(series, dtype=np.float64)
    if series.ndim != 1:
        raise bad_input("series", "of shape (n,)", f"shape {series.shape}", "give one series at a time")
    if len(series) < window:
        raise bad_input(
            "series", f">= window = {window} values long", len(series), "shorten the window or load more bars"
        )
    starts = np.arange(0, len(series) - window + 1, stride)
    return persistence_at(series, starts, window=window, dimension=dimension, delay=delay)


def persistence_at(
    series: NDArray[np.float64], starts: NDArray[np.int64], *, window: int, dimension: int, delay: int
) -> Diagrams:
    """Compute the diagrams of the windows that begin at `starts`.

    Parameters
    ----------
    series : ndarray, shape (n,)
        Values in time order, none missing in any of the windows.
    starts : ndarray of int64, shape (n_windows,)
        First positions of the windows, ascending.
    window, dimension, delay : int
        As in `sliding_rips_persistence`.

    Returns
    -------
    Diagrams
        In the order of `starts`. Windows that lie close together share their work; what a diagram
        holds does not depend on which others are asked for.

    Raises
    ------
    InputError
        When a window embeds to fewer than two points or does not lie within the series, the starts do
        not ascend, a value is NaN or infinite, or a distance exceeds float32.

    Examples
    --------
    >>> diagrams = persistence_at(np.arange(9.0) ** 2, np.array([0, 5]), window=3, dimension=1, delay=1)
    >>> [h0.tolist() for h0, h1 in diagrams]
    [[1.0, 3.0], [11.0, 13.0]]
    """
    span = check_window(window, dimension=dimension, delay=delay)
    if not np.isfinite(series).all():
        raise bad_input(
            "series", "finite", f"{series[~np.isfinite(series)][0]} at position "
            f"{int(np.argmin(np.isfinite(series)))}", "drop that bar: a gap is allowed, a bad value is not",
        )  # fmt: skip
    if len(series) and np.ptp(series) * np.sqrt(dimension) > LARGEST:
        raise bad_input("series", f"within {LARGEST:.0e} of itself", np.ptp(series), "rescale it")
    if len(starts) and (starts[0] < 0 or starts[-1] + window > len(series) or (np.diff(starts) < 1).any()):
        raise bad_input(
            "starts", f"ascending in [0, {len(series) - window}]", f"{starts[0]} to {starts[-1]}",
            "sort them, each once, and leave out windows that are not whole",
        )  # fmt: skip
    parts = [
        _shared(series[near[0] : near[-1] + window], near - near[0], span, dimension, delay)
        for near in _close_together(starts, span)
    ]
    return Diagrams.join(parts)


def _close_together(starts: NDArray[np.int64], span: int) -> list[NDArray[np.int64]]:
    """Cut where the next window shares less than half its points, or a stretch becomes long."""
    if not len(starts):
        return []
    far = np.diff(starts) > span // 2
    stretch = np.concatenate([[0], np.cumsum(far)])
    first = starts[np.concatenate([[0], np.flatnonzero(far) + 1])]
    part = (starts - first[stretch]) // LONGEST
    cuts = np.flatnonzero((np.diff(stretch) != 0) | (np.diff(part) != 0)) + 1
    return np.split(starts, cuts)


def _shared(
    series: NDArray[np.float64], starts: NDArray[np.int64], span: int, dimension: int, delay: int
) -> Diagrams:
    """Compute diagrams of windows that overlap, each pair of points looked at once for all of them."""
    n_points = len(series) - (dimension - 1) * delay
    shift = max(span - 2, 1).bit_length()
    lengths = pair_lengths(series, n_points, span, dimension, delay, shift)
    return diagrams_of_lengths(lengths, starts, span=span, shift=shift)

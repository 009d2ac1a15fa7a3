"""Markov transition fields: how often the state of one value is followed by that of another."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.imaging.markov_kernel import markov_images
from topoquant.lib.imaging.scaling import check_windows, resample_windows


def markov_transition_field(windows: ArrayLike, *, size: int, n_states: int) -> NDArray[np.float32]:
    """Turn windows into Markov transition fields.

    Parameters
    ----------
    windows : array-like, shape (..., window)
        Values in time order, oldest first, at least two per window.
    size : int
        Pixels per side, at least 2. Smaller than the window: the mean of the field over stretches of
        successive values. Larger: the series is interpolated to `size` values first.
    n_states : int
        States, divided by quantiles of the window itself; at least 2.

    Returns
    -------
    ndarray of float32, shape (..., size, size)
        In [0, 1]: pixel (i, j) is the share of the steps out of the state of value i that lead to the
        state of value j. A state that is never left has shares of 0. A flat window has one state and is
        1 throughout. Equal to pyts where pyts can make the image; unchanged by any increasing function
        of the values (before interpolation). An image depends on its own window alone.

    Raises
    ------
    InputError
        For NaN or infinities, fewer than two values per window, a size or a number of states below 2.

    Notes
    -----
    Wang and Oates (2015). A value on the edge of two states belongs to the lower. Averaging over
    stretches needs no large field: with H the share of each state in a stretch, it is H M H'.

    Examples
    --------
    >>> markov_transition_field([[1.0, 2.0, 1.0, 2.0]], size=4, n_states=2)[0].astype(int).tolist()
    [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    """
    if n_states < 2:
        raise bad_input("n_states", "at least 2", n_states, "ask for more states")
    values = check_windows(windows)
    window = values.shape[-1]
    if size > window:
        values = resample_windows(values, size)
    elif size < 2:
        raise bad_input("size", "at least 2 pixels", size, "ask for a larger image")
    flat = np.ascontiguousarray(values.reshape(-1, values.shape[-1]))
    bounds = np.linspace(0, flat.shape[1], size + 1).astype(np.int64)
    images = np.empty((*values.shape[:-1], size, size), np.float32)
    markov_images(flat, quantile_edges(flat, n_states), bounds, images.reshape(-1, size, size))
    return images


def quantile_edges(windows: NDArray[np.float64], n_states: int) -> NDArray[np.float64]:
    """Quantiles that divide the values of each window into states.

    Parameters
    ----------
    windows : ndarray of float64, shape (n, window)
        Finite.
    n_states : int
        At least 2.

    Returns
    -------
    ndarray of float64, shape (n, n_states - 1)
        Linear quantiles, rounded as numpy rounds them: a value that is an edge stays on its side.

    Examples
    --------
    >>> quantile_edges(np.array([[5.0, 1.0, 2.0]]), 4).tolist()
    [[1.5, 2.0, 3.5]]
    """
    ordered = np.sort(windows, axis=1)
    before, part = quantile_places(windows.shape[1], n_states)
    low, high = ordered[:, before], ordered[:, before + 1]
    step = high - low
    return np.where(part >= 0.5, high - step * (1.0 - part), low + step * part)


def quantile_places(window: int, n_states: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where among the sorted values of a window its edges lie.

    Parameters
    ----------
    window : int
        Values, at least 2.
    n_states : int
        At least 2.

    Returns
    -------
    before : ndarray of int64, shape (n_states - 1,)
        The value below each edge, never the last.
    part : ndarray of float64, shape (n_states - 1,)
        The share of the way from there to the next.

    Examples
    --------
    >>> before, part = quantile_places(3, 4)
    >>> before.tolist(), part.tolist()
    ([0, 1, 1], [0.5, 0.0, 0.5])
    """
    place = np.linspace(0, 100, n_states + 1)[1:-1] / 100 * (window - 1)
    before = place.astype(np.int64)
    return before, place - before

"""Windows brought to a size, and to the range in which they have an angle."""

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.imaging.scaling_kernel import interpolate_windows

Windows = NDArray[np.float64]


def check_windows(windows: ArrayLike) -> Windows:
    """Return windows as float64, and refuse those that have no image.

    Parameters
    ----------
    windows : array-like, shape (..., window)
        Values in time order, oldest first, at least two per window.

    Returns
    -------
    ndarray of float64, shape (..., window)
        The same values.

    Raises
    ------
    InputError
        For a window of less than two values, or one with NaN or an infinity: the first is named.

    Examples
    --------
    >>> check_windows([[1.0, float("nan")]])
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: windows must be finite, got nan at value 1 of window (0,): drop rows
    whose window is not whole
    """
    values = np.asarray(windows, dtype=np.float64)
    if values.ndim == 0 or values.shape[-1] < 2:
        raise bad_input(
            "windows", "of at least 2 values, time last", f"shape {values.shape}", "load more bars"
        )
    finite = np.isfinite(values)
    if not finite.all():
        *window, value = (int(place) for place in np.argwhere(~finite)[0])
        raise bad_input(
            "windows", "finite", f"{values[(*window, value)]} at value {value} of window {tuple(window)}",
            "drop rows whose window is not whole",
        )  # fmt: skip
    return values


@lru_cache(maxsize=64)
def resampling_matrix(window: int, size: int) -> NDArray[np.float64]:
    """Return the matrix that brings a series of `window` values to `size` values.

    Parameters
    ----------
    window : int
        Values there are, at least 2.
    size : int
        Values wanted, at least 2.

    Returns
    -------
    ndarray of float64, shape (size, window)
        Each row sums to 1. Fewer values: means of successive stretches, as the piecewise aggregate
        approximation of Keogh et al. (2001). More: straight lines between the values, the first and
        the last kept. As many: the identity.

    Raises
    ------
    InputError
        For a size below 2.

    Examples
    --------
    >>> resampling_matrix(4, 2).tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    >>> resampling_matrix(2, 3).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    if size < 2:
        raise bad_input("size", "at least 2 pixels", size, "ask for a larger image")
    matrix = np.zeros((size, window))
    if size <= window:
        bounds = np.linspace(0, window, size + 1).astype(np.int64)
        for row, (start, end) in enumerate(pairwise(bounds)):
            matrix[row, start:end] = 1.0 / (end - start)
    else:
        before, part = resampling_places(window, size)
        matrix[np.arange(size), before] = 1.0 - part
        matrix[np.arange(size), before + 1] = part
    matrix.flags.writeable = False  # every caller gets the same one
    return matrix


def resample_windows(windows: Windows, size: int) -> Windows:
    """Bring windows to `size` values, measured from their last one.

    Parameters
    ----------
    windows : ndarray of float64, shape (..., window)
        Finite.
    size : int
        Values wanted.

    Returns
    -------
    ndarray of float64, shape (..., size)
        By `resampling_matrix`, less the last value of the window: prices far from 0 keep their digits.

    Examples
    --------
    >>> resample_windows(np.array([[1.0, 3.0, 4.0, 6.0]]), 2)
    array([[-4., -1.]])
    """
    window = windows.shape[-1]
    if size > window:
        series = np.empty((*windows.shape[:-1], size))
        flat = np.ascontiguousarray(windows).reshape(-1, window)
        interpolate_windows(flat, *resampling_places(window, size), series.reshape(-1, size))
        return series
    from_last = windows - windows[..., -1:]
    return from_last if size == window else from_last @ resampling_matrix(window, size).T


@lru_cache(maxsize=64)
def resampling_places(window: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return where among the values of a window a longer series lies.

    Parameters
    ----------
    window : int
        Values there are, at least 2.
    size : int
        Values wanted, more than those.

    Returns
    -------
    before : ndarray of int64, shape (size,)
        The value before each, never the last.
    part : ndarray of float64, shape (size,)
        The share of the way from there to the next.

    Examples
    --------
    >>> before, part = resampling_places(2, 3)
    >>> before.tolist(), part.tolist()
    ([0, 0, 0], [0.0, 0.5, 1.0])
    """
    place = np.linspace(0, window - 1, size)
    before = np.minimum(place.astype(np.int64), window - 2)
    return before, place - before


def volatility_half_range(windows: Windows, limit: float) -> NDArray[np.float64]:
    """Half-width of a scale that all windows of a sample share.

    Parameters
    ----------
    windows : ndarray of float64, shape (..., window)
        The longest windows.
    limit : float
        End of the scale, in standard deviations of a random walk over the window.

    Returns
    -------
    ndarray of float64, shape (...)
        limit * sqrt(sum of squared changes), in the unit of the windows; 0 for a flat window. It
        depends on the window's own values alone.

    Examples
    --------
    >>> volatility_half_range(np.array([[0.0, 3.0, -1.0]]), 2.0)
    array([10.])
    """
    return limit * np.sqrt(np.sum(np.diff(windows, axis=-1) ** 2, axis=-1))


def scaled_shares(windows: Windows, half_range: NDArray[np.float64] | None = None) -> tuple[Windows, Windows]:
    """Return how far each value lies above the lower end of its scale and below the upper end.

    Parameters
    ----------
    windows : ndarray of float64, shape (..., window)
        Finite. With a half-range, measured from the last value, as `resample_windows` gives them.
    half_range : ndarray of float64, shape (...), optional
        The scale goes from minus to plus this; values beyond are cut. Absent: from each window's own
        minimum to its maximum.

    Returns
    -------
    above, below : ndarray of float64, shape (..., window)
        In [0, 1], adding up to 1; each is exact near its own 0. A flat window has 0 above and 1 below; with a
        half-range, half of each.

    Examples
    --------
    >>> above, below = scaled_shares(np.array([[1.0, 2.0, 5.0]]))
    >>> above, below
    (array([[0.  , 0.25, 1.  ]]), array([[1.  , 0.75, 0.  ]]))
    """
    if half_range is None:
        low, high = windows.min(axis=-1, keepdims=True), windows.max(axis=-1, keepdims=True)
        flat = high == low
        width = np.where(flat, 1.0, high - low)
        return (windows - low) / width, np.where(flat, 1.0, (high - windows) / width)
    half = np.asarray(half_range, np.float64)[..., None]
    place = np.clip(windows / np.where(half == 0, 1.0, half), -1.0, 1.0)
    return 0.5 * (1.0 + place), 0.5 * (1.0 - place)

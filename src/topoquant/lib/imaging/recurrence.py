"""Recurrence plots: how far apart, or how near, a window's states are from each other."""

from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.imaging.recurrence_kernel import distance_images
from topoquant.lib.imaging.scaling import check_windows, resample_windows

Threshold = float | Literal["point", "distance"]
# Images whose distances are held in float64 at once, for a threshold.
N_AT_ONCE = 256


def recurrence_plot(
    windows: ArrayLike,
    *,
    size: int | None = None,
    dimension: int = 1,
    delay: int = 1,
    threshold: Threshold | None = None,
    percentage: float = 10.0,
) -> NDArray[np.float32]:
    """Turn windows into recurrence plots.

    Parameters
    ----------
    windows : array-like, shape (..., window)
        Values in time order, oldest first, at least two per window. They are not scaled: distances are
        in their unit.
    size : int, optional
        Pixels per side, at least 2: the series is brought to as many embedded points first, by means of
        stretches or straight lines. Absent: as many as the window has.
    dimension, delay : int
        Takens embedding: values per point, and steps between them.
    threshold : float or {"point", "distance"}, optional
        Absent: the distances themselves. Else 1 where a distance is below it, 0 elsewhere: a distance;
        "point", the percentile `percentage` of the plot's distances; "distance", `percentage` percent
        of the longest.
    percentage : float
        In [0, 100], for "point" and "distance".

    Returns
    -------
    ndarray of float32, shape (..., size, size)
        Symmetric. A flat window has distances of 0, and no recurrence under "point" or "distance", for
        no distance is below 0. Equal to pyts where no size is asked for. An image depends on its own
        window alone.

    Raises
    ------
    InputError
        For NaN or infinities, too few values for the embedding, a size below 2, or a threshold or
        percentage that is none.

    Notes
    -----
    Eckmann, Kamphorst and Ruelle (1987). Differences are float64 and rounded once.

    Examples
    --------
    >>> recurrence_plot([[1.0, 2.0, 4.0]])[0].tolist()
    [[0.0, 1.0, 3.0], [1.0, 0.0, 2.0], [3.0, 2.0, 0.0]]
    >>> recurrence_plot([[1.0, 2.0, 4.0]], threshold=1.5)[0].astype(int).tolist()
    [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    """
    _check(dimension, delay, threshold, percentage)
    values = check_windows(windows)
    span = (dimension - 1) * delay
    if size is not None:
        values = resample_windows(values, size + span) if size >= 2 else values[..., :0]
    n_points = values.shape[-1] - span
    if n_points < 2:
        raise bad_input(
            "points of a recurrence plot", "at least 2", n_points, "ask for more pixels or embed less"
        )
    points = sliding_window_view(values.reshape(-1, values.shape[-1]), span + 1, axis=1)[..., ::delay]
    images = np.empty((len(points), n_points, n_points), np.float32)
    if threshold is None and dimension == 1:
        distance_images(np.ascontiguousarray(points[..., 0]), images)
    else:
        for first in range(0, len(points), N_AT_ONCE):
            some = slice(first, first + N_AT_ONCE)
            images[some] = _marked(_distances(points[some]), threshold, percentage)
    return images.reshape(*values.shape[:-1], n_points, n_points)


def _distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean distances of embedded points, shape (n, points, points)."""
    steps = points[:, :, None, :] - points[:, None, :, :]
    return np.abs(steps[..., 0]) if steps.shape[-1] == 1 else np.sqrt(np.sum(steps**2, axis=-1))


def _marked(
    distances: NDArray[np.float64], threshold: Threshold | None, percentage: float
) -> NDArray[np.float64] | NDArray[np.bool_]:
    """Say where distances are below the threshold, or give them where there is none."""
    if threshold is None:
        return distances
    if threshold == "point":
        flat = distances.reshape(len(distances), -1)
        return distances < np.percentile(flat, percentage, axis=1)[:, None, None]
    if threshold == "distance":
        return distances < percentage / 100 * distances.max(axis=(1, 2))[:, None, None]
    return distances < threshold


def _check(dimension: int, delay: int, threshold: Threshold | None, percentage: float) -> None:
    """Refuse an embedding, threshold or percentage that is none."""
    if dimension < 1 or delay < 1:
        raise bad_input("dimension and delay", "at least 1", f"{dimension} and {delay}", "raise them")
    if isinstance(threshold, str) and threshold not in ("point", "distance"):
        raise bad_input("threshold", "a distance, point or distance", repr(threshold), "choose one of them")
    if threshold is not None and not isinstance(threshold, str) and not threshold > 0:
        raise bad_input("threshold", "above 0", threshold, "no distance is below it")
    if not 0 <= percentage <= 100:
        raise bad_input("percentage", "in [0, 100]", percentage, "give a percentage")

"""Gramian angular fields: a window as the cosines or sines of sums and differences of its angles."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.imaging.gramian_kernel import difference_images, summation_images, window_angles
from topoquant.lib.imaging.options import GramianMethod, Resize
from topoquant.lib.imaging.scaling import check_windows, resample_windows, resampling_matrix

KERNELS = {"summation": summation_images, "difference": difference_images}


def gramian_angular_field(
    windows: ArrayLike,
    *,
    size: int,
    method: GramianMethod,
    resize: Resize = "series",
    half_range: ArrayLike | None = None,
) -> NDArray[np.float32]:
    """Turn windows into Gramian angular fields.

    Parameters
    ----------
    windows : array-like, shape (..., window)
        Values in time order, oldest first, at least two per window; in float64 where they come from
        prices, for a price in float32 costs two digits of the image.
    size : int
        Pixels per side, at least 2, larger or smaller than the window.
    method : {"summation", "difference"}
        cos(a_i + a_j), symmetric, or sin(a_i - a_j), antisymmetric.
    resize : {"series", "image"}
        "series" brings the window to `size` values and scales them then: equal to pyts, and to pyts on
        an interpolated series where the size is larger than the window. "image" makes the image of
        the window itself and resizes it; no image is resized for that, since R G R' is the same outer
        product of resized cosines and sines.
    half_range : array-like, shape (...), optional
        Scale from minus to plus this around the last value, in the unit of the windows; absent, each
        window is scaled from its minimum to its maximum.

    Returns
    -------
    ndarray of float32, shape (..., size, size)
        In [-1, 1]; the first row belongs to the oldest value. A flat window has all angles pi: its
        summation field is 1, its difference field 0. Scaled by volatility its angles are pi / 2, and
        the summation field is -1. An image depends on its own window alone.

    Raises
    ------
    InputError
        For NaN or infinities, fewer than two values per window, a size below 2, an unknown method or
        resize, or half-ranges of another shape.

    Notes
    -----
    With x scaled to [-1, 1], a = arccos(x), the image is the outer product of cosines x less that of
    sines sqrt(1 - x^2) (Wang and Oates, 2015). Both come from the shares u = (x - min) / (max - min) and
    v = (max - x) / (max - min): cosine u - v, sine 2 sqrt(u v), which keeps the digits that
    1 - x^2 loses near the extremes. Angles are float64, products float32.

    Examples
    --------
    >>> gramian_angular_field([[0.0, 0.5, 1.0]], size=3, method="summation").astype(int).tolist()
    [[[1, 0, -1], [0, -1, 0], [-1, 0, 1]]]
    """
    if method not in KERNELS:
        raise bad_input("method", f"one of {', '.join(KERNELS)}", repr(method), "choose one of them")
    values = check_windows(windows)
    cosine, sine = angles(values, size=size, resize=resize, half_range=half_range)
    images = np.empty((*values.shape[:-1], size, size), np.float32)
    flat = (-1, size)
    KERNELS[method](cosine.reshape(flat), sine.reshape(flat), images.reshape(-1, size, size))
    return images


def angles(
    windows: NDArray[np.float64], *, size: int, resize: Resize, half_range: ArrayLike | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines and sines of the angles of windows, computed in float64 and rounded once.

    Parameters
    ----------
    windows : ndarray of float64, shape (..., window)
        Of `check_windows`.
    size, resize, half_range
        As `gramian_angular_field`.

    Returns
    -------
    cosine, sine : ndarray of float32, shape (..., size)
        Resized before or after the angles are taken.

    Raises
    ------
    InputError
        For an unknown resize, a size below 2, or half-ranges of another shape.

    Examples
    --------
    >>> cosine, sine = angles(np.array([[0.0, 1.0]]), size=3, resize="image")
    >>> cosine.tolist(), sine.tolist()
    ([[-1.0, 0.0, 1.0]], [[0.0, 0.0, 0.0]])
    """
    if resize not in ("series", "image"):
        raise bad_input("resize", "series or image", repr(resize), "choose one of them")
    half = None if half_range is None else np.asarray(half_range, np.float64)
    if size < 2:
        raise bad_input("size", "at least 2 pixels", size, "ask for a larger image")
    if half is not None and (half.shape != windows.shape[:-1] or not (np.isfinite(half) & (half >= 0)).all()):
        raise bad_input(
            "half_range", f"finite, at least 0 and of shape {windows.shape[:-1]}",
            f"shape {half.shape}", "give one per window",
        )  # fmt: skip
    window = windows.shape[-1]
    series = resample_windows(windows, size if resize == "series" else window)
    resizes_image = resize == "image" and window != size
    cosine, sine = np.empty((2, *series.shape), np.float64 if resizes_image else np.float32)
    flat = (-1, series.shape[-1])
    window_angles(
        np.ascontiguousarray(series).reshape(flat),
        np.empty(0) if half is None else np.ascontiguousarray(half).ravel(),
        cosine.reshape(flat),
        sine.reshape(flat),
    )
    if resizes_image:
        matrix = resampling_matrix(window, size)
        cosine, sine = (cosine @ matrix.T).astype(np.float32), (sine @ matrix.T).astype(np.float32)
    return cosine, sine

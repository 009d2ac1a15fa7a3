"""Spectrograms: which rhythms a window has, and when."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.imaging.scaling import check_windows, resampling_matrix

# Power this far below the strongest of the window, in decibels, is black.
DYNAMIC_RANGE = 60.0


def spectrogram(windows: ArrayLike, *, size: int, segment: int) -> NDArray[np.float32]:
    """Turn windows into spectrograms.

    Parameters
    ----------
    windows : array-like, shape (..., window)
        Values in time order, oldest first.
    size : int
        Pixels per side, at least 2: frequencies and times are averaged or interpolated to as many.
    segment : int
        Values per segment, in [2, window); each segment begins one value after the one before.

    Returns
    -------
    ndarray of float32, shape (..., size, size)
        In [0, 1]: power in decibels, 1 for the strongest of the window, 0 for sixty decibels below it and
        less. Rows are frequencies, from 0 to half a cycle per value; columns are times, the oldest
        first. A flat window is 0. The scale of the values does not matter; each segment is measured
        from its own mean. An image depends on its own window alone.

    Raises
    ------
    InputError
        For NaN or infinities, a segment that does not fit, or a size below 2.

    Notes
    -----
    Power is that of `scipy.signal.spectrogram` with a Hann window, one-sided.

    Examples
    --------
    >>> image = spectrogram(np.cos(np.pi * np.arange(32))[None], size=8, segment=8)[0]
    >>> int(image.mean(axis=1).argmax())
    7
    """
    from scipy import signal  # noqa: PLC0415 - a heavy import that few callers need

    values = check_windows(windows)
    if not 2 <= segment < values.shape[-1]:
        raise bad_input("segment", f"in [2, {values.shape[-1]})", segment, "shorten it")
    from_last = values - values[..., -1:]
    largest = np.abs(from_last).max(axis=-1, keepdims=True)
    scaled = from_last / np.where(largest == 0, 1.0, largest)
    power = signal.spectrogram(scaled, window="hann", nperseg=segment, noverlap=segment - 1)[2]
    strongest = power.max(axis=(-2, -1), keepdims=True)
    # Only a window that stands still has no power; below the square of rounding it is none.
    share = power / np.where(strongest < np.finfo(np.float64).eps ** 2, np.inf, strongest)
    level = 1.0 + 10.0 * np.log10(np.maximum(share, 10.0 ** (-DYNAMIC_RANGE / 10))) / DYNAMIC_RANGE
    rows, columns = (resampling_matrix(n, size) for n in level.shape[-2:])
    return (rows @ level @ columns.T).astype(np.float32)

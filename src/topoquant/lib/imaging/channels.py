"""Every image of a sample as the channels of one."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.imaging.gramian import gramian_angular_field
from topoquant.lib.imaging.markov import markov_transition_field
from topoquant.lib.imaging.options import ImageMethod, ImageOptions
from topoquant.lib.imaging.recurrence import recurrence_plot
from topoquant.lib.imaging.scaling import (
    check_windows,
    resample_windows,
    scaled_shares,
    volatility_half_range,
)
from topoquant.lib.imaging.spectrogram import spectrogram


def channel_names(options: ImageOptions) -> list[tuple[int, ImageMethod]]:
    """Window and method of each channel of `image_channels`, for one series.

    Parameters
    ----------
    options : ImageOptions
        `windows` and `methods` are read.

    Returns
    -------
    list of (int, str)
        Window by window.
    """
    return [(window, method) for window in options.windows for method in options.methods]


def image_channels(windows: ArrayLike, options: ImageOptions) -> NDArray[np.float32]:
    """Make every image of every sample: windows x methods channels per series.

    Parameters
    ----------
    windows : array-like, shape (n, longest) or (n, n_series, longest)
        Values in time order, oldest first: closes, or several indicators side by side. The shorter of
        `options.windows` are their last values.
    options : ImageOptions
        Windows, methods, size and scaling. Fields, plots and spectrograms take no part in `resize`;
        spectrograms and Markov fields none in `scaling`.

    Returns
    -------
    ndarray of float32, shape (n, n_channels, size, size)
        Series by series, then as `channel_names`. Recurrence plots are distances in shares of the scale.

    Raises
    ------
    InputError
        If a row is shorter than a window, and as the functions of each method.

    Examples
    --------
    >>> options = ImageOptions(series="close", windows=[3, 5], size=8, methods=["summation", "markov"],
    ...                        resize="series", scaling="window", limit=2.0, n_states=2, segment=2,
    ...                        n_per_class=1)
    >>> image_channels(np.arange(20.0).reshape(2, 2, 5), options).shape
    (2, 8, 8, 8)
    """
    values = check_windows(windows)
    longest = values.shape[-1]
    if max(options.windows) > longest:
        raise bad_input(
            "windows", f"at most {longest}, the values of a row", max(options.windows), "shorten it"
        )
    several = values if values.ndim == 3 else values[:, None]
    half = volatility_half_range(several, options.limit) if options.scaling == "volatility" else None
    channels = [
        image
        for series in range(several.shape[1])
        for image in _series_images(several[:, series], None if half is None else half[:, series], options)
    ]
    return np.stack(channels, axis=1)


def _series_images(
    values: NDArray[np.float64], half: NDArray[np.float64] | None, options: ImageOptions
) -> Iterator[NDArray[np.float32]]:
    """Give the images of one series, channel by channel, each of shape (n, size, size)."""
    size = options.size
    for window, method in channel_names(options):
        own = values[:, -window:]
        if method == "markov":
            yield markov_transition_field(own, size=size, n_states=options.n_states)
        elif method == "spectrogram":
            yield spectrogram(own, size=size, segment=options.segment)
        elif method == "recurrence":
            yield recurrence_plot(scaled_shares(resample_windows(own, size), half)[0])
        else:
            yield gramian_angular_field(own, size=size, method=method, resize=options.resize, half_range=half)

"""What images are made of, as columns: for models that look at no image."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.imaging.options import ImageOptions
from topoquant.lib.imaging.scaling import check_windows, scaled_shares, volatility_half_range


def scaled_windows(windows: ArrayLike, options: ImageOptions) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Return the values of every window in the scale its images have.

    Every image is a function of these numbers and of nothing else: a Gramian field of the angles whose
    cosines they are, a Markov field of their quantiles, a recurrence plot of their distances, a spectrogram
    of their waves. A model that is given them is given all that there is in the images, though not in a
    shape that a convolution reads.

    Parameters
    ----------
    windows : array-like, shape (n, longest)
        Raw series, oldest value first; the shorter windows are its last values.
    options : ImageOptions
        Windows, in their order, and the scale.

    Returns
    -------
    values : ndarray of float32, shape (n, sum of the windows)
        Window after window, oldest value first: with `scaling="window"` from the minimum of the window (0) to
        its maximum (1; a flat one is 0), with "volatility" around its last value (.5), the ends of the scale
        at 0 and 1, of which images cut what lies beyond. A row depends on its own windows alone.
    names : tuple of str
        `close_<window>_<bars before the last>`, called after the series.

    Raises
    ------
    InputError
        For windows shorter than the longest that is asked for, and as `check_windows`.

    Examples
    --------
    >>> options = ImageOptions(
    ...     series="close", windows=(2, 3), size=8, methods=("summation",), resize="series",
    ...     scaling="window", limit=2.0, n_states=2, segment=2, n_per_class=1,
    ... )
    >>> values, names = scaled_windows([[1.0, 5.0, 3.0]], options)
    >>> values.tolist()
    [[1.0, 0.0, 0.0, 1.0, 0.5]]
    >>> names
    ('close_2_1', 'close_2_0', 'close_3_2', 'close_3_1', 'close_3_0')
    """
    values = check_windows(windows)
    if values.shape[-1] < max(options.windows):
        raise bad_input(
            "windows", f"of {max(options.windows)} values or more", values.shape[-1],
            "store the longest window that images are made of",
        )  # fmt: skip
    half = volatility_half_range(values[:, -max(options.windows) :], options.limit)[:, None]
    parts, names = [], []
    for window in options.windows:
        own = values[:, -window:]
        if options.scaling == "window":
            place = scaled_shares(own)[0]
        else:
            place = 0.5 + 0.5 * (own - own[:, -1:]) / np.where(half == 0, 1.0, half)
        parts.append(place.astype(np.float32))
        names += [f"{options.series}_{window}_{before}" for before in reversed(range(window))]
    return np.concatenate(parts, axis=1), tuple(names)

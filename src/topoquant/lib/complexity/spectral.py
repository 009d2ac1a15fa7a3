"""Spectral entropy: how evenly the power of a series is spread over its frequencies."""

import numpy as np
from numpy.typing import ArrayLike

from topoquant.lib.complexity.refusing import as_series


def spectral_entropy(x: ArrayLike, *, normalize: bool = False) -> float:
    """Shannon entropy of the periodogram of a series.

    H = -sum(p log2 p), p being the share of each frequency above 0 in the one-sided periodogram of
    the series without its mean.

    Parameters
    ----------
    x : array_like, shape (n,)
        The series in order of time; neither its unit nor its level matters.
    normalize : bool
        Divide by log2(n // 2 + 1), the number of frequencies with that of the mean.

    Returns
    -------
    float
        Bits, or a fraction. Near 0 for a sine of a whole number of turns. NaN for a constant series,
        which has no power to spread.

    Raises
    ------
    InputError
        For NaN or infinite values, or fewer than 2 of them.

    Notes
    -----
    Equal to `antropy.spectral_entropy` by its method "fft", in its unit and norm; the sampling
    frequency, which it asks for, changes nothing. The value depends on all of `x`.

    References
    ----------
    Inouye, T. et al. (1991). Quantification of EEG irregularity by use of the entropy of the power
    spectrum. Electroencephalography and Clinical Neurophysiology 79, 204-210.

    Examples
    --------
    >>> round(spectral_entropy([1.0, 0.0, -1.0, 0.0, 1.0, 0.0, -1.0, 0.0]), 4) + 0.0
    0.0
    >>> round(spectral_entropy([0.0, 0.0, 0.0, 1.0]), 4)  # an impulse: 2 of 3 parts at 1/4, 1 at 1/2
    0.9183
    """
    series = as_series(x, n_least=2, name="a spectrum")
    level = series - series[-1]
    power = np.abs(np.fft.rfft(level - level.mean()))[1:] ** 2
    # Both signs of a frequency, but for the one of two samples a turn, which is its own mirror image.
    power[: (series.size - 1) // 2] *= 2
    if not power.sum() > 0:
        return float("nan")
    share = power[power > 0] / power.sum()
    entropy = -float(share @ np.log2(share))
    return entropy / float(np.log2(series.size // 2 + 1)) if normalize else entropy

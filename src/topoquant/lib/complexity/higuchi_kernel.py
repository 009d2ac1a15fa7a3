"""Higuchi's fractal dimension of every window, lag by lag."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.complexity.arithmetic_kernel import logs, strided_sums

Array = NDArray[np.float64]


@njit(cache=True, error_model="numpy")
def rolling_higuchi(x: Array, window: int, k_max: int) -> Array:
    """Fractal dimension of x[i : i + window] for every i; NaN where a curve has no length.

    A step |x[i + k] - x[i]| belongs to one of k curves of the window and is the same in every window: all
    windows share the sums of steps that lie k apart.
    """
    n = x.size - window + 1
    weights = _slope_weights(k_max)
    dimension, is_still = np.zeros(n), np.zeros(n, np.bool_)
    lengths, of_log = np.empty(n), np.empty(n)
    for k in range(1, k_max + 1):
        _curve_lengths(x, window, k, lengths)
        logs(lengths, of_log)
        for i in range(n):
            dimension[i] += weights[k - 1] * of_log[i]
            is_still[i] |= lengths[i] == 0
    for i in range(n):
        if is_still[i]:
            dimension[i] = np.nan
    return dimension


@njit(cache=True, error_model="numpy")
def _curve_lengths(x: Array, window: int, k: int, lengths: Array) -> None:
    """Write the mean length of the k curves of every window, but for a factor that all lags share."""
    steps = np.abs(x[k:] - x[:-k])
    # The first n_long of the k curves have n_steps steps, the rest have one less.
    n_steps = (window - 1) // k
    n_long = (window - 1) % k + 1
    n_less = n_steps if n_long == k else n_steps - 1
    sums = np.empty(steps.size)
    strided_sums(steps, k, n_less, sums)
    scale_long, scale_short = 1.0 / (n_steps * k**3), 1.0 / (max(n_steps - 1, 1) * k**3)
    lengths[:] = 0.0
    for m in range(n_long):
        last = m + n_less * k
        if n_less < n_steps:
            for i in range(lengths.size):
                lengths[i] += (sums[i + m] + steps[i + last]) * scale_long
        else:
            for i in range(lengths.size):
                lengths[i] += sums[i + m] * scale_long
    for m in range(n_long, k):
        for i in range(lengths.size):
            lengths[i] += sums[i + m] * scale_short


@njit(cache=True)
def _slope_weights(k_max: int) -> Array:
    """Weights that turn values at ln(1), ln(1/2), ... ln(1/k_max) into the slope of their line."""
    x = -np.log(np.arange(1, k_max + 1).astype(np.float64))
    centred = x - x.mean()
    return centred / (centred**2).sum()

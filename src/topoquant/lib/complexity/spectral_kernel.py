"""Spectral entropy of every window, by spectra of parts of windows that are shared."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.complexity.arithmetic_kernel import logs

Array = NDArray[np.float64]
# Frequencies that are worked on together: their tables stay in the cache, and memory stays linear.
N_TOGETHER = 64


@njit(cache=True, error_model="numpy")
def rolling_spectral(x: Array, window: int) -> Array:
    """Spectral entropy in bits of x[i : i + window] for every i; NaN where nothing varies.

    The values are cut into blocks of one window each. A window is the end of a block and the beginning of
    the next, and so is its Fourier sum: no value that has left a window is ever subtracted. The phase of a
    value is that of its place in its block, which turns a window's spectrum and leaves its power.
    """
    n = x.size - window + 1
    n_frequencies = window // 2
    power, weighted = np.zeros(n), np.zeros(n)
    for first in range(1, n_frequencies + 1, N_TOGETHER):
        last = min(first + N_TOGETHER, n_frequencies + 1)
        cosines, sines = _waves(window, first, last)
        # A real series has every frequency twice, but for the one of two samples a turn.
        scale = np.full(last - first, 2.0)
        if 2 * (last - 1) == window:
            scale[-1] = 1.0
        for begin in range(0, n, window):
            _add_block(x, begin, min(begin + window, n), window, cosines, sines, scale, power, weighted)
    for i in range(n):
        total = power[i]
        power[i] = (np.log(total) - weighted[i] / total) / np.log(2.0) if total > 0 else np.nan
    return power


@njit(cache=True)
def _waves(window: int, first: int, last: int) -> tuple[Array, Array]:
    """Return cosines and sines of the frequencies first..last - 1 at every place of a block."""
    cosines, sines = np.empty((window, last - first)), np.empty((window, last - first))
    for place in range(window):
        for frequency in range(first, last):
            angle = 2 * np.pi * ((frequency * place) % window) / window
            cosines[place, frequency - first] = np.cos(angle)
            sines[place, frequency - first] = np.sin(angle)
    return cosines, sines


@njit(cache=True, error_model="numpy")
def _add_block(
    x: Array, begin: int, end: int, window: int, cosines: Array, sines: Array, scale: Array,
    power: Array, weighted: Array,
) -> None:  # fmt: skip
    """Add sum(P) and sum(P ln P) of these frequencies, for the windows that start in begin..end - 1."""
    n_frequencies = scale.size
    # Every one of these windows holds the block's last value; from it all are measured.
    level = x[begin + window - 1]
    ends_real, ends_imaginary = np.zeros((window + 1, n_frequencies)), np.zeros((window + 1, n_frequencies))
    for place in range(window - 1, -1, -1):
        value = x[begin + place] - level
        for k in range(n_frequencies):
            ends_real[place, k] = ends_real[place + 1, k] + value * cosines[place, k]
            ends_imaginary[place, k] = ends_imaginary[place + 1, k] + value * sines[place, k]
    real, imaginary = np.zeros(n_frequencies), np.zeros(n_frequencies)
    powers, of_log = np.empty(n_frequencies), np.empty(n_frequencies)
    for i in range(begin, end):
        place = i - begin
        if place:
            value = x[i + window - 1] - level
            for k in range(n_frequencies):
                real[k] += value * cosines[place - 1, k]
                imaginary[k] += value * sines[place - 1, k]
        for k in range(n_frequencies):
            a, b = ends_real[place, k] + real[k], ends_imaginary[place, k] + imaginary[k]
            powers[k] = scale[k] * (a * a + b * b)
        logs(powers, of_log)
        total, product = _sums(powers, of_log)
        power[i] += total
        weighted[i] += product


@njit(cache=True, fastmath={"reassoc", "contract"})
def _sums(powers: Array, of_log: Array) -> tuple[float, float]:
    """Return sum(P) and sum(P ln P); the order of adding is left to the compiler, and is always the same."""
    total, product = 0.0, 0.0
    for k in range(powers.size):
        total += powers[k]
        product += powers[k] * of_log[k]
    return total, product

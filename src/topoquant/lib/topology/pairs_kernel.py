"""The pairs of points that share a window, nearest first.

A pair (i, j), i < j, is one number: i << shift | (j - i - 1), with 1 << shift lags in a row.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

INFINITE = np.float32(np.inf)
# Of the bits of positive floats, which sort as the floats do: three digits of eleven bits.
DIGIT = np.uint32(2047)


@njit(cache=True, nogil=True)
def pair_lengths(
    series: NDArray[np.float64], n_points: int, span: int, dimension: int, delay: int, shift: int
) -> NDArray[np.float32]:
    """Distances of embedded points less than `span` apart in time, shape (n_points, 1 << shift).

    Summed in float64, rounded once to float32; infinite where there is no such point.
    """
    lengths = np.full((n_points, 1 << shift), INFINITE, np.float32)
    for i in range(n_points):
        for lag in range(1, min(span, n_points - i)):
            total = 0.0
            for k in range(dimension):
                step = series[i + k * delay] - series[i + lag + k * delay]
                total += step * step
            lengths[i, lag - 1] = np.float32(np.sqrt(total))
    return lengths


@njit(cache=True, nogil=True)
def distance_matrix(points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Euclidean distances in float64, rounded once to float32; symmetric, diagonal 0."""
    n, dimension = points.shape
    distances = np.zeros((n, n), np.float32)
    for i in range(n):
        for j in range(i):
            total = 0.0
            for k in range(dimension):
                step = points[i, k] - points[j, k]
                total += step * step
            distances[i, j] = distances[j, i] = np.float32(np.sqrt(total))
    return distances


@njit(cache=True, nogil=True)
def sorted_pairs(lengths: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Finite pairs, shortest first, equal lengths by code; and their lengths in that order."""
    bits = lengths.reshape(-1).view(np.uint32)
    beyond = np.array([INFINITE], np.float32).view(np.uint32)[0]
    starts = _digit_starts(bits, beyond)
    n_pairs = starts[0, 2048]
    items = np.empty(n_pairs, np.uint64)
    other = np.empty(n_pairs, np.uint64)
    start = starts[0]
    for code in range(bits.size):
        word = bits[code]
        if word < beyond:
            digit = word & DIGIT
            items[start[digit]] = (np.uint64(word) << np.uint64(32)) | np.uint64(code)
            start[digit] += 1
    _by_digit(items, other, starts[1], np.uint64(43))
    _by_digit(other, items, starts[2], np.uint64(54))
    codes = np.empty(n_pairs, np.int32)
    ordered = np.empty(n_pairs, np.uint32)
    for rank in range(n_pairs):
        codes[rank] = np.int32(items[rank] & np.uint64(0xFFFFFFFF))
        ordered[rank] = np.uint32(items[rank] >> np.uint64(32))
    return codes, ordered.view(np.float32)


@njit(cache=True)
def _digit_starts(bits: NDArray[np.uint32], beyond: np.uint32) -> NDArray[np.int64]:
    """Where the items of each digit begin, for the three passes."""
    starts = np.zeros((3, 2049), np.int64)
    for word in bits:
        if word < beyond:
            starts[0, (word & DIGIT) + 1] += 1
            starts[1, ((word >> np.uint32(11)) & DIGIT) + 1] += 1
            starts[2, (word >> np.uint32(22)) + 1] += 1
    for digit in range(2048):
        for k in range(3):
            starts[k, digit + 1] += starts[k, digit]
    return starts


@njit(cache=True)
def _by_digit(
    items: NDArray[np.uint64], sorted_items: NDArray[np.uint64], start: NDArray[np.int64], shift: np.uint64
) -> None:
    """One stable counting pass."""
    for item in items:
        digit = (item >> shift) & np.uint64(2047)
        sorted_items[start[digit]] = item
        start[digit] += 1

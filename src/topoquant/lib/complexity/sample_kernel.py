"""Sample entropy of every window, by sets of matching places as bits."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.complexity.arithmetic_kernel import count_bits
from topoquant.lib.complexity.sorted_kernel import slide_window, sort_window

Array = NDArray[np.float64]
Places = NDArray[np.int64]
Words = NDArray[np.uint64]
ONE, NONE = np.uint64(1), np.uint64(0)


@njit(cache=True, error_model="numpy")
def rolling_sample(x: Array, window: int, order: int, tolerance: float) -> Array:
    """Sample entropy of x[i : i + window] for every i; NaN and infinity as the plain definition.

    `tolerance` is in standard deviations of the window. In order of size the values near a value are
    neighbours, so that the places that match it are one set of bits less another; templates match where
    the sets of successive values, each moved to its own place, have a bit in common.
    """
    n = x.size - window + 1
    n_words = (window + 63) // 64
    values, places = np.empty(window), np.empty(window, np.int64)
    below = np.zeros((window + 1, n_words), np.uint64)
    near = np.zeros((window, n_words), np.uint64)
    entropy = np.empty(n)
    sort_window(x, window, values, places)
    for i in range(n):
        if i:
            slide_window(x, i + window - 1, window, values, places)
        radius = tolerance * _deviation(x, i, window)
        if radius > 0:
            _write_below(places, i, below)
            _write_near(values, places, i, radius, below, near)
            n_shorter, n_longer = _count_matches(near, order)
            entropy[i] = np.log(n_shorter / n_longer) if n_shorter else np.nan
        else:
            entropy[i] = np.nan
    return entropy


@njit(cache=True, fastmath={"reassoc", "contract"})
def _deviation(x: Array, start: int, window: int) -> float:
    """Return the population standard deviation of a window, in two passes from its first value."""
    level = x[start]
    total = 0.0
    for place in range(start, start + window):
        total += x[place] - level
    mean = total / window
    squares = 0.0
    for place in range(start, start + window):
        distance = x[place] - level - mean
        squares += distance * distance
    return np.sqrt(squares / window)


@njit(cache=True)
def _write_below(places: Places, start: int, below: Words) -> None:
    """Write, for each rank, the set of places whose values have a lower one."""
    n_words = below.shape[1]
    for rank in range(places.size):
        place = places[rank] - start
        for word in range(n_words):
            below[rank + 1, word] = below[rank, word]
        below[rank + 1, place >> 6] |= ONE << np.uint64(place & 63)


@njit(cache=True)
def _write_near(
    values: Array, places: Places, start: int, radius: float, below: Words, near: Words
) -> None:  # fmt: skip
    """Write, for each place, the set of distances to later places whose values lie closer than the radius."""
    n, n_words = near.shape
    low, high = 0, 0
    for rank in range(n):
        value = values[rank]
        while value - values[low] >= radius:
            low += 1
        while high < n and values[high] - value < radius:
            high += 1
        place = places[rank] - start
        skipped, shift = place >> 6, np.uint64(place & 63)
        # The set is moved down by the place itself: bit d then stands for the place d later.
        word = NONE
        for k in range(skipped, n_words):
            after = below[high, k + 1] & ~below[low, k + 1] if k + 1 < n_words else NONE
            if k == skipped:
                word = below[high, k] & ~below[low, k]
            # In two steps: a shift by 64 is undefined.
            near[place, k - skipped] = (word >> shift) | ((after << ONE) << (np.uint64(63) - shift))
            word = after
        for k in range(n_words - skipped, n_words):
            near[place, k] = NONE


@njit(cache=True)
def _count_matches(near: Words, order: int) -> tuple[int, int]:
    """Pairs of templates of `order` values that match, and those that still do with one value more."""
    n, n_words = near.shape
    n_shorter, n_longer = 0, 0
    for place in range(n - order):
        # Distances from 1 on, up to the last template.
        furthest = n - order - 1 - place
        for word in range(min(n_words, (furthest >> 6) + 1)):
            matching = near[place, word]
            for later in range(1, order):
                matching &= near[place + later, word]
            if word == 0:
                matching &= ~ONE
            if word == furthest >> 6:
                matching &= (~NONE) >> np.uint64(63 - (furthest & 63))
            n_shorter += count_bits(matching)
            n_longer += count_bits(matching & near[place + order, word])
    return n_shorter, n_longer

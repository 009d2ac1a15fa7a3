"""Lempel-Ziv complexity of every window, on bits."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.complexity.sorted_kernel import slide_window, sort_window

Array = NDArray[np.float64]
Words = NDArray[np.uint64]
ONE, NONE, TOP = np.uint64(1), np.uint64(0), np.uint64(63)
# Longer than most phrases of a hundred bits.
N_AHEAD = 8


@njit(cache=True)
def rolling_lempel_ziv(x: Array, window: int) -> Array:
    """Count the phrases of x[i : i + window] for every i, each window cut at its own upper median."""
    n = x.size - window + 1
    n_words = (window + 63) // 64
    values, places = np.empty(window), np.empty(window, np.int64)
    bits, shifted = np.empty(n_words, np.uint64), np.empty(n_words, np.uint64)
    starts = np.empty(n_words, np.uint64)
    shifts = np.empty((2, N_AHEAD, 2), np.uint64)
    phrases = np.empty(n)
    sort_window(x, window, values, places)
    for i in range(n):
        if i:
            slide_window(x, i + window - 1, window, values, places)
        middle = values[window // 2]
        _write_bits(x, i, window, middle, values[0] == middle, bits)
        if n_words <= 2:
            phrases[i] = _short_phrases(bits[0], bits[1] if n_words == 2 else NONE, window, shifts)
        else:
            phrases[i] = _long_phrases(bits, window, shifted, starts)
    return phrases


@njit(inline="always")
def _write_bits(x: Array, start: int, window: int, middle: float, is_least: bool, bits: Words) -> None:
    """Write a window as bits, the first value lowest: 1 from the median on, or above it where it is least."""
    for word in range(bits.size):
        first = word * 64
        packed = NONE
        for place in range(first, min(first + 64, window)):
            value = x[start + place]
            is_one = value > middle if is_least else value >= middle
            packed |= np.uint64(is_one) << np.uint64(place - first)
        bits[word] = packed


@njit(cache=True)
def _short_phrases(low: np.uint64, high: np.uint64, n: int, shifts: Words) -> int:
    """Phrases of up to 128 bits.

    `starts` are the earlier places where the phrase so far also begins; one more bit of the phrase keeps
    those whose next bit is the same. When none is left the phrase is new, and ends. How many of the
    first N_AHEAD bits leave some is counted without a branch, whose outcome nobody could predict.
    """
    for bit in range(N_AHEAD):
        shifts[0, bit, 0], shifts[0, bit, 1] = ~low, ~high
        shifts[1, bit, 0], shifts[1, bit, 1] = low, high
        low, high = (low >> ONE) | (high << TOP), high >> ONE
    count, place = 0, 0
    while place < n:
        rest = shifts[1, 0, 0] >> np.uint64(place) if place < 64 else shifts[1, 0, 1] >> np.uint64(place - 64)
        if 0 < place < 64:
            rest |= shifts[1, 0, 1] << np.uint64(64 - place)
        starts_low = (ONE << np.uint64(place)) - ONE if place < 64 else ~NONE
        starts_high = (ONE << np.uint64(place - 64)) - ONE if place > 64 else NONE
        length = 1
        for bit in range(N_AHEAD):
            symbol = (rest >> np.uint64(bit)) & ONE
            starts_low &= shifts[symbol, bit, 0]
            starts_high &= shifts[symbol, bit, 1]
            length += (starts_low | starts_high) != NONE
        if length > N_AHEAD:
            length = _repeated(shifts[1, 0, 0], shifts[1, 0, 1], starts_low, starts_high, place, n)
        place += length
        count += 1
    return count


@njit(cache=True)
def _repeated(
    low: np.uint64, high: np.uint64, starts_low: np.uint64, starts_high: np.uint64, begin: int, n: int
) -> int:
    """Length of a phrase whose first N_AHEAD bits also begin at `starts`, bit by bit."""
    length = N_AHEAD
    while (starts_low | starts_high) != NONE and begin + length < n:
        turn = _bit(low, high, begin + length) - ONE
        starts_low &= _shifted(low, high, length) ^ turn
        starts_high &= (high >> np.uint64(length) if length < 64 else NONE) ^ turn
        length += 1
    return length


@njit(inline="always")
def _bit(low: np.uint64, high: np.uint64, place: int) -> np.uint64:
    """Return one of 128 bits."""
    return ((low >> np.uint64(place)) if place < 64 else (high >> np.uint64(place - 64))) & ONE


@njit(inline="always")
def _shifted(low: np.uint64, high: np.uint64, distance: int) -> np.uint64:
    """Return the lower word of 128 bits moved down by 1..127."""
    if distance >= 64:
        return high >> np.uint64(distance - 64)
    return (low >> np.uint64(distance)) | (high << np.uint64(64 - distance))


@njit(cache=True)
def _long_phrases(bits: Words, n: int, shifted: Words, starts: Words) -> int:
    """Phrases of any number of bits, in the same way, a word at a time."""
    count, place = 0, 0
    while place < n:
        # Only words that hold a place before the phrase can hold a start.
        n_words = (place + 63) // 64
        for word in range(n_words):
            starts[word] = ~NONE
        if place % 64:
            starts[n_words - 1] = (ONE << np.uint64(place % 64)) - ONE
        for word in range(bits.size):
            shifted[word] = bits[word]
        is_known = True
        while is_known and place < n:
            turn = ((bits[place // 64] >> np.uint64(place % 64)) & ONE) - ONE
            some = NONE
            for word in range(n_words):
                starts[word] &= shifted[word] ^ turn
                some |= starts[word]
            for word in range(bits.size - 1):
                shifted[word] = (shifted[word] >> ONE) | (shifted[word + 1] << TOP)
            shifted[-1] >>= ONE
            place += 1
            is_known = some != NONE
        count += 1
    return count

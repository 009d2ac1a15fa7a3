"""Which pairs of points matter to the persistence of one cloud of points.

As `lunes_kernel` for one window, with what only one window allows. Points are numbered along a line
through the cloud, so a point numbered half-way between the ends of a pair lies, nearly always, where
it reaches the whole lune. Pairs longer than the distance within which one point has all others are
never looked at: that point reaches every lune of theirs. A pair (i, j), i < j, is i << shift | (j - i - 1).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.topology.bits_kernel import NONE, ONE, bit_of, highest_bit, lowest_bit

INFINITE = np.float32(np.inf)
# Shifts of one place, per pair, after which the buckets are taken to be too uneven.
PATIENCE = 16
WORD = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


@njit(cache=True, nogil=True)
def along_a_line(points: NDArray[np.float64], precomputed: bool) -> NDArray[np.int64]:
    """Order the points by their distance from one at the end of the cloud."""
    n = len(points)
    away = np.empty(n)
    end = 0
    for _ in range(2):
        for i in range(n):
            away[i] = _distance(points, i, end, precomputed)
        order = np.argsort(away)
        end = order[n - 1]
    return order


@njit(inline="always")
def _distance(points: NDArray[np.float64], i: int, j: int, precomputed: bool) -> float:
    """Return the distance of two points, in float64."""
    if precomputed:
        return points[i, j]
    total = 0.0
    for k in range(points.shape[1]):
        step = points[i, k] - points[j, k]
        total += step * step
    return np.sqrt(total)


@njit(cache=True, nogil=True)
def cloud_lengths(
    points: NDArray[np.float64], order: NDArray[np.int64], shift: int, precomputed: bool
) -> tuple[NDArray[np.float32], np.float32]:
    """Distances by code, rounded once to float32; and the least distance within which one has all others.

    What no pair has the code of is left as it was found in memory.
    """
    n = len(points)
    lengths = np.empty((n, 1 << shift), np.float32)
    reach = np.zeros(n, np.float32)
    own = points if precomputed else points[order]
    for i in range(n):
        farthest = reach[i]
        for j in range(i + 1, n):
            if precomputed:
                length = np.float32(own[order[i], order[j]])
            else:
                length = np.float32(_distance(own, i, j, False))
            lengths[i, j - i - 1] = length
            farthest = max(farthest, length)
            reach[j] = max(reach[j], length)
        reach[i] = farthest
    return lengths, reach.min()


@njit(cache=True, nogil=True)
def near_pairs(lengths: NDArray[np.float32], limit: np.float32) -> NDArray[np.uint64]:
    """Pairs not longer than `limit`, shortest first, equal lengths by code: bits of the length, code."""
    n, shift = len(lengths), lowest_bit(np.uint64(lengths.shape[1]))
    n_buckets = min(max(n * (n - 1) // 8, 1), 1 << 17)
    per_length = (n_buckets - 1) / limit if limit > 0 else 0.0
    starts = np.zeros(n_buckets + 1, np.int64)
    for i in range(n):
        for lag in range(n - i - 1):
            length = lengths[i, lag]
            if length <= limit and length < INFINITE:
                starts[int(length * per_length) + 1] += 1
    for k in range(n_buckets):
        starts[k + 1] += starts[k]
    items = np.empty(starts[n_buckets], np.uint64)
    bits = lengths.view(np.uint32)
    for i in range(n):
        for lag in range(n - i - 1):
            length = lengths[i, lag]
            if length <= limit and length < INFINITE:
                bucket = int(length * per_length)
                items[starts[bucket]] = (np.uint64(bits[i, lag]) << WORD) | np.uint64(i << shift | lag)
                starts[bucket] += 1
    if not _settle(items):
        items.sort()
    return items


@njit(cache=True)
def _settle(items: NDArray[np.uint64]) -> bool:
    """Sort by insertion what is nearly sorted; give up, saying False, when it is not."""
    left = PATIENCE * items.size
    for k in range(1, items.size):
        item = items[k]
        at = k
        while at > 0 and items[at - 1] > item:
            items[at] = items[at - 1]
            at -= 1
            left -= 1
        items[at] = item
        if left < 0:
            return False
    return True


@njit(cache=True, nogil=True)
def active_in_cloud(items: NDArray[np.uint64], n_points: int, shift: int) -> NDArray[np.int32]:
    """Return the rows of `lunes_kernel.active_pairs` for the one window that holds all the points."""
    low = (1 << shift) - 1
    n_words = (n_points + 63) >> 6
    # A point counts as joined to itself; it is in no lune of its own before it is joined to the other end.
    near = np.zeros((n_points, n_words), np.uint64)
    for i in range(n_points):
        near[i, i >> 6] = bit_of(i)
    left = np.empty(n_words, np.uint64)
    reached = np.empty(n_words, np.uint64)
    rows = np.empty((16 * n_points + 1024, 5), np.int32)
    n_rows = 0
    for item in items:
        code = int(item & LOW)
        i = code >> shift
        j = i + 1 + (code & low)
        of_i, of_j = near[i], near[j]
        star = _middle(of_i, of_j, (i + j) >> 1)
        if star < 0:
            rows = _room(rows, n_rows)
            rows[n_rows, 0], rows[n_rows, 1], rows[n_rows, 2] = code, 0, 0
            rows[n_rows, 3], rows[n_rows, 4] = -1, -1
            n_rows += 1
        elif _leaves(of_i, of_j, near[star]):
            rows, n_rows = _split(near, left, reached, rows, n_rows, code, i, j, star)
        of_i[j >> 6] |= bit_of(j)
        of_j[i >> 6] |= bit_of(i)
    return rows[:n_rows]


@njit(inline="always")
def _middle(of_i: NDArray[np.uint64], of_j: NDArray[np.uint64], middle: int) -> int:
    """Return the point of the lune whose number is about the nearest to the middle; -1 if it is empty."""
    at = middle >> 6
    word = of_i[at] & of_j[at]
    if word:
        above = word >> np.uint64(middle & 63)
        return middle + lowest_bit(above) if above else at * 64 + highest_bit(word)
    below, above_at = at - 1, at + 1
    while below >= 0 or above_at < of_i.size:
        if above_at < of_i.size:
            word = of_i[above_at] & of_j[above_at]
            if word:
                return above_at * 64 + lowest_bit(word)
            above_at += 1
        if below >= 0:
            word = of_i[below] & of_j[below]
            if word:
                return below * 64 + highest_bit(word)
            below -= 1
    return -1


@njit(inline="always")
def _leaves(of_i: NDArray[np.uint64], of_j: NDArray[np.uint64], of_star: NDArray[np.uint64]) -> bool:
    """Say whether a point of the lune leaves some of it unreached."""
    rest = NONE
    for k in range(of_i.size):
        rest |= of_i[k] & of_j[k] & ~of_star[k]
    return rest != NONE


@njit(cache=True)
def _split(
    near: NDArray[np.uint64], left: NDArray[np.uint64], reached: NDArray[np.uint64],
    rows: NDArray[np.int32], n_rows: int, code: int, i: int, j: int, star: int,
) -> tuple[NDArray[np.int32], int]:  # fmt: skip
    """Add a row for every component of the lune but the first."""
    for k in range(left.size):
        left[k] = near[i, k] & near[j, k]
    seed = star
    while seed >= 0:
        if seed != star:
            rows = _room(rows, n_rows)
            rows[n_rows, 0], rows[n_rows, 1], rows[n_rows, 2] = code, 0, 0
            rows[n_rows, 3], rows[n_rows, 4] = star, seed
            n_rows += 1
        seed = _take_component(near, left, reached, seed)
    return rows, n_rows


@njit(cache=True)
def _take_component(
    near: NDArray[np.uint64], left: NDArray[np.uint64], reached: NDArray[np.uint64], seed: int
) -> int:
    """Take the component of a point out of what is left; return a point that remains, -1 if none does."""
    n_words = left.size
    rest = NONE
    for k in range(n_words):
        reached[k] = left[k] & near[seed, k]
        left[k] &= ~near[seed, k]
        rest |= left[k]
    grew = True
    while grew and rest:
        grew = False
        for k in range(n_words):
            missing = left[k]
            while missing:
                point = k * 64 + lowest_bit(missing)
                missing &= missing - ONE
                shared = NONE
                for q in range(n_words):
                    shared |= near[point, q] & reached[q]
                if shared:
                    grew = True
                    rest = NONE
                    for q in range(n_words):
                        reached[q] |= left[q] & near[point, q]
                        left[q] &= ~near[point, q]
                        rest |= left[q]
                    missing &= left[k]
    for k in range(n_words):
        if left[k]:
            return k * 64 + lowest_bit(left[k])
    return -1


@njit(cache=True)
def _room(rows: NDArray[np.int32], n_rows: int) -> NDArray[np.int32]:
    """Return an array with room for one more row."""
    if n_rows < rows.shape[0]:
        return rows
    longer = np.empty((2 * n_rows, rows.shape[1]), np.int32)
    longer[:n_rows] = rows
    return longer

"""Edge collapse: the same persistence from a few hundred edges instead of tens of thousands.

An edge is dominated when one point of its lune (the points joined to both its ends) is joined to all
others of it. The link of the edge is then a cone, so the complex with and without the edge have the
same homotopy type. An edge that is dominated from its arrival until rank s may arrive at s instead;
one that is dominated for ever may be left out (Boissonnat and Pritam, 2020; Glisse and Pritam, 2022).
Going through the edges from the longest to the shortest, the few edges kept so far are the only events
that a shorter edge can meet, and the points joined before it are bitsets.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

NEVER = np.int32(2**31 - 1)

# Index of the one set bit of a word: the top six bits of its product with a de Bruijn sequence.
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
BIT_INDEX = np.zeros(64, np.int64)
for _index in range(64):
    BIT_INDEX[((int(DE_BRUIJN) << _index) & (2**64 - 1)) >> 58] = _index


@njit(cache=True)
def _flip(bits: NDArray[np.uint64], i: int, j: int) -> None:
    """Join i and j, or part them."""
    bits[i, j >> 6] ^= np.uint64(1) << np.uint64(j & 63)
    bits[j, i >> 6] ^= np.uint64(1) << np.uint64(i & 63)


@njit(cache=True)
def _dominates(
    vertex: int, rank: int, lune: NDArray[np.uint64], joined: NDArray[np.uint64], arrival: NDArray[np.int32]
) -> bool:
    """Whether `vertex` is joined to all other points of the lune by edges that arrive until `rank`.

    `joined` are the edges that are older than any rank asked for; the rest is looked up.
    """
    own_word, own_bit = vertex >> 6, np.uint64(1) << np.uint64(vertex & 63)
    for w in range(lune.size):
        missing = lune[w] & ~joined[vertex, w]
        if w == own_word:
            missing &= ~own_bit
        while missing:
            bit = missing & (~missing + np.uint64(1))
            missing ^= bit
            if arrival[vertex, w * 64 + BIT_INDEX[(bit * DE_BRUIJN) >> np.uint64(58)]] > rank:
                return False
    return True


@njit(cache=True)
def _dominator(
    rank: int,
    guesses: NDArray[np.int64],
    lune: NDArray[np.uint64],
    joined: NDArray[np.uint64],
    arrival: NDArray[np.int32],
) -> int:
    """Find a point that dominates the lune at `rank`, the guesses tried first; -1 when there is none."""
    for guess in guesses:
        inside = lune[guess >> 6] >> np.uint64(guess & 63) & np.uint64(1)
        if inside and _dominates(guess, rank, lune, joined, arrival):
            return guess
    for w in range(lune.size):
        left = lune[w]
        while left:
            bit = left & (~left + np.uint64(1))
            left ^= bit
            vertex = w * 64 + BIT_INDEX[(bit * DE_BRUIJN) >> np.uint64(58)]
            if _dominates(vertex, rank, lune, joined, arrival):
                return vertex
    return -1


@njit(cache=True)
def _later_points(
    i: int,
    j: int,
    later: NDArray[np.int32],
    n_later: NDArray[np.int64],
    arrival: NDArray[np.int32],
    points: NDArray[np.int64],
    ranks: NDArray[np.int32],
) -> int:
    """Points that join the lune of (i, j) after the edge, by the rank at which they do; their number."""
    size = 0
    for side in range(2):
        here, there = (i, j) if side == 0 else (j, i)
        for k in range(n_later[here]):
            x = later[here, k]
            rank = max(arrival[here, x], arrival[there, x])
            # A point that is late on both sides was met from the first.
            met = side == 1 and arrival[there, x] >= arrival[i, j]
            if rank == NEVER or met:
                continue
            place = size
            while place and ranks[place - 1] > rank:
                ranks[place], points[place] = ranks[place - 1], points[place - 1]
                place -= 1
            ranks[place], points[place] = rank, x
            size += 1
    return size


@njit(cache=True)
def _postpone(
    guesses: NDArray[np.int64],
    n_events: int,
    points: NDArray[np.int64],
    ranks: NDArray[np.int32],
    lune: NDArray[np.uint64],
    joined: NDArray[np.uint64],
    arrival: NDArray[np.int32],
) -> int:
    """First rank at which nothing dominates the growing lune; NEVER when something always does.

    The first guess is the point that dominates the lune so far.
    """
    for e in range(n_events):
        lune[points[e] >> 6] |= np.uint64(1) << np.uint64(points[e] & 63)
        if e + 1 < n_events and ranks[e + 1] == ranks[e]:
            continue
        found = _dominator(ranks[e], guesses, lune, joined, arrival)
        if found < 0:
            return int(ranks[e])
        guesses[0] = found
    return int(NEVER)


@njit(cache=True, nogil=True)
def collapse_edges(
    n: int, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges to keep, and the ranks at which they arrive; both index `rows` and `columns`.

    `rows` and `columns` are the edges of n points, shortest first, as many as make the complex a cone.
    """
    n_words = (n + 63) >> 6
    joined = np.zeros((n, n_words), np.uint64)
    arrival = np.full((n, n), NEVER, np.int32)
    for e in range(rows.size):
        _flip(joined, rows[e], columns[e])
        arrival[rows[e], columns[e]] = arrival[columns[e], rows[e]] = e
    later, n_later = np.empty((n, n), np.int32), np.zeros(n, np.int64)
    points, ranks = np.empty(2 * n, np.int64), np.empty(2 * n, np.int32)
    lune = np.empty(n_words, np.uint64)
    guesses = np.zeros(2, np.int64)
    kept = np.zeros(rows.size, np.bool_)
    for e in range(rows.size - 1, -1, -1):
        i, j = rows[e], columns[e]
        _flip(joined, i, j)
        for w in range(n_words):
            lune[w] = joined[i, w] & joined[j, w]
        # The point halfway in time is often near both ends; else the last one found.
        guesses[1] = (i + j) // 2
        found = _dominator(-1, guesses, lune, joined, arrival)
        rank = e
        if found >= 0:
            guesses[0] = found
            n_events = _later_points(i, j, later, n_later, arrival, points, ranks)
            rank = _postpone(guesses, n_events, points, ranks, lune, joined, arrival)
        arrival[i, j] = arrival[j, i] = rank
        if rank < NEVER:
            kept[e] = True
            later[i, n_later[i]], later[j, n_later[j]] = j, i
            n_later[i] += 1
            n_later[j] += 1
    edges = np.flatnonzero(kept)
    arrivals = np.empty(edges.size, np.int64)
    for k in range(edges.size):
        arrivals[k] = arrival[rows[edges[k]], columns[edges[k]]]
    return edges, arrivals

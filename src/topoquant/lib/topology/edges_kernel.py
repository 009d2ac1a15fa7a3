"""Pairs of points as sums of births, remembered from window to window.

A pair that gave birth to a loop is itself, one that joined two components is nothing, and any other
is the sum of the two that join its ends to a point of its lune, since the triangle between them
fills the difference. The same few thousand pairs are asked for in every window, so each has a row in
one small table, with the rows of its two: all arrays by pair are far larger than a processor's cache.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Columns of a row: code of the pair, one more than a point of its lune (0: not known), the rows of the
# two pairs with that point, the stamp of the window its sum of births was made in, the row of the sum.
CODE, POINT, ONE, TWO, STAMP, SUM = range(6)
# An edge is looked at only while the table has this much room.
ROOM = 8


# First and last point of a window, the shift of the codes, and the stamp of what is written in it.
Place = tuple[int, int, int, int]


class Pairs(NamedTuple):
    """What is known of all pairs: lengths and, where met, points of their lunes, by code; the active rows."""

    lengths: NDArray[np.float32]
    active: NDArray[np.int32]
    witness: NDArray[np.int32]
    # By active row: the rows of the pair itself, or of the four that join its ends to two components.
    corners: NDArray[np.int32]


class Work(NamedTuple):
    """What is written while windows are gone through; the first four are made longer when full.

    Only carried in one: taking an array out of it counts a reference, which is slow within a loop.
    """

    edges: NDArray[np.int32]
    slots: NDArray[np.int32]
    sums: NDArray[np.uint64]
    stack: NDArray[np.int64]
    # By birth: its length, and the sum by which it died, -1 while it lives.
    birth: NDArray[np.float32]
    relation: NDArray[np.int64]
    parent: NDArray[np.int64]


@njit(cache=True)
def new_work(span: int, n_births: int) -> Work:
    """Return empty tables for windows of `span` points; row 0 of the edges counts those in use."""
    size = 1024
    while size < 16 * span:
        size *= 2
    edges = np.zeros((size // 2 + 1, 8), np.int32)
    edges[0, 0] = 1
    return Work(
        edges, np.zeros(size, np.int32),
        np.empty((4 * n_births + 64, (n_births + 63) >> 6), np.uint64), np.empty(1024, np.int64),
        np.empty(n_births, np.float32), np.empty(n_births, np.int64), np.empty(span, np.int64),
    )  # fmt: skip


@njit(inline="always")
def is_full(edges: NDArray[np.int32], sums: NDArray[np.uint64], n_sums: int) -> bool:
    """Say whether there may be no room for what one pair needs."""
    return edges[0, 0] + ROOM > len(edges) or n_sums + ROOM > len(sums)


@njit(cache=True)
def longer(work: Work) -> Work:
    """Return the same tables with twice the room."""
    n = len(work.edges)
    edges = np.zeros((2 * n - 1, work.edges.shape[1]), np.int32)
    edges[:n] = work.edges
    slots = np.zeros(4 * (n - 1), np.int32)
    for row in range(1, edges[0, 0]):
        at = _slot(slots, int(edges[row, CODE]))
        while slots[at]:
            at = (at + 1) & (slots.size - 1)
        slots[at] = row
    sums = np.empty((2 * len(work.sums), work.sums.shape[1]), np.uint64)
    sums[: len(work.sums)] = work.sums
    stack = np.empty(2 * work.stack.size, np.int64)
    return Work(edges, slots, sums, stack, work.birth, work.relation, work.parent)


@njit(inline="always")
def pair_code(one: int, two: int, shift: int) -> int:
    """Return the code of a pair in either order."""
    return (one << shift) | (two - one - 1) if one < two else (two << shift) | (one - two - 1)


@njit(inline="always")
def _slot(slots: NDArray[np.int32], code: int) -> int:
    """Return where to begin looking for a pair: the upper bits of a multiplicative hash."""
    return int((np.uint64(code) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & (slots.size - 1)


@njit(cache=True)
def row_of(edges: NDArray[np.int32], slots: NDArray[np.int32], code: int) -> int:
    """Return the row of a pair, added where it is new: there must be room."""
    at = _slot(slots, code)
    while slots[at]:
        if edges[slots[at], CODE] == code:
            return slots[at]
        at = (at + 1) & (slots.size - 1)
    row = edges[0, 0]
    edges[0, 0] += 1
    edges[row, CODE] = code
    slots[at] = row
    return row


@njit(cache=True)
def write_in_births(
    lengths: NDArray[np.float32], witness: NDArray[np.int32], edges: NDArray[np.int32],
    slots: NDArray[np.int32], sums: NDArray[np.uint64], stack: NDArray[np.int64], n_sums: int, edge: int,
    at: Place,
) -> tuple[int, bool]:  # fmt: skip
    """Give an edge its sum of births in a window, and on the way those it is the sum of.

    Returns the number of sums, and whether there was room for all of it.
    """
    first, last, _, stamp = at
    stack[0] = edge
    depth = 1
    while depth > 0:
        row = stack[depth - 1]
        if edges[row, STAMP] == stamp:
            depth -= 1
            continue
        if is_full(edges, sums, n_sums) or depth + ROOM > stack.size:
            return n_sums, False
        if not first <= edges[row, POINT] - 1 <= last:
            _halve(lengths, witness, edges, slots, row, at)
        one, two = edges[row, ONE], edges[row, TWO]
        if edges[one, STAMP] == stamp and edges[two, STAMP] == stamp:
            depth -= 1
            sum_one, sum_two = edges[one, SUM], edges[two, SUM]
            edges[row, SUM] = sum_one + sum_two
            if sum_one and sum_two:
                for k in range(sums.shape[1]):
                    sums[n_sums, k] = sums[sum_one, k] ^ sums[sum_two, k]
                edges[row, SUM] = n_sums
                n_sums += 1
            edges[row, STAMP] = stamp
            continue
        stack[depth], stack[depth + 1] = one, two
        depth += 2
    return n_sums, True


@njit(cache=True)
def _halve(
    lengths: NDArray[np.float32], witness: NDArray[np.int32], edges: NDArray[np.int32],
    slots: NDArray[np.int32], row: int, at: Place,
) -> None:  # fmt: skip
    """Find a point of the lune of an edge and the two edges with it."""
    first, last, shift, _ = at
    code = int(edges[row, CODE])
    i = code >> shift
    j = i + 1 + (code & ((1 << shift) - 1))
    point = _lune_point(lengths, witness, code, first, last, shift)
    edges[row, POINT] = point + 1
    edges[row, ONE] = row_of(edges, slots, pair_code(i, point, shift))
    edges[row, TWO] = row_of(edges, slots, pair_code(point, j, shift))


@njit(cache=True)
def _lune_point(
    lengths: NDArray[np.float32], witness: NDArray[np.int32], code: int, first: int, last: int, shift: int
) -> int:
    """Return a point of the window in the lune of a pair whose lune is not empty there."""
    point = int(witness[code]) - 1 if witness.size else -1
    if first <= point <= last:
        return point
    i = code >> shift
    j = i + 1 + (code & ((1 << shift) - 1))
    for step in range(1, last - first + 1):
        for point in (j - step, j + step):
            if first <= point <= last and point not in (i, j):
                one, two = pair_code(i, point, shift), pair_code(point, j, shift)
                if _comes_before(lengths, one, code) and _comes_before(lengths, two, code):
                    if witness.size:
                        witness[code] = point + 1
                    return point
    return -1


@njit(inline="always")
def _comes_before(lengths: NDArray[np.float32], one: int, two: int) -> bool:
    """Say whether a pair is nearer than another: by length, then by code."""
    return lengths[one] < lengths[two] or (lengths[one] == lengths[two] and one < two)

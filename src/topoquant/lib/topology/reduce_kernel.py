"""Diagrams of windows from the pairs that matter in them.

A loop is a sum of the pairs that gave birth to loops; `edges_kernel` writes pairs so. A pair whose
lune falls apart says that such a sum is filled: it is reduced by what is known already, and the
youngest birth left in it dies.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.topology.bits_kernel import bit_of, highest_bit
from topoquant.lib.topology.edges_kernel import (
    STAMP,
    SUM,
    Pairs,
    Place,
    Work,
    is_full,
    longer,
    new_work,
    pair_code,
    row_of,
    write_in_births,
)

# Instead of the birth that dies: none does, or there was no room to find out.
NOTHING, NO_ROOM = -1, -2
Packed = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]


@njit(cache=True, nogil=True)
def diagrams_of_windows(
    lengths: NDArray[np.float32], active: NDArray[np.int32], witness: NDArray[np.int32],
    wanted: NDArray[np.int64], span: int, n_windows: int, shift: int,
) -> Packed:  # fmt: skip
    """Return the bars of the wanted windows (ascending), packed as `Diagrams` does.

    `lengths` by code, `active` and `witness` of `active_pairs`; `witness` gains points on the way.
    """
    order, starts = _by_first_window(active, n_windows)
    present, merged = np.empty(len(active) + 1, np.int64), np.empty(len(active) + 1, np.int64)
    n_present = 0
    pairs = Pairs(lengths, active, witness, np.zeros((len(active), 4), np.int32))
    work = new_work(span, _most_births(active, n_windows, span))
    h0 = np.empty(wanted.size * (span - 1), np.float32)
    h1 = np.empty((64 * wanted.size + work.birth.size, 2), np.float32)
    h0_offsets, h1_offsets = np.zeros(wanted.size + 1, np.int64), np.zeros(wanted.size + 1, np.int64)
    done, stamp = 0, 0
    for window in range(n_windows):
        n_present = _slide(
            present, n_present, order[starts[window] : starts[window + 1]], active, window, merged
        )
        present, merged = merged, present
        if done == wanted.size or wanted[done] != window:
            continue
        if h1_offsets[done] + work.birth.size > len(h1):
            h1 = _with_room(h1)
        n_h0, n_h1 = NO_ROOM, 0
        while n_h0 == NO_ROOM:
            stamp += 1
            n_h0, n_h1 = _reduce(
                pairs, work, present[:n_present], (window, window + span - 1, shift, stamp),
                h0[h0_offsets[done] :], h1[h1_offsets[done] :],
            )  # fmt: skip
            work = longer(work) if n_h0 == NO_ROOM else work
        done += 1
        h0_offsets[done], h1_offsets[done] = h0_offsets[done - 1] + n_h0, h1_offsets[done - 1] + n_h1
    return h0[: h0_offsets[done]].copy(), h0_offsets, h1[: h1_offsets[done]].copy(), h1_offsets


@njit(cache=True)
def _by_first_window(
    active: NDArray[np.int32], n_windows: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows by the first window they matter in, in their own order within each; and where each begins."""
    starts = np.zeros(n_windows + 1, np.int64)
    for first in active[:, 1]:
        starts[first + 1] += 1
    starts = np.cumsum(starts)
    cursor = starts.copy()
    order = np.empty(len(active), np.int64)
    for row in range(len(active)):
        first = active[row, 1]
        order[cursor[first]] = row
        cursor[first] += 1
    return order, starts


@njit(cache=True)
def _most_births(active: NDArray[np.int32], n_windows: int, span: int) -> int:
    """Return the most loops that are born in a window: its empty lunes but those of the tree."""
    change = np.zeros(n_windows + 1, np.int64)
    for row in range(len(active)):
        if active[row, 3] < 0:
            change[active[row, 1]] += 1
            change[active[row, 2] + 1] -= 1
    return np.cumsum(change).max() - span + 1


@njit(cache=True)
def _slide(
    present: NDArray[np.int64], n_present: int, entering: NDArray[np.int64], active: NDArray[np.int32],
    window: int, merged: NDArray[np.int64],
) -> int:  # fmt: skip
    """Merge what still matters and what enters, nearest pair first, and count it."""
    size, old, new = 0, 0, 0
    while old < n_present or new < entering.size:
        if new == entering.size or (old < n_present and present[old] < entering[new]):
            row = present[old]
            old += 1
            if active[row, 2] < window:
                continue
        else:
            row = entering[new]
            new += 1
        merged[size] = row
        size += 1
    return size


@njit(cache=True)
def _with_room(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an array of twice as many rows that begins with these."""
    more = np.empty((2 * len(rows), rows.shape[1]), rows.dtype)
    more[: len(rows)] = rows
    return more


@njit(cache=True)
def _reduce(
    pairs: Pairs, work: Work, present: NDArray[np.int64], at: Place,
    h0: NDArray[np.float32], h1: NDArray[np.float32],
) -> tuple[int, int]:  # fmt: skip
    """Go through one window's pairs: components die, loops are born, the youngest of a sum dies.

    Returns the number of bars of H0 and H1; NO_ROOM, when it has to be done again with more room.
    """
    lengths, active, witness, corners = pairs
    edges, slots, sums, stack, birth, relation, parent = work
    n_born, n_alive, n_h0, n_h1 = 0, 0, 0, 0
    # Row 0 is the sum of nothing.
    sums[0] = 0
    n_sums = 1
    relation[:] = -1
    parent[:] = np.arange(parent.size)
    for row in present:
        if is_full(edges, sums, n_sums):
            return NO_ROOM, 0
        if corners[row, 0] == 0:
            _find_corners(active, corners, edges, slots, row, at[2])
        length = lengths[active[row, 0]]
        if active[row, 3] < 0:
            own = corners[row, 0]
            edges[own, STAMP], edges[own, SUM] = at[3], 0
            if _joins(parent, int(active[row, 0]), at[0], at[2]):
                h0[n_h0] = length
                n_h0 += length > 0
            else:
                _bear(edges, sums, n_sums, own, n_born)
                birth[n_born] = length
                n_sums, n_born, n_alive = n_sums + 1, n_born + 1, n_alive + 1
        elif n_alive:
            n_sums, dying = _fill(
                lengths, witness, corners, edges, slots, sums, stack, relation, n_sums, row, at
            )
            if dying == NO_ROOM:
                return NO_ROOM, 0
            n_alive -= dying >= 0
            if dying >= 0 and length > birth[dying]:
                h1[n_h1, 0], h1[n_h1, 1] = birth[dying], length
                n_h1 += 1
    return n_h0, n_h1


@njit(cache=True)
def _find_corners(
    active: NDArray[np.int32], corners: NDArray[np.int32], edges: NDArray[np.int32],
    slots: NDArray[np.int32], row: int, shift: int,
) -> None:  # fmt: skip
    """Look up the pair itself, or the four from its ends to two components of its lune."""
    code = int(active[row, 0])
    if active[row, 3] < 0:
        corners[row, 0] = row_of(edges, slots, code)
        return
    i = code >> shift
    j = i + 1 + (code & ((1 << shift) - 1))
    for corner in range(4):
        end = i if corner < 2 else j
        edge = pair_code(end, int(active[row, 3 + (corner & 1)]), shift)
        corners[row, corner] = row_of(edges, slots, edge)


@njit(inline="always")
def _joins(parent: NDArray[np.int64], code: int, window: int, shift: int) -> bool:
    """Say whether a pair joins two components, which are one from then on."""
    i = code >> shift
    j = i + 1 + (code & ((1 << shift) - 1))
    one, two = _root(parent, i - window), _root(parent, j - window)
    parent[one] = two
    return one != two


@njit(inline="always")
def _bear(edges: NDArray[np.int32], sums: NDArray[np.uint64], n_sums: int, own: int, n_born: int) -> None:
    """Write a pair as the birth that it is."""
    for k in range(sums.shape[1]):
        sums[n_sums, k] = 0
    sums[n_sums, n_born >> 6] = bit_of(n_born)
    edges[own, SUM] = n_sums


@njit(cache=True)
def _fill(
    lengths: NDArray[np.float32], witness: NDArray[np.int32], corners: NDArray[np.int32],
    edges: NDArray[np.int32], slots: NDArray[np.int32], sums: NDArray[np.uint64],
    stack: NDArray[np.int64], relation: NDArray[np.int64], n_sums: int, row: int, at: Place,
) -> tuple[int, int]:  # fmt: skip
    """Reduce the sum that a pair fills; return the number of sums and the birth that dies by it."""
    for corner in range(4):
        edge = corners[row, corner]
        if edges[edge, STAMP] != at[3]:
            n_sums, is_done = write_in_births(lengths, witness, edges, slots, sums, stack, n_sums, edge, at)
            if not is_done:
                return n_sums, NO_ROOM
    if is_full(edges, sums, n_sums):
        return n_sums, NO_ROOM
    loop = sums[n_sums]
    _add_up(loop, sums, edges, corners, row)
    dying = _youngest(loop, relation, sums)
    if dying < 0:
        return n_sums, dying
    relation[dying] = n_sums
    return n_sums + 1, dying


@njit(inline="always")
def _root(parent: NDArray[np.int64], point: int) -> int:
    """Find the component of a point, halving the path to it."""
    while parent[point] != point:
        parent[point] = parent[parent[point]]
        point = parent[point]
    return point


@njit(inline="always")
def _add_up(
    loop: NDArray[np.uint64], sums: NDArray[np.uint64], edges: NDArray[np.int32],
    corners: NDArray[np.int32], row: int,
) -> None:  # fmt: skip
    """Add the sums of four edges."""
    a, b = edges[corners[row, 0], SUM], edges[corners[row, 1], SUM]
    c, d = edges[corners[row, 2], SUM], edges[corners[row, 3], SUM]
    for k in range(loop.size):
        loop[k] = sums[a, k] ^ sums[b, k] ^ sums[c, k] ^ sums[d, k]


@njit(cache=True)
def _youngest(loop: NDArray[np.uint64], relation: NDArray[np.int64], sums: NDArray[np.uint64]) -> int:
    """Reduce a loop by the relations known; return its youngest birth, NOTHING when none is left."""
    word = loop.size - 1
    while word >= 0:
        if loop[word] == 0:
            word -= 1
            continue
        youngest: int = 64 * word + highest_bit(loop[word])
        if relation[youngest] < 0:
            return youngest
        known = sums[relation[youngest]]
        for k in range(word + 1):
            loop[k] ^= known[k]
    return NOTHING

"""Diagrams of windows from the pairs that matter in them.

A loop is a sum of the pairs that gave birth to loops. Pairs are written in these births: one that
joined two components as nothing, one that gave birth as itself, any other as the sum of the two
that join its ends to a point of its lune, since the triangle between them fills the difference.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.topology.bits_kernel import bit_of, highest_bit

Packed = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]
# A mark holds the window it was made in above, the row of the pair's sum of births below.
ROW = np.int64(0xFFFFFFFF)


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
    marks = np.full(lengths.size, -1, np.int64)
    h0 = np.empty(wanted.size * (span - 1), np.float32)
    h1 = np.empty((64 * wanted.size + 64, 2), np.float32)
    h0_offsets, h1_offsets = np.zeros(wanted.size + 1, np.int64), np.zeros(wanted.size + 1, np.int64)
    done = 0
    for window in range(n_windows):
        n_present, n_empty = _slide(
            present, n_present, order[starts[window] : starts[window + 1]], active, window, merged
        )
        present, merged = merged, present
        if done == wanted.size or wanted[done] != window:
            continue
        n_h0, h1, n_h1 = _reduce(
            lengths, active, witness, marks, present[:n_present], n_empty - span + 1, window, span, shift,
            h0[h0_offsets[done] :], h1, h1_offsets[done],
        )  # fmt: skip
        done += 1
        h0_offsets[done], h1_offsets[done] = h0_offsets[done - 1] + n_h0, n_h1
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
def _slide(
    present: NDArray[np.int64], n_present: int, entering: NDArray[np.int64], active: NDArray[np.int32],
    window: int, merged: NDArray[np.int64],
) -> tuple[int, int]:  # fmt: skip
    """Merge what still matters and what enters, nearest pair first; count all, and the empty lunes."""
    size, n_empty = 0, 0
    old, new = 0, 0
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
        n_empty += active[row, 3] < 0
    return size, n_empty


@njit(cache=True)
def _reduce(
    lengths: NDArray[np.float32], active: NDArray[np.int32], witness: NDArray[np.int32],
    marks: NDArray[np.int64], present: NDArray[np.int64], n_births: int,
    window: int, span: int, shift: int, h0: NDArray[np.float32], h1: NDArray[np.float32], n_h1: int,
) -> tuple[int, NDArray[np.float32], int]:  # fmt: skip
    """Go through one window's pairs: components die, loops are born, the youngest of a sum dies."""
    low = (1 << shift) - 1
    n_words = (n_births + 63) >> 6
    # Row 0 is the sum of nothing.
    sums = np.zeros((4 * n_births + 64, n_words), np.uint64)
    n_sums = 1
    birth = np.empty(n_births, np.float32)
    # Row of the relation by which each birth died; -1 while it lives.
    relation = np.full(n_births, -1, np.int64)
    n_born, n_alive, n_h0 = 0, 0, 0
    parent = np.arange(span)
    stack = np.empty(1024, np.int64)
    here = np.int64(window) << 32
    for row in present:
        code = int(active[row, 0])
        i = code >> shift
        j = i + 1 + (code & low)
        if active[row, 3] < 0:
            marks[code] = here
            if _unite(parent, i - window, j - window):
                # Points that coincide make a bar of no length, which the next one overwrites.
                h0[n_h0] = lengths[code]
                n_h0 += lengths[code] > 0
                continue
            sums = _room(sums, n_sums)
            sums[n_sums, n_born >> 6] = bit_of(n_born)
            marks[code] |= n_sums
            n_sums += 1
            birth[n_born] = lengths[code]
            n_born += 1
            n_alive += 1
            continue
        if n_alive == 0:
            continue
        loop = np.zeros(n_words, np.uint64)
        sums, n_sums, stack = _add_loop(
            loop, lengths, witness, marks, sums, n_sums, stack, active[row], window, window + span - 1, shift
        )
        dying = _youngest(loop, relation, sums)
        if dying < 0:
            continue
        sums = _room(sums, n_sums)
        sums[n_sums] = loop
        relation[dying] = n_sums
        n_sums += 1
        n_alive -= 1
        if lengths[code] > birth[dying]:
            h1 = _room(h1, n_h1)
            h1[n_h1, 0], h1[n_h1, 1] = birth[dying], lengths[code]
            n_h1 += 1
    return n_h0, h1, n_h1


@njit(inline="always")
def _add_loop(
    loop: NDArray[np.uint64], lengths: NDArray[np.float32], witness: NDArray[np.int32],
    marks: NDArray[np.int64], sums: NDArray[np.uint64], n_sums: int, stack: NDArray[np.int64],
    pair: NDArray[np.int32], first: int, last: int, shift: int,
) -> tuple[NDArray[np.uint64], int, NDArray[np.int64]]:  # fmt: skip
    """Add to `loop`, in births, the four pairs between the ends of a pair and two points of its lune."""
    i = int(pair[0]) >> shift
    j = i + 1 + (int(pair[0]) & ((1 << shift) - 1))
    for corner in range(4):
        edge = _code(i if corner < 2 else j, int(pair[3 + (corner & 1)]), shift)
        sums, n_sums, stack = _write_in_births(
            lengths, witness, marks, sums, n_sums, stack, edge, first, last, shift
        )
        loop ^= sums[marks[edge] & ROW]
    return sums, n_sums, stack


@njit(inline="always")
def _unite(parent: NDArray[np.int64], one: int, two: int) -> bool:
    """Put the components of two points together; False if they were one."""
    first, second = _root(parent, one), _root(parent, two)
    parent[first] = second
    return first != second


@njit(inline="always")
def _root(parent: NDArray[np.int64], point: int) -> int:
    """Find the component of a point, halving the path to it."""
    while parent[point] != point:
        parent[point] = parent[parent[point]]
        point = parent[point]
    return point


@njit(inline="always")
def _code(one: int, two: int, shift: int) -> int:
    """Return the code of a pair in either order."""
    return (one << shift) | (two - one - 1) if one < two else (two << shift) | (one - two - 1)


@njit(cache=True)
def _room(rows: NDArray, n_rows: int) -> NDArray:
    """Return an array with room for one more row; the new ones are zero."""
    if n_rows < rows.shape[0]:
        return rows
    longer = np.zeros((2 * n_rows, rows.shape[1]), rows.dtype)
    longer[:n_rows] = rows
    return longer


@njit(cache=True)
def _write_in_births(
    lengths: NDArray[np.float32], witness: NDArray[np.int32], marks: NDArray[np.int64],
    sums: NDArray[np.uint64], n_sums: int, stack: NDArray[np.int64], edge: int, first: int, last: int,
    shift: int,
) -> tuple[NDArray[np.uint64], int, NDArray[np.int64]]:  # fmt: skip
    """Mark a pair with its sum of births, and on the way the pairs it is the sum of."""
    low = (1 << shift) - 1
    stack[0] = edge
    depth = 1
    while depth > 0:
        code = stack[depth - 1]
        if marks[code] >> 32 == first:
            depth -= 1
            continue
        point = _lune_point(lengths, witness, code, first, last, shift)
        i = code >> shift
        one, two = _code(i, point, shift), _code(point, i + 1 + (code & low), shift)
        if marks[one] >> 32 == first and marks[two] >> 32 == first:
            depth -= 1
            row_one, row_two = marks[one] & ROW, marks[two] & ROW
            row = row_one + row_two
            if row_one and row_two:
                sums = _room(sums, n_sums)
                sums[n_sums] = sums[row_one] ^ sums[row_two]
                row = n_sums
                n_sums += 1
            marks[code] = (np.int64(first) << 32) | row
            continue
        if depth + 2 > stack.size:
            longer = np.empty(2 * stack.size, np.int64)
            longer[:depth] = stack[:depth]
            stack = longer
        stack[depth], stack[depth + 1] = one, two
        depth += 2
    return sums, n_sums, stack


@njit(cache=True)
def _lune_point(
    lengths: NDArray[np.float32], witness: NDArray[np.int32], code: int, first: int, last: int, shift: int
) -> int:
    """Return a point of the window in the lune of a pair whose lune is not empty there."""
    point = int(witness[code])
    if first <= point <= last:
        return point
    i = code >> shift
    j = i + 1 + (code & ((1 << shift) - 1))
    for step in range(1, last - first + 1):
        for point in (j - step, j + step):
            is_other = first <= point <= last and point not in (i, j)
            if is_other and _is_in_lune(lengths, code, i, j, point, shift):
                witness[code] = point
                return point
    return -1


@njit(inline="always")
def _is_in_lune(lengths: NDArray[np.float32], code: int, i: int, j: int, point: int, shift: int) -> bool:
    """Say whether a point is joined to both ends of a pair before the ends are to each other."""
    one, two = _code(i, point, shift), _code(point, j, shift)
    return _comes_before(lengths, one, code) and _comes_before(lengths, two, code)


@njit(inline="always")
def _comes_before(lengths: NDArray[np.float32], one: int, two: int) -> bool:
    """Say whether a pair is nearer than another: by length, then by code."""
    return lengths[one] < lengths[two] or (lengths[one] == lengths[two] and one < two)


@njit(cache=True)
def _youngest(loop: NDArray[np.uint64], relation: NDArray[np.int64], sums: NDArray[np.uint64]) -> int:
    """Reduce a loop by the relations known; return its youngest birth, -1 when nothing is left."""
    word = loop.size - 1
    while word >= 0:
        if loop[word] == 0:
            word -= 1
            continue
        youngest: int = 64 * word + highest_bit(loop[word])
        if relation[youngest] < 0:
            return youngest
        loop ^= sums[relation[youngest]]
    return -1

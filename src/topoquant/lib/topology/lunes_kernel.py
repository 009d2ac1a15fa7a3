"""Which pairs of points matter to the persistence of which windows.

The lune of a pair is the set of points joined to both its ends before the ends are joined to each
other. Adding the pair to the Rips complex of a window changes homology in dimensions 0 and 1 only
if its lune, cut to the window, is empty (a component dies or a loop is born) or falls into several
components (a loop dies for each but the first, if it lives). A window that slides by one bar keeps
nearly all its pairs, so each pair is looked at once for all the windows that hold it.

Koyama, Memoli, Robins, Turner (2023), Faster computation of degree-1 persistent homology using the
reduced Vietoris-Rips filtration, arXiv:2307.16333.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.topology.bits_kernel import NONE, ONE, between, bit_of, lowest_bit

# A point this much nearer to both ends than they are to each other lies close to their middle, and
# so reaches, nearly always, the whole lune. In space .57 would be sure of it.
MIDDLE = np.float32(0.56)
# Rows of the scratch array: points of the lune in any, in all windows of the range; not yet in a
# component; in the present component; in one already closed.
EVERY, CORE, LEFT, REACHED, CLOSED, LUNE = range(6)


@njit(cache=True, nogil=True)
def active_pairs(
    codes: NDArray[np.int32],
    ordered: NDArray[np.float32],
    n_points: int,
    span: int,
    n_windows: int,
    shift: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the pairs that matter, and for every pair one more than a point of its lune (0: none was met).

    A row (code, first window, last window, a, b) of the first says: in these windows the lune is
    empty (a = -1), or a and b lie in different components of it (one row per further component).
    Rows are in the order of the pairs. Window w holds the points w .. w + span - 1.
    """
    low = (1 << shift) - 1
    width = (2 * span - 2) // 64 + 3
    # Row i is the set of points joined to i, from the word that holds position i - span + 1 on.
    near = np.zeros((n_points, width), np.uint64)
    close = np.zeros((n_points, width), np.uint64)
    witness = np.zeros(n_points << shift, np.int32)
    scratch = np.empty((6, width), np.uint64)
    ranges = np.empty((64, 2), np.int64)
    rows = np.empty((16 * n_points + 1024, 5), np.int32)
    n_rows = 0
    behind = 0
    for rank in range(codes.size):
        limit = MIDDLE * ordered[rank]
        while ordered[behind] < limit:
            x = int(codes[behind]) >> shift
            _join(close, x, x + 1 + (int(codes[behind]) & low), span)
            behind += 1
        code = int(codes[rank])
        i = code >> shift
        j = i + 1 + (code & low)
        first, last = max(j - span + 1, 0), min(i, n_windows - 1)
        word = first >> 6
        n_words = ((last + span - 1) >> 6) - word + 1
        star = _star(near, close, scratch[LUNE], i, j, first, last, span, word, n_words)
        if star >= 0:
            witness[code] = star + 1
        else:
            rows, n_rows = _by_window(
                near, scratch, ranges, rows, n_rows, witness, code, first, last, span, word
            )
        _join(near, i, j, span)
    return rows[:n_rows], witness


@njit(inline="always")
def _base(point: int, span: int) -> int:
    """Return the number of the first word of a point's row."""
    return (point - span + 1) >> 6


@njit(inline="always")
def _join(near: NDArray[np.uint64], i: int, j: int, span: int) -> None:
    """Put each point into the other's set."""
    near[i, (j >> 6) - _base(i, span)] |= bit_of(j)
    near[j, (i >> 6) - _base(j, span)] |= bit_of(i)


@njit(inline="always")
def _row(near: NDArray[np.uint64], point: int, word: int, n_words: int, span: int) -> NDArray[np.uint64]:
    """View n_words words of a point's set from number `word` on; all must be within `span` of it."""
    at = word - _base(point, span)
    return near[point, at : at + n_words]


@njit(cache=True)
def _star(
    near: NDArray[np.uint64], close: NDArray[np.uint64], lune: NDArray[np.uint64], i: int, j: int,
    first: int, last: int, span: int, word: int, n_words: int,
) -> int:  # fmt: skip
    """Fill in the lune; return a point in all windows that reaches the rest of it, -1 if none was met."""
    of_i, of_j = _row(near, i, word, n_words, span), _row(near, j, word, n_words, span)
    for k in range(n_words):
        lune[k] = of_i[k] & of_j[k]
    lune[0] &= between(word, first, last + span - 1)
    lune[n_words - 1] &= between(word + n_words - 1, first, last + span - 1)
    close_i, close_j = _row(close, i, word, n_words, span), _row(close, j, word, n_words, span)
    star = -1
    for k in range((last >> 6) - word, ((first + span - 1) >> 6) - word + 1):
        held = lune[k] & between(word + k, last, first + span - 1)
        if held:
            star = (word + k) * 64 + lowest_bit(held)
            held &= close_i[k] & close_j[k]
            if held:
                star = (word + k) * 64 + lowest_bit(held)
                break
    if star < 0:
        return -1
    of_star = _row(near, star, word, n_words, span)
    at = (star >> 6) - word
    unreached = NONE
    for k in range(n_words):
        unreached |= lune[k] & ~of_star[k] & ~(bit_of(star) if k == at else NONE)
    return star if unreached == 0 else -1


@njit(cache=True)
def _by_window(
    near: NDArray[np.uint64], scratch: NDArray[np.uint64], ranges: NDArray[np.int64],
    rows: NDArray[np.int32], n_rows: int, witness: NDArray[np.int32], code: int, first: int, last: int,
    span: int, word: int,
) -> tuple[NDArray[np.int32], int]:  # fmt: skip
    """Halve the range of windows until within each part the lune has the same components."""
    ranges[0, 0], ranges[0, 1] = first, last
    depth = 1
    while depth > 0:
        depth -= 1
        lo, hi = ranges[depth, 0], ranges[depth, 1]
        part = scratch[:, (lo >> 6) - word : ((hi + span - 1) >> 6) - word + 1]
        if _cut_lune(part, lo, hi, span):
            rows = _room(rows, n_rows)
            rows[n_rows, 0], rows[n_rows, 1], rows[n_rows, 2] = code, lo, hi
            rows[n_rows, 3], rows[n_rows, 4] = -1, -1
            n_rows += 1
            continue
        n_before = n_rows
        lead = -1
        is_same = True
        while is_same:
            seed = _first_core_left(part, lo >> 6)
            if seed < 0:
                break
            is_same = _close_component(near, part, seed, span, lo >> 6)
            if lead < 0:
                lead = seed
                continue
            rows = _room(rows, n_rows)
            rows[n_rows, 0], rows[n_rows, 1], rows[n_rows, 2] = code, lo, hi
            rows[n_rows, 3], rows[n_rows, 4] = lead, seed
            n_rows += 1
        if is_same and not part[LEFT].any():
            witness[code] = lead + 1
            continue
        # Single windows never come here: in them every point of the lune is core.
        n_rows = n_before
        middle = (lo + hi) >> 1
        ranges[depth, 0], ranges[depth, 1] = middle + 1, hi
        ranges[depth + 1, 0], ranges[depth + 1, 1] = lo, middle
        depth += 2
    return rows, n_rows


@njit(cache=True)
def _room(rows: NDArray[np.int32], n_rows: int) -> NDArray[np.int32]:
    """Return an array with room for one more row."""
    if n_rows < rows.shape[0]:
        return rows
    longer = np.empty((2 * n_rows, rows.shape[1]), np.int32)
    longer[:n_rows] = rows
    return longer


@njit(inline="always")
def _cut_lune(part: NDArray[np.uint64], lo: int, hi: int, span: int) -> bool:
    """Cut the lune to the points in any and in all windows lo..hi; say whether none is left."""
    word = lo >> 6
    some = NONE
    for k in range(part.shape[1]):
        points = part[LUNE, k] & between(word + k, lo, hi + span - 1)
        part[EVERY, k] = points
        part[LEFT, k] = points
        part[CORE, k] = points & between(word + k, hi, lo + span - 1)
        part[CLOSED, k] = NONE
        some |= points
    return some == NONE


@njit(inline="always")
def _first_core_left(part: NDArray[np.uint64], word: int) -> int:
    """Return a core point that no component holds yet, -1 if there is none."""
    for k in range(part.shape[1]):
        points = part[LEFT, k] & part[CORE, k]
        if points:
            return (word + k) * 64 + lowest_bit(points)
    return -1


@njit(cache=True)
def _close_component(
    near: NDArray[np.uint64], part: NDArray[np.uint64], seed: int, span: int, word: int
) -> bool:
    """Take out of LEFT what the seed reaches through core points; False if that differs by window."""
    n_words = part.shape[1]
    for k in range(n_words):
        part[REACHED, k] = NONE
    part[REACHED, (seed >> 6) - word] = bit_of(seed)
    part[LEFT, (seed >> 6) - word] &= ~bit_of(seed)
    met, rest = _reach_from(near, part, seed, span, word)
    grew = True
    while grew and rest and not met:
        # A point not reached yet: is it joined to a core point that is?
        grew = False
        for k in range(n_words):
            missing = part[LEFT, k]
            while missing:
                through = _core_neighbour(near, part, (word + k) * 64 + lowest_bit(missing), span, word)
                missing &= missing - ONE
                if through >= 0:
                    more, rest = _reach_from(near, part, through, span, word)
                    met |= more
                    missing &= part[LEFT, k]
                    grew = True
    if met:
        return False
    for k in range(n_words):
        part[CLOSED, k] |= part[REACHED, k]
    return rest == NONE or _is_closed(near, part, span, word)


@njit(inline="always")
def _reach_from(
    near: NDArray[np.uint64], part: NDArray[np.uint64], point: int, span: int, word: int
) -> tuple[np.uint64, np.uint64]:
    """Move a core point's neighbours from LEFT to REACHED; return those met in CLOSED, and what is left."""
    of_point = _row(near, point, word, part.shape[1], span)
    met, rest = NONE, NONE
    for k in range(part.shape[1]):
        found = of_point[k] & part[EVERY, k]
        part[REACHED, k] |= found
        part[LEFT, k] &= ~found
        met |= found & part[CLOSED, k]
        rest |= part[LEFT, k]
    return met, rest


@njit(inline="always")
def _words_within(
    near: NDArray[np.uint64], point: int, n_words: int, span: int, word: int
) -> tuple[int, int]:
    """Return the part of n_words words from number `word` on that a point's row covers."""
    base = _base(point, span)
    return max(0, base - word), min(n_words, base + near.shape[1] - word)


@njit(cache=True)
def _core_neighbour(
    near: NDArray[np.uint64], part: NDArray[np.uint64], point: int, span: int, word: int
) -> int:
    """Return a core point in REACHED that a point is joined to, -1 if there is none."""
    base = _base(point, span)
    begin, end = _words_within(near, point, part.shape[1], span, word)
    for k in range(begin, end):
        shared = near[point, word + k - base] & part[CORE, k] & part[REACHED, k]
        if shared:
            return (word + k) * 64 + lowest_bit(shared)
    return -1


@njit(cache=True)
def _is_closed(near: NDArray[np.uint64], part: NDArray[np.uint64], span: int, word: int) -> bool:
    """Say whether no point that only some windows hold joins REACHED to the rest of the lune."""
    for k in range(part.shape[1]):
        outer = part[REACHED, k] & ~part[CORE, k]
        while outer:
            point = (word + k) * 64 + lowest_bit(outer)
            outer &= outer - ONE
            base = _base(point, span)
            begin, end = _words_within(near, point, part.shape[1], span, word)
            for q in range(begin, end):
                if near[point, word + q - base] & part[EVERY, q] & ~part[REACHED, q]:
                    return False
    return True

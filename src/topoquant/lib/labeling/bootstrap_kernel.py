"""The sequential bootstrap, updating only what overlaps: what `bootstrap.plain_bootstrap` says, fast."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def draw_in_sequence(
    start: NDArray[np.int64], end: NDArray[np.int64], chance: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return one label per chance in [0, 1), labels being sorted by start.

    A draw changes the uniqueness of the labels that overlap the drawn one, and of no other.
    Sorted by start they lie together, so they alone are computed afresh. Sums over blocks of
    about sqrt(n) labels make a draw cost two short walks.
    """
    n = len(start)
    longest = (end - start).max() + 1
    n_drawn = np.zeros(end.max() + 1, dtype=np.int64)
    share_before = np.empty(len(n_drawn) + 1)
    size = int(np.sqrt(n)) + 1
    uniqueness = np.ones(n)
    sums = np.empty((n + size - 1) // size)
    for block in range(len(sums)):
        sums[block] = uniqueness[block * size : (block + 1) * size].sum()
    drawn = np.empty(len(chance), dtype=np.int64)
    for step in range(len(chance)):
        label = _find_label(uniqueness, sums, size, chance[step] * sums.sum())
        drawn[step] = label
        n_drawn[start[label] : end[label] + 1] += 1
        first = np.searchsorted(start, start[label] - longest + 1)
        last = np.searchsorted(start, end[label], side="right")
        _refresh(start, end, first, last, n_drawn, share_before, uniqueness)
        for block in range(first // size, (last - 1) // size + 1):
            sums[block] = uniqueness[block * size : (block + 1) * size].sum()
    return drawn


@njit(cache=True, nogil=True)
def _find_label(uniqueness: NDArray[np.float64], sums: NDArray[np.float64], size: int, target: float) -> int:
    """Return the label at which the running sum of uniqueness passes the target."""
    block = 0
    while block < len(sums) - 1 and target >= sums[block]:
        target -= sums[block]
        block += 1
    label = block * size
    last = min(label + size, len(uniqueness)) - 1
    while label < last and target >= uniqueness[label]:
        target -= uniqueness[label]
        label += 1
    return label


@njit(cache=True, nogil=True)
def _refresh(
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    first: int,
    last: int,
    n_drawn: NDArray[np.int64],
    share_before: NDArray[np.float64],
    uniqueness: NDArray[np.float64],
) -> None:
    """Write the mean of 1 / (1 + drawn labels on the bar) of the labels first .. last - 1.

    `share_before` is scratch: the sum of those shares over the bars from the earliest one on.
    """
    earliest = start[first]
    latest = end[first:last].max()
    share_before[earliest] = 0.0
    for bar in range(earliest, latest + 1):
        share_before[bar + 1] = share_before[bar] + 1.0 / (1 + n_drawn[bar])
    for label in range(first, last):
        n_bars = end[label] + 1 - start[label]
        uniqueness[label] = (share_before[end[label] + 1] - share_before[start[label]]) / n_bars

"""Compiled resampling: every resample is a set of block starts, never a copied table."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def count_times(starts: NDArray[np.int64], block: int, counts: NDArray[np.int64]) -> None:
    """Write into `counts` how often the circular blocks at `starts` draw each time, n_times draws in all."""
    n_times = counts.shape[0]
    counts[:] = 0
    left = n_times
    for start in starts:
        length = min(block, left)
        left -= length
        for offset in range(length):
            position = start + offset
            if position >= n_times:
                position -= n_times
            counts[position] += 1


@njit(cache=True)
def resample_auc(
    starts: NDArray[np.int64], block: int, n_times: int,
    code: NDArray[np.int64], positive: NDArray[np.bool_], last_of_tie: NDArray[np.bool_],
) -> NDArray[np.float64]:  # fmt: skip
    """Weighted AUC of each resample; the rows come sorted by score, ties marked at their last row."""
    n_resamples = starts.shape[0]
    auc = np.empty(n_resamples)
    counts = np.empty(n_times, np.int64)
    for resample in range(n_resamples):
        count_times(starts[resample], block, counts)
        below, all_positive, twice_won = 0, 0, 0
        tied_positive, tied_negative = 0, 0
        for row in range(code.shape[0]):
            weight = counts[code[row]]
            if positive[row]:
                tied_positive += weight
            else:
                tied_negative += weight
            if last_of_tie[row]:
                twice_won += tied_positive * (2 * below + tied_negative)
                below += tied_negative
                all_positive += tied_positive
                tied_positive, tied_negative = 0, 0
        pairs = all_positive * below
        auc[resample] = 0.5 * twice_won / pairs if pairs > 0 else np.nan
    return auc


@njit(cache=True)
def resample_means(
    starts: NDArray[np.int64], block: int, total: NDArray[np.float64], n_rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean over rows of each resample, from per-time totals and row counts by prefix sums."""
    n_times = total.shape[0]
    sums = np.zeros(2 * n_times + 1)
    rows = np.zeros(2 * n_times + 1)
    for position in range(2 * n_times):
        sums[position + 1] = sums[position] + total[position % n_times]
        rows[position + 1] = rows[position] + n_rows[position % n_times]
    means = np.empty(starts.shape[0])
    for resample in range(starts.shape[0]):
        left = n_times
        drawn_sum, drawn_rows = 0.0, 0.0
        for start in starts[resample]:
            length = min(block, left)
            left -= length
            drawn_sum += sums[start + length] - sums[start]
            drawn_rows += rows[start + length] - rows[start]
        means[resample] = drawn_sum / drawn_rows if drawn_rows > 0 else np.nan
    return means

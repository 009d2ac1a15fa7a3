"""The numba kernels behind `window_summaries`.

Every window holds exactly one bar whose position is a multiple of the window's length: its anchor.
What lies before the anchor is a tail shared with other windows, what follows is a head that grows
bar by bar. Tails are summed once per anchor, heads as the end moves on, and a window is one tail
plus one head: nothing is ever subtracted, so that nothing drifts. Sums run over x - x_anchor: a
constant channel gives exactly 0, and a level that is large beside its movement costs no digits.

Shapes: N bars, C channels, M windows, L bars per window.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

N_SUMMARIES = 5
# Sums of x, x^2 and t x, where t counts bars from the anchor.
N_SUMS = 3


@njit(cache=True)
def summarise_windows(
    sequence_NC: NDArray[np.float32], end_M: NDArray[np.int64], window: int
) -> NDArray[np.float64]:
    """Return (M, 5 * C) summaries; a row has the same bits whichever other rows are asked for.

    Consecutive ends share the sums of their anchor; others sum their own.
    """
    n_channels = sequence_NC.shape[1]
    result = np.empty((end_M.size, N_SUMMARIES * n_channels), np.float64)
    tails = np.empty((window, N_SUMS, n_channels), np.float64)
    head = np.empty((N_SUMS, n_channels), np.float64)
    n_summed, head_end, anchor = -1, -1, -1
    for row in range(end_M.size):
        end = end_M[row]
        n_before = window - 1 - end % window
        if end - end % window != anchor or head_end >= end:
            anchor = end - end % window
            n_summed, head_end = 0, anchor - 1
            tails[0] = 0.0
            head[:] = 0.0
        while n_summed < n_before:
            n_summed += 1
            tails[n_summed] = tails[n_summed - 1]
            add_bar(tails[n_summed], sequence_NC, anchor, anchor - n_summed)
        while head_end < end:
            head_end += 1
            add_bar(head, sequence_NC, anchor, head_end)
        write_summaries(result[row], tails[n_before], head, sequence_NC, end, window)
    return result


@njit(cache=True)
def add_bar(sums: NDArray[np.float64], sequence_NC: NDArray[np.float32], anchor: int, bar: int) -> None:
    """Add one bar to the sums of its anchor."""
    t = float(bar - anchor)
    for c in range(sequence_NC.shape[1]):
        x = np.float64(sequence_NC[bar, c]) - np.float64(sequence_NC[anchor, c])
        sums[0, c] += x
        sums[1, c] += x * x
        sums[2, c] += t * x


@njit(cache=True)
def write_summaries(
    row: NDArray[np.float64],
    tail: NDArray[np.float64],
    head: NDArray[np.float64],
    sequence_NC: NDArray[np.float32],
    end: int,
    window: int,
) -> None:
    """Write last, mean, std, trend and momentum of every channel."""
    anchor, first = end - end % window, end - window + 1
    # Time from the middle of the window instead of from the anchor.
    centre = 0.5 * (first + end) - anchor
    sum_tt = window * (window * window - 1) / 12.0
    for c in range(sequence_NC.shape[1]):
        last = np.float64(sequence_NC[end, c])
        total = tail[0, c] + head[0, c]
        mean = total / window
        variance = (tail[1, c] + head[1, c]) / window - mean * mean
        at = N_SUMMARIES * c
        row[at] = last
        row[at + 1] = np.float64(sequence_NC[anchor, c]) + mean
        row[at + 2] = np.sqrt(max(variance, 0.0))
        row[at + 3] = (tail[2, c] + head[2, c] - centre * total) / sum_tt if window > 1 else 0.0
        row[at + 4] = last - np.float64(sequence_NC[first, c])

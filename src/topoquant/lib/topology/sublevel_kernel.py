"""Sub-level-set persistence of a path of values, in one pass with a stack."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topoquant.lib.topology.vectorise_kernel import add_betti, add_scalars


@njit(cache=True, nogil=True)
def sublevel_bars(values: NDArray[np.float64], bars: NDArray[np.float64]) -> int:
    """Write (birth, death) of every component of positive length into `bars`; return how many.

    The stack holds the valleys that are still apart, each by its bottom and the peak to its right;
    peaks on the stack fall from below to its top. A peak that is not lower than the top one closes
    the top valley's side: there the shallower of the two valleys dies.
    """
    n = values.size
    bottoms, peaks = np.empty(n // 2 + 1), np.empty(n // 2 + 1)
    depth, n_bars, k = 0, 0, 0
    while k < n:
        while k + 1 < n and values[k + 1] <= values[k]:
            k += 1
        bottom = values[k]
        while k + 1 < n and values[k + 1] >= values[k]:
            k += 1
        is_last = k == n - 1
        peak = np.inf if is_last else values[k]
        while depth > 0 and peaks[depth - 1] <= peak:
            depth -= 1
            n_bars = _merge(bars, n_bars, max(bottom, bottoms[depth]), peaks[depth])
            bottom = min(bottom, bottoms[depth])
        if is_last:
            return _merge(bars, n_bars, bottom, values.max())
        bottoms[depth], peaks[depth] = bottom, peak
        depth += 1
    return n_bars


@njit(inline="always")
def _merge(bars: NDArray[np.float64], n_bars: int, birth: float, death: float) -> int:
    """Add a bar if it has a length."""
    if death <= birth:
        return n_bars
    bars[n_bars, 0], bars[n_bars, 1] = birth, death
    return n_bars + 1


@njit(cache=True, nogil=True)
def sublevel_rows(
    rows: NDArray[np.float64], series: NDArray[np.float64], starts: NDArray[np.int64], window: int,
    scale: NDArray[np.float64], grid: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill row k: Betti curve and scalars of window k, measured from its minimum in units of scale[k]."""
    bars = np.empty((window // 2 + 1, 2))
    for k in range(starts.size):
        values = series[starts[k] : starts[k] + window]
        n_bars = sublevel_bars(values, bars)
        births = (bars[:n_bars, 0] - values.min()) / scale[k]
        deaths = (bars[:n_bars, 1] - values.min()) / scale[k]
        add_betti(rows[k, : grid.size], grid, births, deaths)
        add_scalars(rows[k, grid.size :], births, deaths)

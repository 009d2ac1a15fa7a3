"""Diagrams to feature rows, one pass per diagram."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def first_at_or_after(grid: NDArray[np.float64], value: float) -> int:
    """Index of the first grid point >= value, len(grid) when there is none."""
    return int(np.searchsorted(grid, value))


@njit(cache=True)
def add_betti(
    curve: NDArray[np.float64],
    grid: NDArray[np.float64],
    births: NDArray[np.float64],
    deaths: NDArray[np.float64],
) -> None:
    """Count into `curve` the bars alive (birth <= s < death) at every grid point s."""
    change = np.zeros(grid.size + 1)
    for k in range(births.size):
        change[first_at_or_after(grid, births[k])] += 1.0
        change[first_at_or_after(grid, deaths[k])] -= 1.0
    alive = 0.0
    for s in range(grid.size):
        alive += change[s]
        curve[s] = alive


@njit(cache=True)
def add_landscape_norms(
    norms: NDArray[np.float64],
    grid: NDArray[np.float64],
    births: NDArray[np.float64],
    deaths: NDArray[np.float64],
) -> None:
    """L2 norms over the grid of the `norms.size` highest landscapes."""
    layers = np.zeros((grid.size, norms.size))
    for k in range(births.size):
        middle, height = (births[k] + deaths[k]) / 2.0, (deaths[k] - births[k]) / 2.0
        for s in range(first_at_or_after(grid, births[k]), first_at_or_after(grid, deaths[k])):
            tent = height - abs(grid[s] - middle)
            for layer in range(norms.size):
                # Insertion: the lower of the two moves on to the next layer.
                if tent > layers[s, layer]:
                    layers[s, layer], tent = tent, layers[s, layer]
    step = grid[1] - grid[0]
    for layer in range(norms.size):
        total = 0.0
        for s in range(grid.size):
            total += layers[s, layer] ** 2
        norms[layer] = np.sqrt(total * step)


@njit(cache=True)
def add_scalars(
    scalars: NDArray[np.float64], births: NDArray[np.float64], deaths: NDArray[np.float64]
) -> None:
    """Entropy in bits, bottleneck amplitude, Wasserstein amplitude of order 2, count; sorted input."""
    scalars[:] = 0.0
    scalars[0] = -1.0
    scalars[3] = births.size
    if births.size == 0:
        return
    lengths = deaths - births
    total = lengths.sum()
    entropy = 0.0
    for length in lengths:
        share = length / total
        entropy -= share * np.log2(share)
    scalars[0] = entropy
    scalars[1] = lengths.max() / 2.0
    scalars[2] = np.sqrt((lengths**2).sum()) / 2.0


@njit(cache=True)
def vectorise_into(
    features: NDArray[np.float64],
    grid: NDArray[np.float64],
    h0: NDArray[np.float64],
    births: NDArray[np.float64],
    deaths: NDArray[np.float64],
) -> None:
    """Fill one row: Betti H0, Betti H1, landscape norms of H1, scalars of H0, of H1, longest H1."""
    n_bins = grid.size
    n_layers = features.size - 2 * n_bins - 9
    born = np.zeros(h0.size)
    add_betti(features[:n_bins], grid, born, h0)
    add_betti(features[n_bins : 2 * n_bins], grid, births, deaths)
    add_landscape_norms(features[2 * n_bins : 2 * n_bins + n_layers], grid, births, deaths)
    scalars = features[2 * n_bins + n_layers :]
    add_scalars(scalars[:4], born, h0)
    add_scalars(scalars[4:8], births, deaths)
    scalars[8] = (deaths - births).max() if births.size else 0.0


@njit(cache=True, nogil=True)
def vectorise_all(
    features: NDArray[np.float64],
    grid: NDArray[np.float64],
    scale: NDArray[np.float64],
    h0: NDArray[np.float32],
    h0_offsets: NDArray[np.int64],
    h1: NDArray[np.float32],
    h1_offsets: NDArray[np.int64],
) -> None:
    """Fill row k from diagram k divided by scale[k]."""
    for k in range(scale.size):
        a, b = h0_offsets[k], h0_offsets[k + 1]
        c, d = h1_offsets[k], h1_offsets[k + 1]
        # Sorted by (birth, death): sums must not depend on the order in which bars were found.
        deaths0 = np.sort(h0[a:b].astype(np.float64)) / scale[k]
        births = h1[c:d, 0].astype(np.float64) / scale[k]
        deaths = h1[c:d, 1].astype(np.float64) / scale[k]
        by_death = np.argsort(deaths, kind="mergesort")
        order = by_death[np.argsort(births[by_death], kind="mergesort")]
        births, deaths = births[order], deaths[order]
        vectorise_into(features[k], grid, deaths0, births, deaths)

"""Distances of a point cloud, and its edges in the order in which they arrive."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def distance_matrix(points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Euclidean distances in float64, rounded once to float32; symmetric, diagonal 0."""
    n, dimension = points.shape
    distances = np.zeros((n, n), np.float32)
    for i in range(n):
        for j in range(i):
            total = 0.0
            for k in range(dimension):
                step = points[i, k] - points[j, k]
                total += step * step
            distances[i, j] = distances[j, i] = np.float32(np.sqrt(total))
    return distances


@njit(cache=True)
def enclosing_radius(distances: NDArray[np.float32]) -> np.float32:
    """Smallest radius of a ball around a point that holds all points."""
    radius = np.float32(np.inf)
    for i in range(distances.shape[0]):
        radius = min(radius, distances[i].max())
    return radius


@njit(cache=True, nogil=True)
def sorted_edges(
    distances: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges (i > j) no longer than the enclosing radius, shortest first; equal lengths by (i, j).

    Above that radius one point is joined to all others: the complex is a cone. Bits of positive
    floats sort as the floats do, so a radix sort of 11 bits at a time orders them.
    """
    n = distances.shape[0]
    radius = enclosing_radius(distances)
    edges = np.empty(n * (n - 1) // 2, np.int64)
    size = 0
    for i in range(n):
        for j in range(i):
            if distances[i, j] <= radius:
                edges[size] = i * n + j
                size += 1
    edges = edges[:size]
    lengths = np.empty(size, np.float32)
    for e in range(size):
        lengths[e] = distances[edges[e] // n, edges[e] % n]
    bits = lengths.view(np.uint32)
    for shift in (0, 11, 22):
        edges, bits = _sorted_by_digit(edges, bits, np.uint32(shift))
    return edges // n, edges % n


@njit(cache=True)
def _sorted_by_digit(
    edges: NDArray[np.int64], bits: NDArray[np.uint32], shift: np.uint32
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """One stable counting pass over 11 bits."""
    start = np.zeros(2049, np.int64)
    for value in bits:
        start[((value >> shift) & np.uint32(2047)) + 1] += 1
    start = np.cumsum(start)
    edges_out, bits_out = np.empty_like(edges), np.empty_like(bits)
    for e in range(edges.size):
        digit = (bits[e] >> shift) & np.uint32(2047)
        edges_out[start[digit]] = edges[e]
        bits_out[start[digit]] = bits[e]
        start[digit] += 1
    return edges_out, bits_out

"""Markov transition fields, window by window."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def markov_images(
    windows: NDArray[np.float64],
    edges: NDArray[np.float64],
    bounds: NDArray[np.int64],
    images: NDArray[np.float32],
) -> None:
    """Fill fields of shape (n, size, size); pixel i stands for the values bounds[i]:bounds[i + 1].

    State q holds the values above edges[q - 1] and up to edges[q]; edges have shape (n, n_states - 1).
    """
    n, length = windows.shape
    n_states = edges.shape[1] + 1
    states = np.empty(length, np.uint64)  # unsigned: no index is looked at twice for its sign
    for k in range(n):
        for t in range(length):
            state = 0
            while state < n_states - 1 and edges[k, state] < windows[k, t]:
                state += 1
            states[t] = state
        moves = _transitions(states, n_states)
        if bounds.size - 1 == length:
            for i in range(length):
                row = moves[states[i]]
                for j in range(length):
                    images[k, i, j] = row[states[j]]
        else:
            _average(states, moves, bounds, images[k])


@njit(cache=True)
def _transitions(states: NDArray[np.uint64], n_states: int) -> NDArray[np.float64]:
    """Shares of the steps out of each state that lead to each state; 0 where none leads out."""
    moves = np.zeros((n_states, n_states))
    for t in range(states.size - 1):
        moves[states[t], states[t + 1]] += 1.0
    for state in range(n_states):
        total = 0.0
        for other in range(n_states):
            total += moves[state, other]
        for other in range(n_states):
            moves[state, other] /= max(total, 1.0)
    return moves


@njit(cache=True)
def _average(
    states: NDArray[np.uint64],
    moves: NDArray[np.float64],
    bounds: NDArray[np.int64],
    image: NDArray[np.float32],
) -> None:
    """Fill H M H', with H the share of each state among the values of each pixel."""
    size, n_states = bounds.size - 1, moves.shape[0]
    held = np.zeros((size, n_states))
    led = np.zeros((size, n_states))
    for i in range(size):
        for t in range(bounds[i], bounds[i + 1]):
            held[i, states[t]] += 1.0 / (bounds[i + 1] - bounds[i])
            for state in range(n_states):
                led[i, state] += moves[states[t], state] / (bounds[i + 1] - bounds[i])
    for i in range(size):
        for j in range(size):
            total = 0.0
            for state in range(n_states):
                total += led[i, state] * held[j, state]
            image[i, j] = total

"""Compiled filter of a hidden chain, over the transitions that exist; `chains` explains it plainly."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def filter_sparse(
    initial: NDArray[np.float64],
    first: NDArray[np.int64],
    column: NDArray[np.int64],
    probability: NDArray[np.float64],
    outlook: NDArray[np.int64],
    likelihood: NDArray[np.float64],
    value: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the expected value of each bar's state given the bars before it.

    The transitions out of state s are `column` and `probability` from `first[s]` to `first[s + 1]`.
    """
    n_states, n_values = value.shape
    n = len(likelihood)
    expected = np.zeros((n + 1, n_values))
    predicted = initial.copy()
    following = np.empty(n_states)
    for t in range(n + 1):
        for s in range(n_states):
            for v in range(n_values):
                expected[t, v] += predicted[s] * value[s, v]
        if t == n:
            break
        following[:] = 0.0
        total = 0.0
        for s in range(n_states):
            posterior = predicted[s] * likelihood[t, outlook[s]]
            total += posterior
            for edge in range(first[s], first[s + 1]):
                following[column[edge]] += posterior * probability[edge]
        for s in range(n_states):
            predicted[s] = following[s] / total
    return expected

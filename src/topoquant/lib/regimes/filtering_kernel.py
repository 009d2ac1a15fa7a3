"""Compiled forward filter of a hidden Markov model; `filtering` explains it plainly.

Every row is computed by the same instructions whatever follows it, so that rows appended later
change nothing bit for bit.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
# Sums below this have lost digits: their terms are near the smallest numbers there are.
LEAST_TOTAL = 1e-280


@njit(cache=True, nogil=True)
def filter_states(
    log_likelihood: Array, start_probability: Array, transition: Array, steps: NDArray[np.int64]
) -> Array:
    """Return the probability of each state given the rows so far, in one pass.

    Likelihoods are divided by the largest of their row; where too little is left of them, by the largest
    among the states that are possible at all.
    """
    n, n_states = log_likelihood.shape
    filtered = np.empty((n, n_states))
    belief = start_probability.copy()
    following = np.empty(n_states)
    into = transition.T.copy()
    for t in range(n):
        for _ in range(steps[t] if t else 0):
            _predict(belief, into, following)
        top = log_likelihood[t, 0]
        for state in range(1, n_states):
            top = max(top, log_likelihood[t, state])
        total = 0.0
        for state in range(n_states):
            following[state] = belief[state] * np.exp(log_likelihood[t, state] - top)
            total += following[state]
        # Not so for NaN either.
        if total > LEAST_TOTAL:
            for state in range(n_states):
                belief[state] = following[state] / total
        else:
            _weigh_possible(belief, log_likelihood[t])
        for state in range(n_states):
            filtered[t, state] = belief[state]
    return filtered


@njit(cache=True, nogil=True)
def _predict(belief: Array, into: Array, following: Array) -> None:
    """Go one transition on; `into` has a row per state that is entered, `following` is room to work in."""
    for state in range(len(belief)):
        total = 0.0
        for before in range(len(belief)):
            total += belief[before] * into[state, before]
        following[state] = total
    for state in range(len(belief)):
        belief[state] = following[state]


@njit(cache=True, nogil=True)
def _weigh_possible(belief: Array, seen: Array) -> None:
    """Weigh the states by a row whose likeliest state is impossible, or leave them if nothing was seen."""
    top = -np.inf
    for state in range(len(belief)):
        if np.isnan(seen[state]):
            return
        if belief[state] > 0.0:
            top = max(top, seen[state])
    total = 0.0
    for state in range(len(belief)):
        if belief[state] > 0.0:
            belief[state] *= np.exp(seen[state] - top)
        total += belief[state]
    for state in range(len(belief)):
        belief[state] /= total


@njit(cache=True, nogil=True)
def gaussian_log_density(values: Array, means: Array, whitening: Array, offset: Array) -> Array:
    """Return the log density of each row under each state.

    `whitening` holds the inverse of the Cholesky factor of each covariance, `offset` the log of the
    density at the mean.
    """
    n, n_inputs = values.shape
    n_states = len(means)
    density = np.empty((n, n_states))
    for t in range(n):
        for state in range(n_states):
            squares = 0.0
            for row in range(n_inputs):
                whitened = 0.0
                for column in range(row + 1):
                    whitened += whitening[state, row, column] * (values[t, column] - means[state, column])
                squares += whitened * whitened
            density[t, state] = offset[state] - 0.5 * squares
    return density

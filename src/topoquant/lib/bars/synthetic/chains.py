"""A hidden chain of finitely many states, and what its observations let one expect of the next bar."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class HiddenChain:
    """States that follow each other at random and cannot be seen.

    Attributes
    ----------
    initial : ndarray of float64, shape (n_states,)
        Probability of each state in the first bar.
    transition : ndarray of float64, shape (n_states, n_states)
        Probability of the column's state in a bar, given the row's in the bar before.
    outlook : ndarray of int64, shape (n_states,)
        Which column of the likelihood a state has: many states may look alike in one bar.
    """

    initial: NDArray[np.float64]
    transition: NDArray[np.float64]
    outlook: NDArray[np.int64]


def expect_next(
    chain: HiddenChain, likelihood: NDArray[np.float64], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the expected value of each bar's state before the bar is seen, in one compiled pass.

    Parameters
    ----------
    chain : HiddenChain
        Its transition is used where it is not 0.
    likelihood : ndarray of float64, shape (n, n_outlooks)
        Density of what each bar shows under each outlook, up to a factor of the bar, in time order.
    value : ndarray of float64, shape (n_states, n_values)
        What is to be expected; the identity gives the probabilities of the states.

    Returns
    -------
    ndarray of float64, shape (n + 1, n_values)
        Row i from `likelihood[:i]` alone: filtered, never smoothed.

    References
    ----------
    Hamilton (1989), A new approach to the economic analysis of nonstationary time series.

    Examples
    --------
    >>> chain = HiddenChain(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([0, 1]))
    >>> expect_next(chain, np.array([[3.0, 1.0]]), np.eye(2)).round(3).tolist()
    [[0.5, 0.5], [0.7, 0.3]]
    """
    from topoquant.lib.bars.synthetic.chains_kernel import filter_sparse  # noqa: PLC0415  (imports numba)

    start, column = np.nonzero(chain.transition)
    first = np.searchsorted(start, np.arange(len(chain.initial) + 1))
    return np.asarray(
        filter_sparse(
            chain.initial, first, column, chain.transition[start, column], chain.outlook,
            np.ascontiguousarray(likelihood), np.ascontiguousarray(value),
        )
    )  # fmt: skip


def plain_expect_next(
    chain: HiddenChain, likelihood: NDArray[np.float64], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what `expect_next` does, by Bayes' rule and the whole transition matrix.

    Parameters
    ----------
    chain, likelihood, value
        As in `expect_next`.

    Returns
    -------
    ndarray of float64, shape (n + 1, n_values)

    Examples
    --------
    >>> chain = HiddenChain(np.array([1.0, 0.0]), np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([0, 1]))
    >>> plain_expect_next(chain, np.ones((1, 2)), np.eye(2)).tolist()
    [[1.0, 0.0], [0.9, 0.1]]
    """
    predicted = [chain.initial]
    for seen in likelihood:
        posterior = predicted[-1] * seen[chain.outlook]
        predicted.append(posterior / posterior.sum() @ chain.transition)
    return np.array(predicted) @ value

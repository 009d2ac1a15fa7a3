"""Which hidden state is which: names that a refit, with other seeds or rows, gives to the same states."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input

Array = NDArray[np.float64]
# Names of three states, in the order of every table.
REGIMES = ("range", "trend", "panic")
VOLATILITY, EFFICIENCY = "log_volatility", "efficiency"


def trait_columns(names: Sequence[str]) -> tuple[list[int], list[int]]:
    """Say which inputs measure volatility, and which measure drift without its sign.

    Parameters
    ----------
    names : sequence of str
        Of the inputs.

    Returns
    -------
    volatility, drift : list of int
        Places of `log_volatility...` and of `efficiency...`.

    Examples
    --------
    >>> trait_columns(["efficiency_32", "log_return_1", "log_volatility_24"])
    ([2], [0])
    """
    volatility, drift = (
        [i for i, name in enumerate(names) if name.startswith(kind)] for kind in (VOLATILITY, EFFICIENCY)
    )
    return volatility, drift


def state_traits(names: Sequence[str], means: Array, covariances: Array) -> tuple[Array, Array]:
    """Say how volatile each state is, and how strongly prices move in one direction in it.

    Parameters
    ----------
    names : sequence of str
        Of the inputs, such as `log_volatility_48`, `efficiency_96` or `log_return_1`.
    means : ndarray, shape (n_states, n_inputs)
        Of standardised inputs.
    covariances : ndarray, shape (n_states, n_inputs, n_inputs)
        Likewise.

    Returns
    -------
    volatility : ndarray, shape (n_states,)
        The mean of the inputs that measure log volatility; where there are none, the root of the mean
        variance of the other inputs.
    drift : ndarray, shape (n_states,)
        The mean of the inputs that measure efficiency; where there are none, the distance from 0 of
        the means of the inputs that do not measure volatility; where there are none either, 0.

    Examples
    --------
    >>> means, covariances = np.array([[0.0], [0.5]]), np.array([[[4.0]], [[1.0]]])
    >>> [trait.tolist() for trait in state_traits(["log_return_1"], means, covariances)]
    [[2.0, 1.0], [0.0, 0.5]]
    """
    volatile, drifting = trait_columns(names)
    others = [i for i in range(len(names)) if i not in volatile]
    spread = np.diagonal(covariances, axis1=1, axis2=2)[:, others]
    volatility = means[:, volatile].mean(axis=1) if volatile else np.sqrt(spread.mean(axis=1))
    if drifting:
        return volatility, means[:, drifting].mean(axis=1)
    return volatility, np.sqrt((means[:, others] ** 2).sum(axis=1))


def order_states(volatility: Array, drift: Array) -> tuple[list[int], tuple[str, ...]]:
    """Put states in an order that does not depend on where the fit began, and name them.

    Parameters
    ----------
    volatility, drift : ndarray, shape (n_states,)
        Of `state_traits`.

    Returns
    -------
    order : list of int
        The states, the first of the tables first.
    names : tuple of str
        Of three states: "panic" and "trend" are the pair of different states with the largest sum of
        the volatility of the first and the drift of the second, "range" is the third. Of another
        number: `state_0` for the least volatile to `state_<n - 1>`.

    Raises
    ------
    InputError
        If a trait is not finite.

    Notes
    -----
    The pair is chosen together: where two states are about equally volatile, which of them is "panic"
    is decided by the drift of the other, and does not flip when their order does.

    Examples
    --------
    >>> order_states(np.array([0.9, -1.0, 0.8]), np.array([1.0, -0.5, -0.6]))
    ([1, 0, 2], ('range', 'trend', 'panic'))
    """
    if not (np.isfinite(volatility).all() and np.isfinite(drift).all()):
        raise bad_input("traits of the states", "finite", [volatility.tolist(), drift.tolist()], "fit again")
    if len(volatility) != len(REGIMES):
        order = [int(state) for state in np.lexsort((drift, volatility))]
        return order, tuple(f"state_{i}" for i in range(len(order)))
    pairs = permutations(range(len(REGIMES)), 2)
    panic, trend = max(pairs, key=lambda pair: float(volatility[pair[0]] + drift[pair[1]]))
    calm = next(state for state in range(len(REGIMES)) if state not in (panic, trend))
    return [calm, trend, panic], REGIMES

"""What the rows so far say of a hidden state: filtered, never smoothed."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input

Array = NDArray[np.float64]
# Rounding of probabilities that were written down with a few digits.
_SUM_TOLERANCE = 1e-6


def forward_filter(
    log_likelihood: ArrayLike,
    start_probability: ArrayLike,
    transition: ArrayLike,
    *,
    steps: ArrayLike | None = None,
) -> Array:
    """Return the probability of each hidden state given the rows up to and including its own.

    Parameters
    ----------
    log_likelihood : array-like, shape (n, n_states)
        Log density of what each row shows under each state, in time order, up to a constant of the
        row. A row with a NaN was not observed: its state is predicted from the row before.
    start_probability : array-like, shape (n_states,)
        Probability of each state in the first row, before it is seen.
    transition : array-like, shape (n_states, n_states)
        Probability of the column's state in a row, given the row's in the row before.
    steps : array-like of int, shape (n,), optional
        Bars from the row before to each row, at least 1; the first entry is not looked at. A row
        after a gap of g missing bars has g + 1, and its state is predicted so many times. Without
        it every row follows the one before.

    Returns
    -------
    ndarray of float64, shape (n, n_states)
        Rows add up to 1. Row i depends on rows up to i alone: appending rows changes no bit of it.

    Raises
    ------
    InputError
        For shapes that do not belong together, probabilities that are none, steps below 1, or a
        row that no possible state can show.

    References
    ----------
    Hamilton, J. D. (1989), A new approach to the economic analysis of nonstationary time series and
    the business cycle. Rabiner, L. R. (1989), A tutorial on hidden Markov models, section III A.

    Examples
    --------
    The umbrella of Russell and Norvig (Artificial Intelligence: A Modern Approach, section 14.2):

    >>> seen, unseen = np.log([0.9, 0.2]), np.log([0.1, 0.8])
    >>> rain = [[0.7, 0.3], [0.3, 0.7]]
    >>> forward_filter([seen, seen, unseen, seen, seen], [0.5, 0.5], rain)[:, 0].round(4).tolist()
    [0.8182, 0.8834, 0.1907, 0.7308, 0.8673]
    """
    from topoquant.lib.regimes.filtering_kernel import filter_states  # noqa: PLC0415  (imports numba)

    likelihood = np.ascontiguousarray(log_likelihood, np.float64)
    start, matrix = (np.ascontiguousarray(one, np.float64) for one in (start_probability, transition))
    _check_chain(likelihood, start, matrix)
    n_bars = _check_steps(steps, len(likelihood))
    filtered = filter_states(likelihood, start, matrix, n_bars)
    # What is no number once stays so to the last row.
    if np.isnan(filtered[-1:]).any():
        first = int(np.argmax(np.isnan(filtered).any(axis=1)))
        raise bad_input(
            "log_likelihood", "finite for a state that is possible", f"{likelihood[first]} in row {first}",
            "check what that row shows",
        )  # fmt: skip
    return np.asarray(filtered)


def plain_forward_filter(
    log_likelihood: ArrayLike,
    start_probability: ArrayLike,
    transition: ArrayLike,
    *,
    steps: ArrayLike | None = None,
) -> Array:
    """Return what `forward_filter` does, by Bayes' rule one row at a time.

    Parameters
    ----------
    log_likelihood, start_probability, transition, steps
        As in `forward_filter`.

    Returns
    -------
    ndarray of float64, shape (n, n_states)

    Examples
    --------
    >>> stay = [[0.9, 0.1], [0.1, 0.9]]
    >>> plain_forward_filter(np.log([[0.5, 0.5], [0.9, 0.1]]), [1.0, 0.0], stay).round(3).tolist()
    [[1.0, 0.0], [0.988, 0.012]]
    """
    likelihood = np.asarray(log_likelihood, np.float64)
    matrix = np.asarray(transition, np.float64)
    n_bars = _check_steps(steps, len(likelihood))
    belief, filtered = np.asarray(start_probability, np.float64), []
    for t, seen in enumerate(likelihood):
        if t:
            belief = belief @ np.linalg.matrix_power(matrix, int(n_bars[t]))
        if not np.isnan(seen).any():
            with np.errstate(divide="ignore"):
                logs = np.log(belief) + seen
            weight = np.exp(logs - logs.max())
            belief = weight / weight.sum()
        filtered.append(belief)
    return np.array(filtered).reshape(likelihood.shape)


def _check_chain(likelihood: Array, start: Array, matrix: Array) -> None:
    """Refuse what is no hidden chain, and likelihoods that belong to another one."""
    n_states = len(start)
    if likelihood.ndim != 2 or likelihood.shape[1] != n_states or matrix.shape != (n_states, n_states):
        raise bad_input(
            "shapes of log_likelihood and transition", f"(n, {n_states}) and ({n_states}, {n_states})",
            f"{likelihood.shape} and {matrix.shape}", "pass one column per entry of start_probability",
        )  # fmt: skip
    for name, rows in (("start_probability", start[None]), ("transition", matrix)):
        if not ((rows >= 0).all() and np.allclose(rows.sum(axis=1), 1.0, rtol=0, atol=_SUM_TOLERANCE)):
            raise bad_input(name, "probabilities that add up to 1", rows.tolist(), "normalise each row")


def _check_steps(steps: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """Return the bars from row to row."""
    if steps is None:
        return np.ones(n, np.int64)
    n_bars = np.ascontiguousarray(steps, np.int64)
    if n_bars.shape != (n,) or (n_bars[1:] < 1).any():
        raise bad_input("steps", f"{n} whole numbers of at least 1", n_bars.tolist()[:5], "sort rows by time")
    return n_bars

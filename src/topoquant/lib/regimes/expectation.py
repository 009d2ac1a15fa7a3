"""Expectation and maximisation from several starts; hmmlearn does the steps."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.regimes.options import HMMOptions

if TYPE_CHECKING:
    from hmmlearn.hmm import GaussianHMM

Array = NDArray[np.float64]
Axes = tuple[Sequence[int], Sequence[int]]
# Probability of staying in a state from which every start begins, and the variance added to a group of
# nearly equal rows.
STAY, LEAST_VARIANCE = 0.95, 1e-3
# Least and largest share of the rows that a start takes for volatile, and for drifting.
SHARES = (0.15, 0.4)


@dataclass(frozen=True)
class Chain:
    """A hidden chain with Gaussian states: `start` (n_states,), `transition`, `means`, `covariances`."""

    start: Array
    transition: Array
    means: Array
    covariances: Array

    def take(self, order: Sequence[int]) -> "Chain":
        """Return the same chain, its states in another order."""
        rows = list(order)
        return Chain(
            self.start[rows],
            self.transition[np.ix_(rows, rows)],
            self.means[rows],
            self.covariances[rows],
        )


def maximise(
    values: Array, lengths: Sequence[int], options: HMMOptions, *, axes: Axes, seed: int
) -> tuple[Chain, dict[str, Any]]:
    """Fit a chain from every start and keep the likeliest that can be fitted to the end.

    Parameters
    ----------
    values : ndarray, shape (n, n_inputs)
        Standardised rows in time order, piece after piece.
    lengths : sequence of int
        Rows of each piece.
    options : HMMOptions
        Number of states, starts and steps.
    axes : tuple of two sequences of int
        See `starting_groups`.
    seed : int
        Of the starts.

    Returns
    -------
    chain : Chain
        In the order in which it was fitted.
    record : dict
        `log_likelihood` (per row), `n_iterations`, `converged`, `starts` (log-likelihood per row after the
        short run, None where it failed).

    Raises
    ------
    InputError
        When no start can be fitted.
    """
    models, scores = [], []
    for start in range(options.n_starts):
        rng = np.random.default_rng([seed, start])
        model = _begin(values, starting_groups(values, axes, options.n_states, rng), options)
        models.append(model)
        scores.append(_run(model, values, lengths, options.n_short, options))
    fitted = [i for i, score in enumerate(scores) if score is not None]
    if not fitted:
        raise bad_input(
            "starts of the hidden Markov model", "at least 1 that can be fitted", f"0 of {options.n_starts}",
            "choose inputs that vary, another covariance, or a longer stretch of train rows",
        )  # fmt: skip
    for best in sorted(fitted, key=lambda i: float(scores[i] or 0.0), reverse=True):
        model = models[best]
        score = _run(model, values, lengths, options.n_iterations, options)
        if score is not None:
            break
    else:
        raise bad_input(
            "starts of the hidden Markov model", "at least 1 fitted to the end", "none, each lost a state",
            "choose other inputs, more starts, or a longer stretch of train rows",
        )  # fmt: skip
    record = {
        "log_likelihood": score, "n_iterations": options.n_short + int(model.monitor_.iter),
        "converged": bool(model.monitor_.converged and model.monitor_.iter < options.n_iterations),
        "starts": scores,
    }  # fmt: skip
    first = np.asarray(model.startprob_, np.float64)
    return Chain(first, np.asarray(model.transmat_), np.asarray(model.means_), _covariances(model)), record


def starting_groups(values: Array, axes: Axes, n_states: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Put every row into one of as many groups as there are states: where EM begins.

    Parameters
    ----------
    values : ndarray, shape (n, n_inputs)
        Standardised rows.
    axes : tuple of two sequences of int
        Columns that measure volatility, and columns that measure drift.
    n_states : int
        Groups.
    rng : Generator
        Draws how many rows the groups get, or which rows they gather around.

    Returns
    -------
    ndarray of int, shape (n,)
        With three states and both axes, what their names mean: the most volatile share of the rows, of
        all rows the share that drifts most, and the rest. Likelihood alone would as soon cut one axis
        into three. Otherwise the nearest of `n_states` rows drawn at random.

    Examples
    --------
    >>> rows = np.array([[0.0, -1.0], [2.0, -1.0], [0.0, 2.0], [0.1, -1.0]])
    >>> starting_groups(rows, ([1], [0]), 3, np.random.default_rng(0)).tolist()
    [0, 1, 2, 0]
    """
    volatile, drifting = axes
    if n_states == 3 and volatile and drifting:
        group = np.zeros(len(values), np.intp)
        shares = rng.uniform(*SHARES, 2)
        for state, columns, share in zip((1, 2), (drifting, volatile), shares, strict=True):
            axis = values[:, list(columns)].mean(axis=1)
            group[axis > np.quantile(axis, 1 - share)] = state
        return group
    centres = values[rng.choice(len(values), n_states, replace=False)]
    return np.asarray(np.argmin([np.square(values - centre).sum(axis=1) for centre in centres], axis=0))


def _begin(values: Array, group: NDArray[np.intp], options: HMMOptions) -> "GaussianHMM":
    """Begin with what the groups look like, and with states that last."""
    from hmmlearn.hmm import GaussianHMM  # noqa: PLC0415  (imports scikit-learn)

    n_states = options.n_states
    model = GaussianHMM(
        n_states, covariance_type=options.covariance, init_params="", implementation="scaling"
    )
    model.startprob_ = np.full(n_states, 1 / n_states)
    model.transmat_ = np.full((n_states, n_states), (1 - STAY) / (n_states - 1))
    np.fill_diagonal(model.transmat_, STAY)
    # A group without rows begins as all rows do.
    parts = [values[group == state] if (group == state).any() else values for state in range(n_states)]
    model.means_ = np.array([part.mean(axis=0) for part in parts])
    spreads = np.array([part.var(axis=0) for part in parts]) + LEAST_VARIANCE
    model.covars_ = spreads if options.covariance == "diag" else np.array([np.diag(one) for one in spreads])
    return model


def _run(
    model: "GaussianHMM", values: Array, lengths: Sequence[int], n_steps: int, options: HMMOptions
) -> float | None:
    """Take EM steps until they gain too little; return the log-likelihood per row, None for a failed fit."""
    model.n_iter = model.monitor_.n_iter = n_steps
    model.tol = model.monitor_.tol = options.tolerance * len(values)
    logger = logging.getLogger("hmmlearn.base")
    was_disabled, logger.disabled = logger.disabled, True
    try:
        model.fit(values, lengths)
    except (ValueError, np.linalg.LinAlgError):
        # A state that lost all its rows, or a covariance that is none.
        return None
    finally:
        logger.disabled = was_disabled
    score = model.monitor_.history[-1] / len(values)
    usable = np.isfinite(_covariances(model)).all() and np.allclose(model.transmat_.sum(axis=1), 1.0)
    return float(score) if np.isfinite(score) and usable else None


def _covariances(model: "GaussianHMM") -> Array:
    """Covariances of the states as matrices, whatever the kind."""
    return np.asarray(model.covars_, np.float64)

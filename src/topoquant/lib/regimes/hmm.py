"""A Gaussian hidden Markov model: fitted on train rows, stored as plain numbers, filtered forward."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.regimes.expectation import maximise
from topoquant.lib.regimes.filtering import forward_filter
from topoquant.lib.regimes.naming import order_states, state_traits, trait_columns
from topoquant.lib.regimes.options import HMMOptions

Array = NDArray[np.float64]
Features = pd.DataFrame | ArrayLike
# Standardised inputs beyond this are cut: one bar of a crash is not worth a state of its own.
CLIP = 8.0
ARRAYS = ("location", "scale", "start_probability", "transition", "means", "covariances")


@dataclass(frozen=True, eq=False)
class RegimeModel:
    """A fitted hidden Markov model, its states in the order of their names.

    Attributes
    ----------
    inputs : tuple of str
        What it looks at, in the order of its columns.
    states : tuple of str
        Names of the states.
    location, scale : ndarray, shape (n_inputs,)
        Mean and standard deviation of each input over the train rows.
    start_probability : ndarray, shape (n_states,)
        Of the first row of a piece.
    transition : ndarray, shape (n_states, n_states)
        From the row's state to the column's, per bar.
    means : ndarray, shape (n_states, n_inputs)
        Of standardised inputs.
    covariances : ndarray, shape (n_states, n_inputs, n_inputs)
        Likewise.
    record : mapping
        `n_rows` and `n_pieces` fitted on, `log_likelihood` per row, `n_iterations`, `converged`, and of
        every start its log-likelihood per row after the short run (None where it failed).
    """

    inputs: tuple[str, ...]
    states: tuple[str, ...]
    location: Array
    scale: Array
    start_probability: Array
    transition: Array
    means: Array
    covariances: Array
    record: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers for JSON, every float with all its digits."""
        arrays = {name: getattr(self, name).tolist() for name in ARRAYS}
        return {
            "inputs": list(self.inputs),
            "states": list(self.states),
            **arrays,
            "record": dict(self.record),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "RegimeModel":
        """Return the model that `to_dict` wrote, bit for bit."""
        arrays = {name: np.array(stored[name], np.float64) for name in ARRAYS}
        return cls(
            inputs=tuple(stored["inputs"]),
            states=tuple(stored["states"]),
            record=dict(stored["record"]),
            **arrays,
        )


def fit_hmm(
    features: Features, options: HMMOptions, *, lengths: Sequence[int] | None = None, seed: int = 0
) -> RegimeModel:
    """Fit a Gaussian hidden Markov model by the EM algorithm, from several starts.

    Parameters
    ----------
    features : DataFrame or array-like, shape (n, n_inputs)
        Train rows in time order; the columns of a frame name the inputs. Columns of an array are taken
        for a log-return and, from the second on, log volatilities.
    options : HMMOptions
        Number of states, starts and steps.
    lengths : sequence of int, optional
        Rows of each contiguous piece, in order: no transition leads from one to the next. Without it all
        rows are one piece.
    seed : int
        Of the starts. The same rows, options and seed give the same model, bit for bit.

    Returns
    -------
    RegimeModel
        Its states in an order that does not depend on the start, see `order_states`.

    Raises
    ------
    InputError
        For a value that is not finite, an input that does not vary, fewer than 10 rows per state, lengths
        that do not add up to the rows, or when no start can be fitted.

    Notes
    -----
    Inputs are standardised on these rows and cut at 8 standard deviations. Every start runs `n_short` EM
    steps, and the best goes on until it converges (Biernacki, Celeux and Govaert 2003). Whether it did is
    in `record`. Three states of inputs that measure volatility and drift begin as what their names mean,
    see `expectation.starting_groups`: the model is the likeliest of that kind, which need not be the
    likeliest of all.

    References
    ----------
    Rabiner, L. R. (1989), A tutorial on hidden Markov models. Hamilton, J. D. (1989), A new approach to
    the economic analysis of nonstationary time series and the business cycle.

    Examples
    --------
    >>> options = HMMOptions(
    ...     n_states=2, covariance="diag", n_starts=2, n_short=5, n_iterations=50, tolerance=1e-6
    ... )
    >>> rng = np.random.default_rng(0)
    >>> calm, wild = rng.normal(0, 1, 300), rng.normal(0, 4, 300)
    >>> model = fit_hmm(np.concatenate([calm, wild])[:, None], options)
    >>> model.states, filter_hmm(model, [[0.1], [9.0]]).round().tolist()
    (('state_0', 'state_1'), [[1.0, 0.0], [0.0, 1.0]])
    """
    names, values = _named(features, None)
    pieces = [len(values)] if lengths is None else [int(one) for one in lengths]
    _check_rows(names, values, pieces, options)
    location, scale = values.mean(axis=0), values.std(axis=0)
    _check_scale(names, scale)
    rows = _standardised(values, location, scale)
    chain, record = maximise(rows, pieces, options, axes=trait_columns(names), seed=seed)
    order, states = order_states(*state_traits(names, chain.means, chain.covariances))
    chain = chain.take(order)
    return RegimeModel(
        inputs=names, states=states, location=location, scale=scale, start_probability=chain.start,
        transition=chain.transition, means=chain.means, covariances=chain.covariances,
        record={"n_rows": len(values), "n_pieces": len(pieces), **record},
    )  # fmt: skip


def filter_hmm(model: RegimeModel, features: Features, *, steps: ArrayLike | None = None) -> Array:
    """Return the filtered probability of each state of a fitted model: forward in time, never smoothed.

    Parameters
    ----------
    model : RegimeModel
        Of `fit_hmm`.
    features : DataFrame or array-like, shape (n, n_inputs)
        Rows in time order; a frame has the inputs among its columns. A row with a NaN was not observed:
        its probabilities are predicted from the row before.
    steps : array-like of int, shape (n,), optional
        Bars from the row before to each row, see `forward_filter`.

    Returns
    -------
    ndarray of float64, shape (n, n_states)
        In the order of `model.states`; rows add up to 1. Row i depends on rows up to i alone.

    Raises
    ------
    InputError
        For inputs that are missing or infinite.

    Examples
    --------
    See `fit_hmm`.
    """
    _, values = _named(features, model.inputs)
    return forward_filter(
        state_log_density(model, values), model.start_probability, model.transition, steps=steps
    )


def state_log_density(model: RegimeModel, values: Array) -> Array:
    """Return the log density of each row's inputs under each state.

    Parameters
    ----------
    model : RegimeModel
        Of `fit_hmm`.
    values : ndarray, shape (n, n_inputs)
        As they were measured, in the order of `model.inputs`.

    Returns
    -------
    ndarray of float64, shape (n, n_states)
        Of standardised inputs; NaN where an input is.
    """
    from topoquant.lib.regimes.filtering_kernel import gaussian_log_density  # noqa: PLC0415  (numba)

    factor = np.linalg.cholesky(model.covariances)
    whitening = np.linalg.inv(factor)
    log_size = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    offset = -log_size - 0.5 * len(model.inputs) * np.log(2 * np.pi)
    standardised = _standardised(values, model.location, model.scale)
    return np.asarray(gaussian_log_density(standardised, model.means, whitening, offset))


def _standardised(values: Array, location: Array, scale: Array) -> Array:
    """Measure inputs in standard deviations of the train rows, and cut the outermost."""
    return np.ascontiguousarray(np.clip((values - location) / scale, -CLIP, CLIP))


def _named(features: Features, wanted: tuple[str, ...] | None) -> tuple[tuple[str, ...], Array]:
    """Return names and values of the inputs; those of an array are known by their place."""
    if isinstance(features, pd.DataFrame):
        names = wanted or tuple(map(str, features.columns))
        if missing := [name for name in names if name not in features]:
            raise bad_input("features", f"a frame with {', '.join(names)}", f"none of {missing}", "add them")
        values = features[list(names)].to_numpy(np.float64)
    else:
        values = np.asarray(features, np.float64)
        n_inputs = values.shape[1] if values.ndim == 2 else 0
        names = wanted or ("log_return", *(f"log_volatility_{i}" for i in range(1, n_inputs)))
    if values.ndim != 2 or values.shape[1] != len(names):
        raise bad_input("features", f"of shape (n, {len(names)})", values.shape, "pass one column per input")
    if np.isinf(values).any():
        raise bad_input("features", "finite, or NaN where not observed", "inf", "leave such rows out")
    return names, values


def _check_rows(names: Sequence[str], values: Array, pieces: Sequence[int], options: HMMOptions) -> None:
    """Refuse rows that no model can be fitted on."""
    if np.isnan(values).any():
        first = names[int(np.argmax(np.isnan(values).any(axis=0)))]
        raise bad_input("train rows", "finite", f"NaN in {first}", "leave rows of the warm-up out")
    if min(pieces, default=0) < 1 or sum(pieces) != len(values):
        raise bad_input("lengths", f"at least 1 each and {len(values)} together", pieces[:5], "count again")
    least = 10 * options.n_states
    if len(values) < least:
        raise bad_input(
            "train rows of a regime model", f"at least {least}", len(values),
            "load more bars, or ask for fewer folds or shorter inputs",
        )  # fmt: skip


def _check_scale(names: Sequence[str], scale: Array) -> None:
    """Refuse an input that stands still."""
    if (scale <= 0).any():
        still = names[int(np.argmin(scale))]
        raise bad_input(f"input {still}", "different from row to row", "one value", "choose another input")

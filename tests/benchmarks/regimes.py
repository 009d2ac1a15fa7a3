"""The forward filter beside hmmlearn's own forward pass, and beside its smoother."""

import numpy as np
from hmmlearn import _hmmc
from hmmlearn.hmm import GaussianHMM

from tests.benchmarks.measuring import Row, compare, some_bars
from topoquant.lib.regimes import (
    HMMOptions,
    RegimeInputOptions,
    RegimeModel,
    filter_hmm,
    fit_hmm,
    forward_filter,
    regime_inputs,
)
from topoquant.lib.regimes.hmm import state_log_density

INPUTS = RegimeInputOptions(efficiency=(32,), log_volatility=(24.0,), log_return=())
HMM = HMMOptions(n_states=3, covariance="diag", n_starts=1, n_short=5, n_iterations=30, tolerance=1e-6)


def filter_million(*, quick: bool) -> Row:
    """Likelihoods in, filtered probabilities out."""
    model, rows, _ = _model_rows_and_peer(quick=quick)
    density = state_log_density(model, rows)

    def ours() -> np.ndarray:
        return forward_filter(density, model.start_probability, model.transition)

    def theirs() -> np.ndarray:
        likelihood = np.exp(density)
        return _hmmc.forward_scaling(model.start_probability, model.transition, likelihood)[1]

    np.testing.assert_allclose(ours(), theirs(), atol=1e-6)
    return compare(
        "forward_filter, 3 states", "bars", ours=(ours, len(rows)), peer=(theirs, len(rows)),
        compared="hmmlearn's compiled forward pass with scaling, which underflows where ours does not",
        repeats=1 if quick else 5,
    )  # fmt: skip


def filter_inputs(*, quick: bool) -> Row:
    """Inputs in, filtered probabilities out; the peer gives smoothed ones, which no decision may use."""
    model, rows, peer = _model_rows_and_peer(quick=quick)
    values = (rows - model.location) / model.scale

    def ours() -> np.ndarray:
        return filter_hmm(model, rows)

    def theirs() -> np.ndarray:
        return peer.predict_proba(values)

    np.testing.assert_allclose(ours()[-1], theirs()[-1], atol=1e-6)
    return compare(
        "filter_hmm, 3 states", "bars", ours=(ours, len(rows)), peer=(theirs, len(rows)),
        compared="hmmlearn predict_proba, which looks ahead too", repeats=1 if quick else 3,
    )  # fmt: skip


def _model_rows_and_peer(*, quick: bool) -> tuple[RegimeModel, np.ndarray, GaussianHMM]:
    """A model of the bars there are, a million rows of their inputs, and hmmlearn with the same numbers."""
    inputs = regime_inputs(some_bars(2_000 if quick else 20_000), INPUTS, interval="15m").iloc[:, 2:].dropna()
    model = fit_hmm(inputs, HMM)
    peer = GaussianHMM(3, covariance_type="full", init_params="", implementation="log")
    peer.startprob_, peer.transmat_ = model.start_probability, model.transition
    peer.means_, peer.covars_ = model.means, model.covariances
    n_rows = 2_000 if quick else 1_000_000
    return model, np.resize(inputs.to_numpy(), (n_rows, 2)), peer

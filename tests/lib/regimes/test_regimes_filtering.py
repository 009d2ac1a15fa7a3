"""The forward filter: worked by hand, against the plain function and hmmlearn, and blind to the future."""

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.regimes import filter_hmm, fit_hmm, forward_filter
from topoquant.lib.regimes.filtering import plain_forward_filter
from topoquant.lib.regimes.hmm import state_log_density

SUNNY, RAINY = np.log([0.9, 0.2]), np.log([0.1, 0.8])
RAIN = [[0.7, 0.3], [0.3, 0.7]]


@st.composite
def chains(draw):
    """A chain with some impossible transitions, and what 1 to 12 rows show, some of them nothing."""
    n_states = draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    matrix = rng.dirichlet(np.full(n_states, 0.5), n_states)
    matrix[rng.random(matrix.shape) < 0.2] = 0.0
    matrix += np.eye(n_states) * 0.01
    likelihood = rng.normal(0, draw(st.sampled_from([0.1, 5.0, 400.0])), (draw(st.integers(1, 12)), n_states))
    likelihood[rng.random(len(likelihood)) < 0.2, 0] = np.nan
    start = rng.dirichlet(np.ones(n_states))
    steps = rng.integers(1, 5, len(likelihood))
    return likelihood, start, matrix / matrix.sum(axis=1, keepdims=True), steps


def test_the_umbrella():
    """Russell and Norvig: umbrella seen on days 1, 2, 4 and 5."""
    seen = [SUNNY, SUNNY, RAINY, SUNNY, SUNNY]
    rain = forward_filter(seen, [0.5, 0.5], RAIN)[:, 0]
    assert rain.round(4).tolist() == [0.8182, 0.8834, 0.1907, 0.7308, 0.8673]


def test_a_day_that_was_not_looked_at_is_predicted():
    rain = forward_filter([SUNNY, [np.nan, np.nan], SUNNY], [0.5, 0.5], RAIN)[:, 0]
    # 0.8182 * .7 + 0.1818 * .3, then the umbrella of the third day.
    predicted = 0.7 * 9 / 11 + 0.3 * 2 / 11
    again = 0.7 * predicted + 0.3 * (1 - predicted)
    np.testing.assert_allclose(rain[1:], [predicted, 0.9 * again / (0.9 * again + 0.2 * (1 - again))])


@settings(max_examples=60, deadline=None)
@given(chains())
def test_the_kernel_is_the_plain_function(chain):
    likelihood, start, matrix, steps = chain
    kernel = forward_filter(likelihood, start, matrix, steps=steps)
    np.testing.assert_allclose(
        kernel, plain_forward_filter(likelihood, start, matrix, steps=steps), atol=1e-9
    )
    np.testing.assert_allclose(kernel.sum(axis=1), 1.0)


@settings(max_examples=30, deadline=None)
@given(chains(), st.integers(1, 12))
def test_rows_that_come_later_change_no_bit(chain, n):
    likelihood, start, matrix, steps = chain
    whole = forward_filter(likelihood, start, matrix, steps=steps)
    part = forward_filter(likelihood[:n], start, matrix, steps=steps[:n])
    assert part.tobytes() == whole[:n].tobytes()


def test_a_gap_is_so_many_days_not_looked_at():
    nothing = [np.nan, np.nan]
    stepped = forward_filter([SUNNY, SUNNY], [0.5, 0.5], RAIN, steps=[1, 4])
    waited = forward_filter([SUNNY, nothing, nothing, nothing, SUNNY], [0.5, 0.5], RAIN)
    assert stepped[1].tolist() == waited[-1].tolist()
    # After a long gap nothing is left but what the chain does on its own.
    far = forward_filter([SUNNY, nothing], [0.5, 0.5], RAIN, steps=[1, 200])
    np.testing.assert_allclose(far[1], [0.5, 0.5])


def test_likelihoods_that_would_underflow_do_not():
    """A row whose best state is impossible, and densities of e to the minus 5,000."""
    stuck = [[1.0, 0.0], [0.0, 1.0]]
    assert forward_filter([[-5000.0, 0.0]] * 3, [1.0, 0.0], stuck).tolist() == [[1.0, 0.0]] * 3
    even = forward_filter([[-5000.0, -5000.0]], [0.3, 0.7], stuck)
    np.testing.assert_allclose(even, [[0.3, 0.7]])


def test_the_likelihood_is_hmmlearns(hmm):
    """Prediction errors of our filter add up to the log-likelihood of hmmlearn's forward pass."""
    rng = np.random.default_rng(1)
    rows = np.cumsum(rng.normal(size=(400, 2)), axis=0) * 0.2 + rng.normal(size=(400, 2))
    model = fit_hmm(rows, hmm(covariance="full"))
    values = (rows - model.location) / model.scale
    peer = GaussianHMM(3, covariance_type="full", init_params="", implementation="log")
    peer.startprob_, peer.transmat_ = model.start_probability, model.transition
    peer.means_, peer.covars_ = model.means, model.covariances
    density, filtered = state_log_density(model, rows), filter_hmm(model, rows)
    predicted = np.vstack([model.start_probability, filtered[:-1] @ model.transition])
    ours = np.log((predicted * np.exp(density)).sum(axis=1)).sum()
    np.testing.assert_allclose(ours, peer.score(values), rtol=1e-10)
    # The last filtered row is the last smoothed one: nothing comes after it.
    np.testing.assert_allclose(filtered[-1], peer.predict_proba(values)[-1], atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([SUNNY], [0.5, 0.4], RAIN), "start_probability must be probabilities that add up to 1"),
        (([SUNNY], [0.5, 0.5], [[0.7, 0.7], [0.3, 0.7]]), "transition must be probabilities"),
        (([SUNNY], [1 / 3] * 3, RAIN), "shapes of log_likelihood and transition"),
        (([[-np.inf, 0.0]], [1.0, 0.0], RAIN), "finite for a state that is possible.* in row 0"),
    ],
)
def test_what_is_no_chain_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        forward_filter(*arguments)


def test_steps_back_in_time_are_refused():
    with pytest.raises(InputError, match="steps must be 2 whole numbers of at least 1"):
        forward_filter([SUNNY, SUNNY], [0.5, 0.5], RAIN, steps=[1, 0])


def test_no_rows_give_no_rows():
    assert forward_filter(np.empty((0, 2)), [0.5, 0.5], RAIN).shape == (0, 2)

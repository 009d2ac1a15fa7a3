"""Fits: names that stay, plain numbers, refusals; and what filtering can know of a known market."""

import json

import numpy as np
import pandas as pd
import pytest
from hmmlearn.hmm import GaussianHMM

from topoquant.lib.bars import bayes_direction_score, synthetic_bars
from topoquant.lib.bars.synthetic.ceilings import ranking_auc
from topoquant.lib.errors import InputError
from topoquant.lib.indicators.rolling_kernel import exponential_mean
from topoquant.lib.regimes import REGIMES, RegimeModel, filter_hmm, fit_hmm, regime_inputs
from topoquant.lib.regimes.naming import order_states, state_traits

from .conftest import INTERVAL


@pytest.fixture(scope="module")
def inputs(market, options):
    return regime_inputs(market[0], options.inputs, interval=INTERVAL)


@pytest.fixture(scope="module")
def model(inputs, hmm):
    return fit_hmm(inputs.iloc[:, 2:].dropna(), hmm(), seed=0)


def test_the_names_mean_what_they_say(inputs, model, three_regimes):
    """Of a market that stands, runs and shakes in turn."""
    assert model.states == REGIMES
    known = inputs.iloc[:, 2:].notna().all(axis=1).to_numpy()
    named = filter_hmm(model, inputs)[known].argmax(axis=1)
    true = three_regimes[1][known]
    found = [(named[true == state] == state).mean() for state in range(3)]
    # The inputs look back 16 bars of stretches of 100.
    assert min(found) > 0.7
    assert (named == true).mean() > 0.8


@pytest.mark.parametrize("seed", range(1, 6))
def test_other_seeds_give_the_same_names(inputs, model, hmm, seed):
    other = fit_hmm(inputs.iloc[:, 2:].dropna(), hmm(), seed=seed)
    first, second = (filter_hmm(one, inputs).argmax(axis=1) for one in (model, other))
    assert (first == second).mean() > 0.97
    np.testing.assert_allclose(other.means, model.means, atol=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_other_rows_give_the_same_names(inputs, model, hmm, seed):
    """A bootstrap of stretches of 200 rows, as many as there are."""
    rows = inputs.iloc[:, 2:].dropna().to_numpy()
    starts = np.random.default_rng(seed).integers(0, len(rows) - 200, len(rows) // 200)
    drawn = np.concatenate([rows[start : start + 200] for start in starts])
    frame = pd.DataFrame(drawn, columns=list(model.inputs))
    other = fit_hmm(frame, hmm(), lengths=[200] * len(starts), seed=seed)
    first, second = (filter_hmm(one, inputs).argmax(axis=1) for one in (model, other))
    assert (first == second).mean() > 0.9


def test_order_does_not_depend_on_the_order_of_a_fit():
    rng = np.random.default_rng(0)
    volatility, drift = rng.normal(size=(2, 3))
    order, names = order_states(volatility, drift)
    for turned in ([1, 2, 0], [2, 0, 1], [0, 2, 1]):
        again, other = order_states(volatility[turned], drift[turned])
        assert [turned[i] for i in again] == order
        assert names == other == REGIMES


def test_traits_of_returns_are_their_spread_and_their_mean():
    means, covariances = np.array([[0.0], [-0.4]]), np.array([[[9.0]], [[1.0]]])
    volatility, drift = state_traits(["log_return_1"], means, covariances)
    assert (volatility.tolist(), drift.tolist()) == ([3.0, 1.0], [0.0, 0.4])


def test_it_is_the_same_bit_for_bit_and_survives_json(inputs, model, hmm):
    again = fit_hmm(inputs.iloc[:, 2:].dropna(), hmm(), seed=0)
    written = json.dumps(model.to_dict())
    assert json.dumps(again.to_dict()) == written
    read = RegimeModel.from_dict(json.loads(written))
    assert filter_hmm(read, inputs).tobytes() == filter_hmm(model, inputs).tobytes()
    assert json.dumps(read.to_dict()) == written


def test_no_transition_leads_from_piece_to_piece(hmm):
    """Two pieces, each in one state: fitted as one chain there is a transition, as two there is none."""
    rng = np.random.default_rng(2)
    rows = np.concatenate([rng.normal(0, 1, 200), rng.normal(30, 1, 200)])[:, None]
    two = hmm(n_states=2)
    whole, pieces = fit_hmm(rows, two), fit_hmm(rows, two, lengths=[200, 200])
    assert (1 - np.diagonal(whole.transition)).max() == pytest.approx(1 / 200, rel=0.1)
    assert (1 - np.diagonal(pieces.transition)).max() < 1e-6
    assert pieces.record["n_pieces"] == 2


def test_a_row_without_an_input_is_predicted(inputs, model):
    holed = inputs.copy()
    holed.iloc[500:520, 2] = np.nan
    filtered = filter_hmm(model, holed)
    expected = filtered[499]
    for row in filtered[500:520]:
        expected = expected @ model.transition
        np.testing.assert_allclose(row, expected)


def test_what_it_can_know_of_a_hidden_drift_it_knows_and_no_more(hmm):
    """Rise of the next 4 bars on the market `regime`: filtered reaches Bayes, smoothed claims .80 of .64."""
    bayes, ours, smoothed = [], [], []
    for seed in range(4):
        market = synthetic_bars("regime", n_bars=12_000, seed=seed)
        score = bayes_direction_score(market.truth)
        prices = np.log(market.bars["close"].to_numpy())
        returns, rises = np.diff(prices), prices[4:] - prices[:-4] > 0
        # In units of a volatility that is known before the bar.
        squares = exponential_mean(returns**2, 20.0)
        shocks = (returns[1:] / np.sqrt(squares[:-1]))[:, None]
        train = int(0.7 * len(shocks))
        model = fit_hmm(shocks[:train], hmm(n_states=2, n_iterations=300, tolerance=1e-8), seed=seed)
        filtered, behind = filter_hmm(model, shocks), _smoothed(model, shocks)
        label, test = rises[2:].astype(float), slice(train, len(shocks) - 4)
        bayes.append(ranking_auc(score[2:][test], label[train:]))
        for found, probability in ((ours, filtered), (smoothed, behind)):
            ahead = probability @ model.transition @ model.means[:, 0]
            found.append(ranking_auc(ahead[test], label[train:]))
    assert np.mean(bayes) - 0.02 <= np.mean(ours) <= np.mean(bayes) + 0.005
    # The trap: probabilities that have seen the bars they speak of.
    assert np.mean(smoothed) > np.mean(bayes) + 0.1


def _smoothed(model, values):
    """Probabilities given all rows, by hmmlearn."""
    peer = GaussianHMM(2, covariance_type="full", init_params="")
    peer.startprob_, peer.transmat_ = model.start_probability, model.transition
    peer.means_, peer.covars_ = model.means, model.covariances
    return peer.predict_proba((values - model.location) / model.scale)


@pytest.mark.parametrize(
    ("rows", "lengths", "message"),
    [
        (np.arange(20.0)[:, None], None, "at least 30, got 20: load more bars"),
        (np.ones((40, 1)), None, "input log_return must be different from row to row"),
        (np.full((40, 1), np.nan), None, "train rows must be finite, got NaN in log_return"),
        (np.full((40, 1), np.inf), None, "features must be finite"),
        (np.arange(40.0)[:, None], [20, 19], "lengths must be at least 1 each and 40 together"),
        (np.arange(40.0), None, "features must be of shape"),
    ],
)
def test_rows_that_no_model_can_be_fitted_on_are_refused(hmm, rows, lengths, message):
    with pytest.raises(InputError, match=message):
        fit_hmm(rows, hmm(), lengths=lengths)


def test_a_frame_without_an_input_is_refused(inputs, model):
    with pytest.raises(InputError, match=r"features must be a frame with efficiency_16, log_volatility_12"):
        filter_hmm(model, inputs.drop(columns="efficiency_16"))


def test_when_no_start_can_be_fitted_one_error_says_so(inputs, hmm, monkeypatch):
    def fail(self, rows, lengths):
        raise ValueError("transmat_ rows must sum to 1")

    monkeypatch.setattr(GaussianHMM, "fit", fail)
    with pytest.raises(InputError, match="at least 1 that can be fitted, got 0 of 2"):
        fit_hmm(inputs.iloc[:, 2:].dropna(), hmm())


def test_where_the_likeliest_start_breaks_down_the_next_goes_on(inputs, hmm, monkeypatch):
    rows, options, fit, broken = inputs.iloc[:, 2:].dropna(), hmm(n_iterations=100), GaussianHMM.fit, []

    def fail_first(self, values, lengths):
        if self.n_iter == options.n_iterations and len(broken) < n_broken:
            broken.append(self.monitor_.history[-1] / len(values))
            raise ValueError("transmat_ rows must sum to 1")
        return fit(self, values, lengths)

    monkeypatch.setattr(GaussianHMM, "fit", fail_first)
    n_broken = 1
    model = fit_hmm(rows, options)
    assert model.states == REGIMES
    assert broken == [max(model.record["starts"])]
    broken.clear()
    n_broken = options.n_starts
    with pytest.raises(InputError, match="at least 1 fitted to the end"):
        fit_hmm(rows, options)


def test_a_fit_that_was_cut_short_says_so(inputs, model, hmm):
    short = fit_hmm(inputs.iloc[:, 2:].dropna(), hmm(n_short=1, n_iterations=2))
    assert not short.record["converged"]
    assert model.record["converged"]

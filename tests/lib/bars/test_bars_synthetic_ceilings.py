import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from topoquant.lib.bars import bayes_direction_score, bayes_trigger_score
from topoquant.lib.bars.synthetic.ceilings import ranking_auc
from topoquant.lib.errors import InputError

HORIZON = 4


def test_trigger_score_is_the_share_of_driftless_and_drifting_paths():
    rng, n_steps = np.random.default_rng(0), 400
    for drift in (0.0, 0.001, -0.001):
        steps = drift * HORIZON / n_steps + 0.002 * np.sqrt(HORIZON / n_steps) * rng.standard_normal(
            (4000, n_steps)
        )
        reached = (np.cumsum(steps, axis=1).max(axis=1) >= np.log1p(0.003)).mean()
        truth = pd.DataFrame({"drift": [drift], "volatility": [0.002]})
        score = bayes_trigger_score(truth, threshold=0.003, horizon=HORIZON)[0]
        # Paths watched at 400 instants miss a little of the maximum.
        assert reached == pytest.approx(score, abs=0.035)


@given(st.floats(-0.01, 0.01), st.floats(1e-4, 0.02), st.floats(1e-3, 0.1), st.integers(1, 50))
def test_trigger_score_is_a_probability_that_moves_the_right_way(drift, volatility, threshold, horizon):
    truth = pd.DataFrame({"drift": [drift, drift + 0.001], "volatility": volatility})
    score = bayes_trigger_score(truth, threshold=threshold, horizon=horizon)
    assert ((score >= 0) & (score <= 1)).all()
    assert score[1] >= score[0] - 1e-12
    harder = bayes_trigger_score(truth, threshold=threshold * 1.1, horizon=horizon)
    assert (harder <= score + 1e-12).all()


def test_trigger_score_down_mirrors_up():
    truth = pd.DataFrame({"drift": [0.001], "volatility": [0.002]})
    up = bayes_trigger_score(truth, threshold=0.01, horizon=4)
    down = bayes_trigger_score(truth.assign(drift=-0.001), threshold=1 - 1 / 1.01, horizon=4, side="down")
    assert down == pytest.approx(up)


def test_direction_score_by_hand():
    truth = pd.DataFrame({"drift": [-0.002, np.nan], "volatility": [0.002, 0.002]})
    np.testing.assert_allclose(bayes_direction_score(truth), [norm.cdf(-1), np.nan])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=2, max_size=30))
def test_ranking_auc_counts_pairs(rows):
    score, label = np.array(rows, dtype=float).T
    wins = [(a > b) + 0.5 * (a == b) for a in score[label == 1] for b in score[label == 0]]
    expected = np.mean(wins) if wins else np.nan
    np.testing.assert_allclose(ranking_auc(score, label), expected)


@pytest.mark.parametrize(
    "change", [{"threshold": 0.0}, {"threshold": 1.5, "side": "down"}, {"horizon": 0}, {"side": "both"}]
)
def test_a_trigger_that_makes_no_sense_is_refused(change):
    truth = pd.DataFrame({"drift": [0.0], "volatility": [0.01]})
    with pytest.raises(InputError):
        bayes_trigger_score(truth, **({"threshold": 0.01, "horizon": 4} | change))

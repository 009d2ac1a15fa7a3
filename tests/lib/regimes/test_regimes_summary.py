"""Occupancy, durations and transitions: by hand, and of a market that is known."""

import numpy as np
import pytest

from topoquant.lib.regimes import fit_regimes, regimes_of_bars, summarise_regimes
from topoquant.lib.regimes.summary import N_RECENT, N_STRETCHES, describe_states

from .conftest import EMBARGO, INTERVAL


@pytest.fixture(scope="module")
def summary(market, options):
    bars, splits = market
    models = fit_regimes(bars, splits, options, interval=INTERVAL, embargo=EMBARGO, seed=0)
    regimes = regimes_of_bars(bars, models, options, interval=INTERVAL)
    return summarise_regimes(regimes, bars, splits, models, interval=INTERVAL)[0]


def test_a_gap_ends_a_spell_and_is_no_transition():
    follows = np.array([False, True, True, False, True])
    (first, second, never), transition = describe_states(list("aaabb"), list("abc"), follows)
    assert (first["n_spells"], first["mean_duration"], first["share"]) == (1, 3.0, 0.6)
    assert (second["n_spells"], second["mean_duration"]) == (1, 2.0)
    assert (never["n_spells"], never["mean_duration"], never["share"]) == (0, None, 0.0)
    assert transition == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [None, None, None]]
    (one,), _ = describe_states(list("aaa"), ["a"], np.array([False, True, False]))
    assert (one["n_spells"], one["mean_duration"]) == (2, 1.5)


def test_shares_durations_and_what_follows_belong_together(summary):
    shares = [one["share"] for one in summary["regimes"]]
    assert sum(shares) == pytest.approx(1.0)
    for i, one in enumerate(summary["regimes"]):
        # A spell ends with every step that leads elsewhere; the last one is cut short.
        leaving = 1 - summary["transition"][i][i]
        assert one["mean_duration"] == pytest.approx(1 / leaving, rel=0.1)
        assert sum(summary["transition"][i]) == pytest.approx(1.0)


def test_panic_is_what_shakes(summary):
    """Standard deviations of .001, .0015 and .008 in the three states of the market."""
    calm, trend, panic = (one["next_volatility"] for one in summary["regimes"])
    assert 0.006 < panic < 0.009
    # The first bars of a stretch that shakes belong to the stretch before.
    assert max(calm, trend) < panic / 2
    assert min(summary["agreement"].values()) > 0.9


def test_a_figure_has_no_more_points_than_asked_for(summary):
    whole, recent = summary["whole"], summary["recent"]
    assert len(whole["time"]) == N_STRETCHES == len(whole["close"]) == len(whole["shares"])
    assert len(recent["time"]) == N_RECENT
    for drawn in (whole, recent):
        np.testing.assert_allclose(np.sum(drawn["shares"], axis=1), 1.0, atol=2e-4)
        assert set(drawn["regime"]) <= {"range", "trend", "panic"}
        assert drawn["time"] == sorted(drawn["time"])

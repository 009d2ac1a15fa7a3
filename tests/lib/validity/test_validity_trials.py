"""A market is the bars of the test period; a trial is a prediction with options of its own."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.sampling import SplitOptions, assign_rows
from topoquant.lib.validity import count_trials, market_fingerprint


class Log:
    tracked = True

    def __init__(self, own, runs):
        self.own, self._runs = own, runs

    def runs(self, market):
        return self._runs


def bars_of(n=600, seed=0, symbol="A", start="2024-01-01"):
    close = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.01, n).cumsum())
    time = pd.date_range(start, periods=n, freq="h", tz="UTC")
    return pd.DataFrame({"symbol": symbol, "open_time": time, "close": close})


def market(bars, horizon=4):
    options = SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=None)
    return market_fingerprint(bars, assign_rows(bars, "1h", horizon=horizon, options=options))


@pytest.mark.parametrize("horizon", [1, 8, 12])
def test_another_horizon_is_the_same_market(horizon):
    assert market(bars_of(), horizon) == market(bars_of())


def test_other_bars_symbols_or_dates_are_another_market():
    one = market(bars_of())
    others = [bars_of(seed=1), bars_of(symbol="B"), bars_of(start="2024-01-02"), bars_of(n=700)]
    assert one not in {market(other) for other in others}


@given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1), max_size=6), st.integers(1, 9))
def test_a_repeated_run_adds_nothing(runs, n_compared):
    own = ["a", "b"]
    once = count_trials(Log(own, runs), "m", n_compared=n_compared)
    twice = count_trials(Log(own, [*runs, own]), "m", n_compared=n_compared)
    assert twice["n_trials"] == once["n_trials"] >= n_compared
    assert once["n_distinct"] == len({"a", "b"}.union(*runs))

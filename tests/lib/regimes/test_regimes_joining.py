"""Regimes are looked up by symbol, time and fold, among those that rows can find."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.regimes import asked_regimes, regimes_by_key, regimes_of

FOLDS = [-1, 0, 1]


def made_regimes(n_times=6, symbols=("A", "B")):
    """Regimes of every fit, each probability one of a kind."""
    time = pd.date_range("2024-01-01", periods=n_times, freq="h", tz="UTC")
    index = pd.MultiIndex.from_product([symbols, FOLDS, time], names=["symbol", "fold", "time"])
    table = index.to_frame(index=False)
    numbers = np.arange(len(table)) / len(table)
    return table.assign(p_range=numbers, p_trend=1 - numbers, p_panic=0.0, regime="trend", rule="ranging")


ROWS = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 8), st.sampled_from([-1, 0, 3])), max_size=9)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS)
def test_rows_find_among_what_they_ask_for_what_they_find_among_all(rows):
    regimes = made_regimes()
    symbol, hours, fold = (list(one) for one in zip(*rows, strict=True)) if rows else ([], [], [])
    time = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.array(hours, int), unit="h")
    asking = pd.DataFrame({"symbol": pd.array(symbol, "str"), "time": time, "fold": np.array(fold, int)})
    asked = asked_regimes(asking, regimes)
    assert set(asked["fold"]) <= set(fold)
    keys = ["symbol", "time", "fold"]
    every = asking.merge(regimes, on=keys, how="left")[["p_range", "p_trend", "p_panic", "regime", "rule"]]
    for some in (asked, regimes):
        pd.testing.assert_frame_equal(regimes_of(asking, some), every, check_dtype=False)


def test_a_fit_without_rows_has_columns_where_it_is_named():
    regimes = made_regimes(n_times=1, symbols=("A",))
    named = regimes_by_key(regimes.loc[regimes["fold"] == 0], FOLDS)
    assert named["p_range_0"].tolist() == pytest.approx([1 / 3])
    assert named["regime_-1"].isna().all()
    empty = regimes_by_key(regimes.iloc[:0], FOLDS)
    assert len(empty) == 0
    assert set(empty.columns) == set(named.columns)

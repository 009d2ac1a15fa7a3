"""Positions, next-open returns and the timing return."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.validity import (
    count_entries,
    entry_signs,
    next_open_returns,
    position_quantiles,
    timing_return,
    timing_statistics,
    trading_position,
)

START = pd.Timestamp("2024-01-01", tz="UTC")
STEP = pd.Timedelta("15min")


def rows(slots, score, symbol="SYN"):
    return pd.DataFrame({"symbol": symbol, "time": [START + slot * STEP for slot in slots], "score": score})


def make_bars(opens, symbol="SYN", skip=()):
    time = pd.date_range(START, periods=len(opens), freq=STEP)
    bars = pd.DataFrame({"symbol": symbol, "open_time": time, "open": opens})
    return bars.drop(index=list(skip)).reset_index(drop=True)


def test_quantiles_cut_the_outer_thirty_percent():
    score = np.arange(101.0)
    assert position_quantiles(score, "direction") == (pytest.approx(30.0), pytest.approx(70.0))
    assert position_quantiles(score, "down") == (None, pytest.approx(70.0))
    assert position_quantiles(score, "both") == (None, None)


def test_a_constant_score_trades_nothing():
    lower, upper = position_quantiles(np.zeros(50), "direction")
    assert not entry_signs(np.zeros(50), lower, upper, "direction").any()


def test_a_score_of_few_values_trades_those_at_its_ends():
    score = np.repeat([-1.0, 0.0, 2.0], [40, 15, 45])
    lower, upper = position_quantiles(score, "direction")
    assert entry_signs(score, lower, upper, "direction").tolist() == np.sign(score).tolist()
    two = np.repeat([0.0, 1.0], 50)
    assert entry_signs(two, *position_quantiles(two, "down"), "down").tolist() == (-two).tolist()


def held_by_hand(slots, entry, horizon):
    """Position at every slot by definition: mean of the entries of the last `horizon` slots."""
    position = {}
    for slot in range(max(slots) + horizon):
        last = [entry[slots.index(s)] for s in range(slot - horizon + 1, slot + 1) if s in slots]
        if last:
            position[slot] = sum(last) / horizon
    return position


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 25), min_size=1, max_size=15, unique=True),
    st.integers(1, 6),
    st.randoms(use_true_random=False),
)
def test_position_equals_its_definition_with_holes(slots, horizon, random):
    entry = [random.choice([-1.0, 0.0, 1.0]) for _ in slots]
    table = rows(slots, entry)
    found = trading_position(table, -0.5, 0.5, "direction", horizon, interval="15m")
    first = min(slots)
    expected = held_by_hand([slot - first for slot in slots], entry, horizon)
    times = [START + (first + slot) * STEP for slot in expected]
    assert found["time"].tolist() == times
    np.testing.assert_allclose(found["position"], list(expected.values()), atol=1e-12)
    path = np.zeros(max(expected) + 3)
    path[1 + np.array(list(expected))] = list(expected.values())
    assert found["turnover"].sum() == pytest.approx(np.abs(np.diff(path)).sum())


def test_symbols_are_held_apart():
    both = pd.concat([rows([0, 1], [1.0, 0.0], "B"), rows([0, 1], [0.0, 1.0], "A")])
    found = trading_position(both, None, 0.5, "up", 1, interval="15m")
    assert found[["symbol", "position"]].to_numpy().tolist() == [
        ["A", 0.0],
        ["A", 1.0],
        ["B", 1.0],
        ["B", 0.0],
    ]


def test_next_open_returns_stop_at_gaps_and_symbols():
    opens = np.exp(np.arange(8.0))
    bars = pd.concat([make_bars(opens, "A", skip=[4]), make_bars(opens, "B")], ignore_index=True)
    found = next_open_returns(bars, "15m")
    first = found.loc[found["symbol"] == "A", "next_return"].to_numpy()
    assert np.isnan(first).tolist() == [False, False, True, True, False, True, True]
    second = found.loc[found["symbol"] == "B", "next_return"]
    np.testing.assert_allclose(second.iloc[:6], 1.0)
    assert found["time"].iloc[0] == START + STEP


def test_next_open_returns_depend_on_the_next_two_opens_alone():
    opens = np.exp(np.random.default_rng(0).standard_normal(20))
    whole = next_open_returns(make_bars(opens), "15m")["next_return"]
    part = next_open_returns(make_bars(opens[:12]), "15m")["next_return"]
    np.testing.assert_array_equal(whole[:10], part[:10])


def test_an_entry_earns_its_whole_horizon_from_the_fill():
    """One entry at slot 0 held 3 bars: the sum of its returns is log(open[4] / open[1]) / 3."""
    opens = np.exp(np.random.default_rng(1).normal(0, 0.1, 12))
    returns = next_open_returns(make_bars(opens), "15m")
    table = rows([1], [1.0])  # slot 1 is the close of bar 0
    position = trading_position(table, None, 0.5, "up", 3, interval="15m")
    earned = position.merge(returns, on=["symbol", "time"])
    total = (earned["position"] * earned["next_return"]).sum()
    assert total == pytest.approx(np.log(opens[4] / opens[1]) / 3)


def test_always_long_earns_no_timing_return_however_the_market_drifts():
    opens = np.exp(np.arange(200) * 0.01)
    returns = next_open_returns(make_bars(opens), "15m")
    table = rows(range(1, 190), np.ones(189))
    series = timing_return(trading_position(table, None, 0.5, "up", 1, interval="15m"), returns)
    assert series.abs().max() < 1e-12
    assert timing_statistics(series, block=10, seed=0).lower <= 1e-12


def test_costs_are_charged_on_turnover():
    returns = next_open_returns(make_bars(np.ones(10)), "15m")
    position = trading_position(rows([1, 2, 3], [1.0, 0.0, 1.0]), None, 0.5, "up", 1, interval="15m")
    assert timing_return(position, returns, cost=0.01).sum() == pytest.approx(-0.04)


def test_timing_finds_a_planted_direction_and_not_a_planted_volatility():
    rng = np.random.default_rng(5)
    known, n = rng.choice([-1.0, 1.0], 3000), 3000
    volatility = np.where(rng.random(n) < 0.2, 0.05, 0.01)
    for drift, score, is_edge in ((0.004, known, True), (0.0, volatility * 100, False)):
        steps = volatility * rng.standard_normal(n) + drift * known
        opens = np.exp(np.concatenate([[0.0, 0.0], np.cumsum(steps)]))
        returns = next_open_returns(make_bars(opens), "15m")
        table = rows(range(1, n + 1), score)
        position = trading_position(table, -0.5, 0.5, "direction", 1, interval="15m")
        assert (timing_statistics(timing_return(position, returns), block=96, seed=0).lower > 0) == is_edge


def test_entries_that_overlap_count_once():
    table = rows([0, 1, 2, 3, 9], [1.0] * 5)
    assert count_entries(table, np.ones(5), horizon=3, interval="15m") == 3
    assert count_entries(table, np.zeros(5), horizon=3, interval="15m") == 0


@pytest.mark.parametrize(
    "refused",
    [
        lambda: position_quantiles([1.0], "none"),
        lambda: position_quantiles([np.nan], "up"),
        lambda: trading_position(rows([0, 0], [1.0, 1.0]), None, 0.5, "up", 1, interval="15m"),
        lambda: trading_position(rows([0, 0.5], [1.0, 1.0]), None, 0.5, "up", 1, interval="15m"),
    ],
)
def test_refusals(refused):
    with pytest.raises(InputError):
        refused()

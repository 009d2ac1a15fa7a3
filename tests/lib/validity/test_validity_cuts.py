"""Cuts lie where what looks ahead cannot hide."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.validity import check_prefix_invariance, revealing_cuts, stored_first

QUARTER = pd.Timedelta("15min")


def make_bars(n=400, gaps=()):
    time = pd.date_range("2024-01-01", periods=n, freq=QUARTER, tz="UTC")
    close = np.exp(np.random.default_rng(0).normal(0, 0.01, n).cumsum())
    bars = pd.DataFrame({"symbol": "SYN", "open_time": time, "close": close})
    return bars.drop(index=[row for gap in gaps for row in gap]).reset_index(drop=True)


def hourly_too_early(bars):
    """The last close of the hour that a bar lies in, which is known at its end."""
    hour = bars["open_time"].dt.floor("1h")
    last = bars["close"].groupby(hour).transform("last")
    return pd.DataFrame({"symbol": bars["symbol"], "time": bars["open_time"] + QUARTER, "hour": last})


def filled_back(bars):
    mean = bars["close"].rolling(20).mean()
    after_gap = bars["open_time"].diff() > QUARTER
    mean = mean.mask(after_gap.rolling(5, min_periods=1).max().astype(bool)).bfill()
    return pd.DataFrame({"symbol": bars["symbol"], "time": bars["open_time"] + QUARTER, "mean": mean})


def test_cuts_of_equal_distance_are_out_of_step_with_the_hour():
    cuts = revealing_cuts(make_bars(402), 3, interval="15m")
    assert len({cut % 4 for cut in cuts[1:]}) == 3
    at_the_end_of_hours = [203, 303, 399]
    assert check_prefix_invariance(hourly_too_early, make_bars(), at_the_end_of_hours).status == "ok"
    assert check_prefix_invariance(hourly_too_early, make_bars(), cuts).status == "leak"


@pytest.mark.parametrize("gaps", [[], [range(100, 110)], [range(30, 40), range(150, 160), range(200, 210)]])
def test_what_is_filled_back_shows_at_the_start_and_after_gaps(gaps):
    bars = make_bars(gaps=gaps)
    cuts = revealing_cuts(bars, 2, interval="15m")
    found = check_prefix_invariance(filled_back, bars, cuts, interval="15m")
    assert found.status == "leak"
    assert found.numbers["n_compared"] == len(cuts) == 3 + min(len(gaps), 2)
    late = [cut for cut in cuts if cut > len(bars) // 2 - 2]
    assert check_prefix_invariance(filled_back, bars, late, interval="15m").status == "ok"


@given(n=st.integers(2, 300), n_cuts=st.integers(1, 30))
def test_every_cut_has_a_bar_after_it(n, n_cuts):
    cuts = revealing_cuts(make_bars(n), n_cuts, interval="15m")
    assert cuts == sorted(set(cuts))
    assert cuts[0] >= 0
    assert cuts[-1] <= n - 2


def test_a_stored_table_stands_for_the_whole():
    bars = make_bars()
    honest = hourly_too_early(bars).assign(hour=bars["close"])

    def compute(some):
        return hourly_too_early(some).assign(hour=some["close"])

    assert check_prefix_invariance(stored_first(compute, honest, bars), bars, [250]).status == "ok"
    moved = honest.assign(hour=honest["hour"].shift(-3))
    assert check_prefix_invariance(stored_first(compute, moved, bars), bars, [250]).status == "leak"


def test_refusals():
    for bars, n_cuts in ((make_bars(1), 1), (make_bars(10), 0)):
        with pytest.raises(InputError, match="bars and n_cuts"):
            revealing_cuts(bars, n_cuts, interval="15m")

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.bars import resample_bars, synthetic_bars
from topoquant.lib.errors import InputError


def test_resample_by_hand(make_bars):
    got = resample_bars(make_bars([10, 12, 8, 9, 11, 10]), "30m")
    assert got["open_time"].dt.strftime("%H:%M").tolist() == ["00:00", "00:30", "01:00"]
    assert got["open"].tolist() == [10, 12, 9]
    assert got["high"].tolist() == [13, 13, 12]
    assert got["low"].tolist() == [9.5, 7.5, 8.5]
    assert got["close"].tolist() == [12, 9, 10]
    assert got["volume"].tolist() == [3, 7, 11]


def test_unfinished_and_broken_groups_are_dropped(make_bars):
    bars = make_bars(range(10, 23)).drop(index=[0, 6])
    assert resample_bars(bars, "1h")["open_time"].dt.hour.tolist() == [2]


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 59), max_size=50), st.integers(2, 6))
def test_every_bar_is_that_of_its_complete_group(absent, ratio):
    fine = synthetic_bars("noise", n_bars=60, seed=1, interval="1m").bars
    bars = fine.drop(index=sorted(absent)).reset_index(drop=True)
    if len(bars) < 2 or np.diff(bars["open_time"].dt.minute).min() > 1:
        return
    coarse = resample_bars(bars, f"{ratio}m").set_index("open_time")
    groups = dict(list(bars.groupby(bars["open_time"].dt.floor(f"{ratio}min"))))
    assert coarse.index.tolist() == [start for start, group in groups.items() if len(group) == ratio]
    for start, row in coarse.iterrows():
        group = bars[(bars["open_time"] >= start) & (bars["open_time"] < start + pd.Timedelta(minutes=ratio))]
        assert row["high"] == group["high"].max()
        assert row["low"] == group["low"].min()
        assert row["quote_volume"] == pytest.approx(group["quote_volume"].sum())


def test_weeks_open_on_monday(make_bars):
    got = resample_bars(make_bars(range(10, 31), interval="1D", start="2024-01-03"), "1w")
    assert got["open_time"].dt.day_name().unique().tolist() == ["Monday"]
    assert len(got) == 2


def test_resample_refuses_what_is_no_multiple(make_bars):
    with pytest.raises(InputError, match="a multiple of 15m"):
        resample_bars(make_bars(range(1, 9)), "20m")


def test_resample_refuses_repeated_times(make_bars):
    bars = make_bars(range(1, 9))
    with pytest.raises(InputError, match="validate the bars first"):
        resample_bars(pd.concat([bars, bars.iloc[-1:]]), "30m")

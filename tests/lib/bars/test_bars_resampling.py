import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.bars import interval_timedelta, resample_bars, synthetic_bars
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


INTERVALS = [
    ("1m", "5m"),
    ("15m", "1h"),
    ("1h", "1d"),
    ("1d", "1w"),
    ("1d", "2w"),
    ("1d", "3d"),
    ("1w", "4w"),
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(INTERVALS), st.sets(st.integers(0, 99), max_size=8), st.integers(1, 100))
def test_cutting_bars_off_takes_bars_from_the_end_and_changes_none(intervals, absent, n):
    source, wanted = intervals
    # A Wednesday: no week, day or hour begins with the first bar.
    start = "2024-01-01" if source == "1w" else "2024-01-03 00:00"
    whole = synthetic_bars("noise", n_bars=100, seed=2, interval=source, start=start).bars
    bars = whole.drop(index=sorted(absent)).reset_index(drop=True)
    cut = bars.iloc[:n]
    full = resample_bars(bars, wanted, source_interval=source)
    known = resample_bars(cut, wanted, source_interval=source)
    closes = cut["open_time"].iloc[-1] + interval_timedelta(source)
    finished = full["open_time"] + interval_timedelta(wanted) <= closes
    pd.testing.assert_frame_equal(known, full[finished])


def test_bars_that_name_no_symbol_give_the_same_without_it(make_bars):
    bars = make_bars(range(10, 18))
    unnamed = resample_bars(bars.drop(columns="symbol"), "1h")
    pd.testing.assert_frame_equal(unnamed, resample_bars(bars, "1h").drop(columns="symbol"))


def test_optional_columns_are_summed_and_a_missing_part_is_missing(make_bars):
    bars = make_bars([1, 2, 3, 4]).assign(quote_volume=2.0, trades=3.0, taker_buy_volume=[1, 1, np.nan, 1])
    got = resample_bars(bars, "30m")
    assert got["quote_volume"].tolist() == [4, 4]
    assert got["trades"].tolist() == [6, 6]
    assert got["taker_buy_volume"].fillna(-1).tolist() == [2, -1]


def test_too_few_bars_for_one_group_give_none(make_bars):
    got = resample_bars(make_bars([1, 2, 3]), "1h")
    assert len(got) == 0
    assert got.columns.tolist() == make_bars([1]).columns.tolist()


@pytest.mark.parametrize(
    ("interval", "start", "wanted"),
    [("1min", "2024-01-01 00:00:30", "5m"), ("1D", "2024-01-01 09:00", "1w"), ("7D", "2024-01-07", "2w")],
)
def test_bars_that_end_after_their_group_are_refused(make_bars, interval, start, wanted):
    with pytest.raises(InputError, match="off the grid"):
        resample_bars(make_bars(range(1, 30), interval=interval, start=start), wanted)


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


def test_resample_refuses_nothing_and_several_symbols(make_bars):
    with pytest.raises(InputError, match="one row or more"):
        resample_bars(make_bars([1]).iloc[:0], "1h")
    with pytest.raises(InputError, match="of one symbol"):
        resample_bars(pd.concat([make_bars([1, 2]), make_bars([1, 2], symbol="B")]), "1h")

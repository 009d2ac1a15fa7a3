import json

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import validate_bars
from topoquant.lib.errors import InputError

CLOSES = [10.0, 11.0, 12.0, 11.0, 10.0, 9.0]


def test_clean_bars_come_back_as_they_were(make_bars):
    bars = make_bars(CLOSES)
    report = validate_bars(bars, "15m", source="test")
    pd.testing.assert_frame_equal(report.bars, bars, check_dtype=False)
    assert report.to_dict() == {
        "symbol": "AAA", "interval": "15m", "source": "test", "n_bars": 6,
        "first": "2024-01-01T00:00:00+00:00", "last": "2024-01-01T01:15:00+00:00",
        "n_duplicates_dropped": 0, "n_gaps": 0, "n_missing_bars": 0, "longest_gap_bars": 0,
        "dropped_unfinished": False, "n_zero_volume": 0, "gaps": [],
        "absent_columns": ["quote_volume", "trades", "taker_buy_volume"], "notes": [],
    }  # fmt: skip


def test_gaps_are_counted_and_never_filled(make_bars):
    report = validate_bars(make_bars(range(10, 40)).drop(index=[3, 7, 8, 9]), "15m")
    assert len(report.bars) == 26
    assert (report.n_missing_bars, report.longest_gap_bars) == (4, 3)
    assert report.gaps[1] == {
        "after": "2024-01-01T01:30:00+00:00", "before": "2024-01-01T02:30:00+00:00", "n_missing": 3,
    }  # fmt: skip


def test_only_twenty_gaps_are_listed_all_are_counted(make_bars):
    bars = make_bars(range(10, 160))
    report = validate_bars(bars.drop(index=list(range(5, 150, 5))), "15m").to_dict()
    assert report["n_gaps"] == 29
    assert len(report["gaps"]) == 20
    json.dumps(report)


def test_identical_repetitions_are_dropped_and_counted(make_bars):
    bars = make_bars(CLOSES)
    report = validate_bars(bars.loc[[0, 1, 1, 2, 3, 3, 3, 4, 5]], "15m")
    assert report.n_duplicates_dropped == 3
    assert len(report.bars) == 6


def test_conflicting_repetitions_show_both_rows(make_bars):
    bars = make_bars(CLOSES)
    other = bars.loc[[2]].assign(volume=99.0)
    with pytest.raises(InputError, match=r"3\.0\) and .*99\.0\) at 2024-01-01 00:30"):
        validate_bars(pd.concat([bars[:3], other, bars[3:]]), "15m")


def test_an_unfinished_last_bar_is_dropped_and_said(make_bars):
    bars = make_bars(CLOSES)
    closes_at = pd.Timestamp("2024-01-01 01:30", tz="UTC")
    assert not validate_bars(bars, "15m", now=closes_at).dropped_unfinished
    report = validate_bars(bars, "15m", now=closes_at - pd.Timedelta(seconds=1))
    assert report.dropped_unfinished
    assert len(report.bars) == 5


def test_stamps_in_the_future_are_refused(make_bars):
    with pytest.raises(InputError, match="time zone of the stamps"):
        validate_bars(make_bars(CLOSES), "15m", now=pd.Timestamp("2024-01-01 00:20", tz="UTC"))


def test_another_interval_is_refused_naming_both(make_bars):
    with pytest.raises(InputError, match="interval must be 15m, as the bars are, got 1h"):
        validate_bars(make_bars(CLOSES), "1h")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("close", np.nan, "prices must be finite and positive"),
        ("open", 0.0, "prices must be finite and positive"),
        ("low", -1.0, "prices must be finite and positive"),
        ("high", np.inf, "prices must be finite and positive"),
        ("high", 10.5, "prices must be within"),
        ("low", 11.5, "prices must be within"),
        ("volume", -1.0, "volumes must be"),
        ("volume", np.nan, "volumes must be"),
    ],
)
def test_a_bad_value_is_refused_with_its_time(make_bars, column, value, message):
    bars = make_bars(CLOSES)
    bars.loc[2, column] = value
    with pytest.raises(InputError, match=f"{message}.*00:30:00.*1 of 6 rows"):
        validate_bars(bars, "15m")


def test_swapped_volumes_are_refused(make_bars):
    bars = make_bars(CLOSES)
    good = bars.assign(quote_volume=bars["volume"] * bars["close"])
    assert validate_bars(good, "15m").to_dict()["absent_columns"] == ["trades", "taker_buy_volume"]
    swapped = good.rename(columns={"volume": "quote_volume", "quote_volume": "volume"})
    with pytest.raises(InputError, match="swapped"):
        validate_bars(swapped, "15m")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda bars: bars.iloc[[0, 2, 1, 3, 4, 5]], "in time order"),
        (lambda bars: bars.iloc[::-1], "in time order"),
        (lambda bars: bars.iloc[:0], "one row or more"),
        (lambda bars: bars.drop(columns="volume"), "no volume"),
        (lambda bars: bars.assign(symbol=list("AABBBB")), "several symbols"),
        (lambda bars: bars.assign(open_time=bars["open_time"].dt.tz_localize(None)), "time-zone aware UTC"),
        (lambda bars: bars.assign(open_time=bars["open_time"].dt.tz_convert("Asia/Seoul")), "aware UTC"),
        (
            lambda bars: bars.assign(
                open_time=bars["open_time"].where(bars.index != 3, bars["open_time"] + pd.Timedelta("1s"))
            ),
            "whole steps of 15m",
        ),
    ],
)
def test_bars_outside_the_contract_are_refused(make_bars, change, message):
    with pytest.raises(InputError, match=message):
        validate_bars(change(make_bars(CLOSES)), "15m")

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
        "n_duplicates_dropped": 0, "n_blank_rows": 0, "n_gaps": 0, "n_missing_bars": 0,
        "longest_gap_bars": 0, "dropped_unfinished": False, "n_zero_volume": 0, "gaps": [],
        # 9 after 10: the largest factor of these.
        "largest_move": 1.1111, "largest_move_at": "2024-01-01T01:15:00+00:00", "move_limit": 2.8391,
        "n_far_wicks": 0, "far_wicks": [], "calendar": None,
        "coverage": {
            "bucket": "1h", "first": "2024-01-01T00:00:00+00:00", "n_bars": [4, 2], "n_expected": [4, 2],
            "n_zero_volume": [0, 0], "close": [11.0, 9.0],
        },
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


def test_repetitions_that_differ_in_nothing_but_nan_are_identical(make_bars):
    bars = make_bars(CLOSES).assign(trades=[np.nan, 1.0, 2.0, np.nan, 4.0, 5.0])
    assert validate_bars(bars.loc[[0, 0, 1, 2, 3, 4, 5]], "15m").n_duplicates_dropped == 1
    other = bars.loc[[3]].assign(trades=3.0)
    with pytest.raises(
        InputError, match=r"trades nan\) and .*trades 3\) .*1 such times\): keep the one .* complete"
    ):
        validate_bars(pd.concat([bars[:4], other, bars[4:]]), "15m")


def test_conflicting_repetitions_show_both_rows(make_bars):
    bars = make_bars(CLOSES)
    other = bars.loc[[2]].assign(volume=99.0)
    with pytest.raises(InputError, match=r"close 12, volume 3\) and .*volume 99\) at 2024-01-01 00:30"):
        validate_bars(pd.concat([bars[:3], other, bars[3:]]), "15m")


def test_an_unfinished_last_bar_is_dropped_and_said(make_bars):
    bars = make_bars(CLOSES)
    closes_at = pd.Timestamp("2024-01-01 01:30", tz="UTC")
    assert not validate_bars(bars, "15m", now=closes_at).dropped_unfinished
    report = validate_bars(bars, "15m", now=closes_at - pd.Timedelta(seconds=1))
    assert report.dropped_unfinished
    assert len(report.bars) == 5
    assert report.notes == ("last bar, 2024-01-01 01:15, left out: it had not closed",)


def test_the_last_bar_of_a_download_goes_when_asked_but_never_two(make_bars):
    bars = make_bars(CLOSES)
    before_it_closes = pd.Timestamp("2024-01-01 01:20", tz="UTC")
    for now in (None, before_it_closes):
        report = validate_bars(bars, "15m", now=now, drop_last=True)
        assert report.dropped_unfinished
        assert len(report.bars) == 5
    assert "left out" in validate_bars(bars, "15m", drop_last=True).notes[0]
    with pytest.raises(InputError, match="one closed bar or more, got only 2024-01-01 00:00:00"):
        validate_bars(bars[:1], "15m", drop_last=True)


def test_bars_without_a_symbol_stay_without(make_bars):
    bars = make_bars(CLOSES).drop(columns="symbol")
    report = validate_bars(bars, "15m")
    pd.testing.assert_frame_equal(report.bars, bars, check_dtype=False)
    assert report.symbol == ""


def test_what_the_reader_says_is_in_the_report(make_bars):
    bars = make_bars(CLOSES)
    bars.attrs = {"source": "a.csv", "notes": ["newest first, turned round"], "n_blank_rows": 7}
    report = validate_bars(bars, "15m").to_dict()
    assert (report["source"], report["n_blank_rows"]) == ("a.csv", 7)
    assert report["notes"] == ["newest first, turned round"]


def test_zero_volume_is_counted_and_kept(make_bars):
    bars = make_bars(CLOSES).assign(volume=[1.0, 0.0, 2.0, 0.0, 0.0, 1.0])
    report = validate_bars(bars, "15m")
    assert report.n_zero_volume == 3
    assert len(report.bars) == 6


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


def with_volumes(bars, **columns):
    return bars.assign(quote_volume=bars["volume"] * bars["close"], **columns)


def test_swapped_volumes_are_counted_row_by_row(make_bars):
    good = with_volumes(make_bars(CLOSES))
    assert validate_bars(good, "15m").to_dict()["absent_columns"] == ["trades", "taker_buy_volume"]
    rows = [1, 4, 5]
    bars = good.copy()
    bars.loc[rows, ["volume", "quote_volume"]] = good.loc[rows, ["quote_volume", "volume"]].to_numpy()
    with pytest.raises(InputError, match=r"the two swapped: open 10.*00:15:00\+00:00 \(3 of 6 rows\)"):
        validate_bars(bars, "15m")


def test_volumes_in_other_units_are_not_called_swapped(make_bars):
    bars = with_volumes(make_bars(CLOSES))
    with pytest.raises(InputError, match=r"a price of the bar, got open .*\(6 of 6 rows\): bring both"):
        validate_bars(bars.assign(quote_volume=bars["quote_volume"] * 1000), "15m")


def test_volumes_may_be_unknown_or_round_to_zero(make_bars):
    bars = with_volumes(make_bars(CLOSES)).assign(volume=[0.0, 2, 3, 4, 5, 6])
    bars.loc[3, "quote_volume"] = np.nan
    assert validate_bars(bars, "15m").n_zero_volume == 1


def test_more_bought_than_traded_is_refused(make_bars):
    bars = make_bars(CLOSES)
    assert len(validate_bars(bars.assign(taker_buy_volume=bars["volume"]), "15m").bars) == 6
    with pytest.raises(InputError, match=r"taker_buy_volume must be at most volume.*6 of 6 rows"):
        validate_bars(bars.assign(taker_buy_volume=bars["volume"] * 1.01), "15m")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda bars: bars.iloc[[0, 2, 1, 3, 4, 5]], "in time order"),
        (lambda bars: bars.iloc[::-1], "in time order.*newest first"),
        (lambda bars: bars.assign(close="x"), "close must be numbers"),
        (lambda bars: bars.iloc[:0], "one row or more"),
        (lambda bars: bars.drop(columns="volume"), "no volume"),
        (lambda bars: bars.assign(symbol=list("AABBBB")), "of one symbol"),
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

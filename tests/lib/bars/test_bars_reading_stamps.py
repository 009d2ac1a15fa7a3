import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.bars import read_bars
from topoquant.lib.bars.reading.stamps import parse_stamps, to_utc
from topoquant.lib.errors import InputError


def stamps_of(values, *, is_utc=False, time_zone=None):
    parsed, notes = parse_stamps(pd.Series(values), "a")
    stamps, more = to_utc(parsed, "a", is_utc=is_utc, time_zone=time_zone)
    return stamps, [*notes, *more]


def test_stamps_of_another_zone_keep_their_instant():
    seoul = pd.Series(pd.to_datetime(["2024-01-01 09:00"]).tz_localize("Asia/Seoul"))
    stamps, notes = stamps_of(seoul)
    assert stamps[0] == pd.Timestamp("2024-01-01", tz="UTC")
    assert "Asia/Seoul" in notes[0]


def test_naive_stamps_need_a_zone_and_others_do_not_use_it():
    naive = pd.to_datetime(["2024-01-01 09:00"])
    with pytest.raises(InputError, match="say it with time_zone=UTC"):
        stamps_of(naive)
    stamps, notes = stamps_of(naive, time_zone="Asia/Seoul")
    assert stamps[0] == pd.Timestamp("2024-01-01", tz="UTC")
    assert "Asia/Seoul" in notes[0]
    stamps, notes = stamps_of([1704067200], time_zone="Asia/Seoul")
    assert stamps[0] == pd.Timestamp("2024-01-01", tz="UTC")
    assert "not used" in notes[0]


def test_a_zone_outranks_what_a_layout_is_documented_to_mean():
    stamps, _ = stamps_of(["2024-01-01 09:00"], is_utc=True, time_zone="Asia/Seoul")
    assert stamps[0] == pd.Timestamp("2024-01-01", tz="UTC")


def test_unknown_zones_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("timestamp,open,high,low,close,volume\n1704067200,2,4,1,3,5\n")
    for zone in ("Seoul/Asia", "", "../UTC"):
        with pytest.raises(InputError, match="time_zone must be"):
            read_bars(tmp_path / "a.csv", time_zone=zone)


@pytest.mark.parametrize("step", [1, -1])
def test_the_hour_that_a_clock_repeats_is_told_from_the_order(step):
    utc = pd.date_range("2024-11-03 04:00", periods=6, freq="30min", tz="UTC")
    naive = utc.tz_convert("America/New_York").tz_localize(None)
    assert naive.has_duplicates or naive.is_monotonic_increasing is False
    stamps, _ = stamps_of(naive[::step], time_zone="America/New_York")
    assert stamps.tolist() == utc[::step].tolist()


@pytest.mark.parametrize("time", ["2024-11-03 01:30", "2024-03-10 02:30"])
def test_times_that_a_clock_repeats_or_skips_are_refused(time):
    with pytest.raises(InputError, match="times of the clock of America/New_York"):
        stamps_of([pd.Timestamp(time)], time_zone="America/New_York")


@pytest.mark.parametrize(
    ("texts", "expected", "order"),
    [
        (["31-01-2024 23:59", "01-02-2024 0:00"], ["2024-01-31 23:59", "2024-02-01 00:00"], "day-first"),
        (["1/31/2024", "2/1/2024"], ["2024-01-31", "2024-02-01"], "month-first"),
        (
            ["01.12.2024 10:00:30", "13.12.2024 1:00:30"],
            ["2024-12-01 10:00:30", "2024-12-13 01:00:30"],
            "day",
        ),
    ],
)
def test_dates_with_the_year_last_are_read_where_the_column_proves_their_order(texts, expected, order):
    stamps, notes = stamps_of(texts, is_utc=True)
    assert stamps.tolist() == [pd.Timestamp(text, tz="UTC") for text in expected]
    assert order in notes[0]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["03-04-2024", "04-04-2024"], "day-first 2024-04-03 and month-first 2024-03-04"),
        (["13-04-2024", "04-14-2024"], "'13-04-2024' and '04-14-2024', in two orders"),
        (["13-04-2024", "2024-04-14"], "all written as '13-04-2024', got '2024-04-14'"),
        (["31-02-2024", "01-02-2024"], "dates of the calendar, day-first"),
        (["13-02-2024 10:00", "14-02-2024 24:00"], "all written as '13-02-2024 10:00'"),
        (["2024-04-13", "14-04-2024"], "ISO 8601"),
        (["2024-04-13T00:00Z", "2024-04-14T00:00"], "all with an offset or all without"),
    ],
)
def test_dates_that_read_two_ways_or_no_way_are_refused(texts, message):
    with pytest.raises(InputError, match=message):
        stamps_of(texts, is_utc=True)


days = st.dates(pd.Timestamp("1999-01-01").date(), pd.Timestamp("2030-12-31").date())


@settings(deadline=None, max_examples=50)
@given(st.lists(days, min_size=1, max_size=6), st.sampled_from(["%d-%m-%Y", "%m/%d/%Y"]))
def test_a_date_is_read_as_written_or_refused_and_never_otherwise(dates, layout):
    provable = any(date.day > 12 for date in dates)
    texts = [date.strftime(layout) for date in dates]
    if not provable:
        with pytest.raises(InputError, match="month-first"):
            stamps_of(texts, is_utc=True)
        return
    stamps, _ = stamps_of(texts, is_utc=True)
    assert [stamp.date() for stamp in stamps] == dates


instants = st.integers(200_000_000, 4_000_000_000)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(instants, st.sampled_from([1, 10**3, 10**6, 10**9])), min_size=1, max_size=8))
def test_units_are_told_row_by_row(rows):
    stamps, notes = stamps_of([seconds * factor for seconds, factor in rows])
    assert stamps.tolist() == [pd.Timestamp(seconds, unit="s", tz="UTC") for seconds, _ in rows]
    assert len(notes) == (len({factor for _, factor in rows}) > 1)

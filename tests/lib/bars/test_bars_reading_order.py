import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.bars import read_bars, synthetic_bars, validate_bars
from topoquant.lib.bars.reading.ordering import in_time_order
from topoquant.lib.errors import InputError


@pytest.fixture(scope="module")
def bars():
    return synthetic_bars("noise", n_bars=900, seed=3, interval="15m", symbol="BTCUSDT").bars


def at(minutes):
    stamps = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.asarray(minutes), unit="min")
    return pd.DataFrame({"open_time": stamps, "row": np.arange(len(stamps))})


@pytest.mark.parametrize("step", [1, -1])
def test_downloads_one_after_the_other_are_merged(bars, tmp_path, step):
    joined = pd.concat([bars[600:][::step], bars[:650][::step]])
    joined.to_parquet(tmp_path / "bars.parquet")
    read = read_bars(tmp_path / "bars.parquet")
    assert read.attrs["notes"] == [
        "bars.parquet: 2 runs of rows, each in time order by itself, merged by time"
    ]
    report = validate_bars(read, "15m")
    assert report.n_duplicates_dropped == 50
    pd.testing.assert_frame_equal(report.bars, bars, check_dtype=False)


def test_runs_may_go_either_way():
    minutes = [*range(300, 0, -1), *range(200, 500)]
    ordered, notes = in_time_order(at(minutes), "a")
    assert ordered["open_time"].is_monotonic_increasing
    assert "2 runs" in notes[0]


def test_conflicting_overlaps_are_left_to_be_refused(bars, tmp_path):
    later = bars[600:].copy()
    later.iloc[10, later.columns.get_loc("close")] *= 1.0001
    pd.concat([later, bars[:650]]).to_parquet(tmp_path / "bars.parquet")
    with pytest.raises(InputError, match="one per time"):
        validate_bars(read_bars(tmp_path / "bars.parquet"), "15m")


@pytest.mark.parametrize(
    ("minutes", "message"),
    [
        ([0, 1, 3, 2, 4], "3 steps forward and 1 back"),
        ([*range(99), *range(50, 150)], "1 back"),
        (list(range(100)) * 9, "8 back"),
    ],
)
def test_disorder_is_refused(minutes, message):
    with pytest.raises(InputError, match=message):
        in_time_order(at(minutes), "a")


def test_nine_runs_are_too_many_and_eight_are_not():
    assert len(in_time_order(at(list(range(100)) * 8), "a")[0]) == 800
    with pytest.raises(InputError, match="8 sorted runs at most"):
        in_time_order(at(list(range(200)) * 9), "a")


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60), st.booleans()), min_size=1, max_size=8))
def test_any_few_long_runs_come_out_as_one_stable_sort(parts):
    pieces = [np.arange(first, first + 100 + n)[:: -1 if back else 1] for first, n, back in parts]
    frame = at(np.concatenate(pieces))
    ordered, _ = in_time_order(frame, "a")
    if len(parts) > 1:
        expected = frame.sort_values("open_time", kind="stable")
        pd.testing.assert_frame_equal(ordered, expected)
    assert ordered["open_time"].is_monotonic_increasing
